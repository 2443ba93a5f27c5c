// The GetRecords call of ours and the SDK's own over JSON read the same from both embedded servers. Neither writes payloads as AWS
// does: both give base64 as text in CBOR, one of them seconds for times.
import {
  DeleteStreamCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  ListShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { type AwsClients, awsClients, createStream, type Embedded, type KinesisFlavour, startKinesis } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { createRecordsCall } from '../../src/kinesis/wire/records-call.ts';
import type { Page } from '../../src/source/service.ts';
import { shard } from '../support/records.ts';

const middleOfHashes = '170141183460469231731687303715884105728';
const never = new AbortController().signal;

const recordsOf = (page: Page) =>
  page.records.map((record) => ({
    sequence: record.sequence,
    partitionKey: record.partitionKey,
    arrivalMs: record.arrivalMs,
    data: Buffer.from(record.bytes()).toString('hex'),
  }));

const recordsOfSdk = ({ Records: records = [] }: GetRecordsCommandOutput) =>
  records.map(({ SequenceNumber: sequence, PartitionKey: partitionKey, ApproximateArrivalTimestamp: arrival, Data: data = new Uint8Array(0) }) => ({
    sequence,
    partitionKey,
    arrivalMs: arrival?.getTime(),
    data: Buffer.from(data).toString('hex'),
  }));

const childrenOfSdk = ({ ChildShards: children }: GetRecordsCommandOutput) =>
  children?.map(({ ShardId: shardId, ParentShards: parents, HashKeyRange: range }) => ({
    shardId,
    parents,
    hashRange: { start: range?.StartingHashKey, end: range?.EndingHashKey },
  }));

const flavours: readonly KinesisFlavour[] = ['volume', 'semantics'];

describe.each(flavours)('on the embedded Kinesis for %s', (flavour) => {
  let server: Embedded;
  let outside: AwsClients;
  let streams = 0;
  let stream: string;
  let shardId: string;
  let told: string[];
  const client = () => createKinesisClient({ endpoint: server.url, region: 'us-east-1' });
  let ours: ReturnType<typeof client>;

  beforeAll(async () => {
    server = await startKinesis({ flavour });
    outside = awsClients(server.url);
  });
  afterAll(async () => {
    outside.destroy();
    await server.stop();
  });
  beforeEach(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    streams += 1;
    stream = `wire-${streams}`;
    told = [];
    ours = client();
    await createStream({ url: server.url, name: stream, shards: 1 });
    const { Shards: shards } = await outside.kinesis.send(new ListShardsCommand({ StreamName: stream }));
    shardId = shards?.[0]?.ShardId ?? '';
  });
  afterEach(() => {
    ours.destroy();
    vi.unstubAllEnvs();
  });

  async function put(records: readonly { readonly key: string; readonly data: Uint8Array }[]): Promise<void> {
    const Records = records.map(({ key, data }) => ({ PartitionKey: key, Data: data }));
    const answer = await outside.kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
    if (answer.FailedRecordCount) throw new Error('not every record was put');
  }

  async function iteratorAtStart(): Promise<string> {
    const answer = await outside.kinesis.send(new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' }));
    return answer.ShardIterator ?? '';
  }

  const theirs = (iterator: string, limit: number) => outside.kinesis.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }));

  /** One page, read both ways. */
  async function readBoth(iterator: string, limit: number): Promise<{ readonly page: Page; readonly answer: GetRecordsCommandOutput }> {
    const call = createRecordsCall(ours, { onFallback: (why) => told.push(why) });
    const page = await call(shard, iterator, limit, never);
    const answer = await theirs(iterator, limit);
    expect(recordsOf(page)).toEqual(recordsOfSdk(answer));
    expect(page.next === undefined).toBe((answer.NextShardIterator ?? undefined) === undefined);
    expect(page.behindLatestMs > 0).toBe((answer.MillisBehindLatest ?? 0) > 0);
    return { page, answer };
  }

  test('records of every kind, page by page', async () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await put([
      { key: 'a', data: Buffer.from('hello wörld ☃') },
      { key: 'kéy ☃ 🦊', data: everyByte },
      { key: 'x'.repeat(256), data: Buffer.from('{"json":true}') },
      { key: ' ', data: Buffer.alloc(1_000, 7) },
      { key: 'b', data: new Uint8Array([0]) },
    ]);
    const first = await readBoth(await iteratorAtStart(), 3);
    expect(first.page.records).toHaveLength(3);
    expect(first.page.records[0]?.text()).toBe('hello wörld ☃');
    const second = await readBoth(first.page.next ?? '', 10_000);
    expect(second.page.records).toHaveLength(2);
    const third = await readBoth(second.page.next ?? '', 10_000);
    expect(third.page).toMatchObject({ records: [], behindLatestMs: 0, next: expect.any(String) });
    expect(told).toEqual([]);
  });

  test('a large answer: kinesalite cuts its CBOR at 64 KiB, and is read in JSON', async () => {
    await put(Array.from({ length: 200 }, (_, index) => ({ key: `key ${index}`, data: Buffer.alloc(700, index) })));
    const { page } = await readBoth(await iteratorAtStart(), 10_000);
    expect(page.records).toHaveLength(200);
    expect(told).toHaveLength(flavour === 'volume' ? 1 : 0);
  });

  test('the end of a closed shard', async () => {
    await put([{ key: 'a', data: Buffer.from('last') }]);
    const iterator = await iteratorAtStart();
    await outside.kinesis.send(new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId, NewStartingHashKey: middleOfHashes }));
    await vi.waitUntil(async () => ((await outside.kinesis.send(new ListShardsCommand({ StreamName: stream }))).Shards?.length ?? 0) === 3, {
      timeout: 10_000,
    });
    const { page, answer } = await readBoth(iterator, 10_000);
    expect(page.records).toHaveLength(1);
    expect(page.children).toEqual(childrenOfSdk(answer));
    // kinesalite names no children, and says one page later that it was the last.
    expect(page.children?.length).toBe(flavour === 'volume' ? undefined : 2);
    expect(page.next === undefined).toBe(flavour === 'semantics');
    if (page.next !== undefined) expect((await readBoth(page.next, 10_000)).page).toMatchObject({ records: [], next: undefined });
  });

  async function thrownBy(run: Promise<unknown>): Promise<unknown> {
    return run.then(
      () => new Error('nothing was thrown'),
      (error: unknown) => error,
    );
  }

  test.each([
    ['a malformed iterator', async () => 'nonsense', flavour === 'volume' ? 'InvalidArgumentException' : 'Unknown'],
    [
      'an iterator of a stream that is gone',
      async () => {
        const iterator = await iteratorAtStart();
        await outside.kinesis.send(new DeleteStreamCommand({ StreamName: stream }));
        const isGone = async () => (await thrownBy(theirs(iterator, 1))) instanceof Error;
        await vi.waitUntil(isGone, { timeout: 10_000 });
        return iterator;
      },
      'ResourceNotFoundException',
    ],
  ])('%s is the same exception', async (_name, iteratorFor, name) => {
    const iterator = await iteratorFor();
    const mine = await thrownBy(createRecordsCall(ours, { onFallback: (why) => told.push(why) })(shard, iterator, 10, never));
    const its = await thrownBy(theirs(iterator, 10));
    expect(mine).toMatchObject({ name });
    expect((mine as Error).constructor).toBe((its as Error).constructor);
    expect(mine).toMatchObject({ name: (its as Error).name, message: (its as Error).message, $fault: (its as { $fault?: string }).$fault });
    expect(told).toEqual([]);
  });
});
