// Whole consumers of DynamoDB Streams on Amazon's own DynamoDB Local, with their lease tables beside the tables that they read.
import { CreateTableCommand, DeleteItemCommand, PutItemCommand, type StreamViewType, UpdateItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startDynamoDbLocal } from '../../../../test/servers/dynamodb-local.ts';
import { createStreamsClients } from '../../src/dynamodb-streams/client.ts';
import { eventsOf, held, leaseRows, type Running, startConsumer, stopCleanly } from '../support/stack.ts';

const server = await startDynamoDbLocal();
if ('skipped' in server && process.env.CI === 'true') throw new Error(`CI requires DynamoDB Local: ${server.skipped}`);

/** What DynamoDB Local cannot show of this, and why. */
const notShown: Readonly<Record<string, string>> = {
  'a start at the latest that is handed on before a record came': 'DynamoDB Local rounds arrival times down to a minute: the next owner leaves out too much',
  'shards that follow a shard while a stream is on': 'a stream of DynamoDB Local has one shard',
  'a position that the stream has forgotten': 'DynamoDB Local forgets nothing: dynamodb-streams-faults.test.ts has a server that does',
};

interface Change {
  readonly id: string;
  readonly event: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What a record of DynamoDB Streams says, which is a processor's to read. */
function changeOf(text: string): Change {
  const { eventName: event, dynamodb } = JSON.parse(text);
  return { id: dynamodb.Keys.id.S, event, before: dynamodb.OldImage?.price?.N, after: dynamodb.NewImage?.price?.N };
}

const changes = ({ seen }: Running): readonly Change[] => seen.map(changeOf);
const ids = (running: Running): readonly string[] => changes(running).map(({ id }) => id);
const idsOf = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

function tests(url: string): void {
  const access = { dynamodb: { endpoint: url, region: 'us-east-1' } };
  const { streams, tables } = createStreamsClients({ ...access.dynamodb });
  afterAll(() => {
    streams.destroy();
    tables.destroy();
  });

  /** Makes a table with a stream; answers with their ARNs. */
  async function create(name: string, view: StreamViewType = 'NEW_AND_OLD_IMAGES'): Promise<{ readonly table: string; readonly stream: string }> {
    const { TableDescription: made } = await tables.send(
      new CreateTableCommand({
        TableName: name,
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
        StreamSpecification: { StreamEnabled: true, StreamViewType: view },
      }),
    );
    return { table: made?.TableArn ?? '', stream: made?.LatestStreamArn ?? '' };
  }

  const put = (table: string, id: string, price = '1') => tables.send(new PutItemCommand({ TableName: table, Item: { id: { S: id }, price: { N: price } } }));

  async function putAll(table: string, all: readonly string[]): Promise<void> {
    for (const id of all) await put(table, id);
  }

  const start = (application: string, streamsOf: readonly string[], options: Partial<Parameters<typeof startConsumer>[1]> = {}) =>
    startConsumer({ access: { ...access, kinesis: access.dynamodb } }, { kind: 'dynamodb-streams', application, streams: streamsOf, ...options });

  test('puts, updates and deletes arrive in order, as the service writes them', async () => {
    await create('orders');
    const Key = { id: { S: 'a' } };
    await put('orders', 'a', '12345678901234567890.123456789');
    const to = { UpdateExpression: 'SET price = :p', ExpressionAttributeValues: { ':p': { N: '2' } } };
    await tables.send(new UpdateItemCommand({ TableName: 'orders', Key, ...to }));
    const a = start('reading', ['orders']);
    await a.until(() => a.seen.length >= 2);
    await tables.send(new DeleteItemCommand({ TableName: 'orders', Key }));
    await a.until(() => a.seen.length >= 3);
    expect(changes(a)).toEqual([
      { id: 'a', event: 'INSERT', before: undefined, after: '12345678901234567890.123456789' },
      { id: 'a', event: 'MODIFY', before: '12345678901234567890.123456789', after: '2' },
      { id: 'a', event: 'REMOVE', before: '2', after: undefined },
    ]);
    await stopCleanly(a);
    const [row, ...others] = await leaseRows(tables, 'reading');
    expect([row, others]).toMatchObject([{ key: expect.stringMatching(/^shardId-/), stream: undefined, owner: undefined }, []]);
    expect(row?.checkpoint).toMatch(/^[0-9]+$/);
  });

  test.each(['table', 'stream'] as const)('it is named by the ARN of its %s as well, and gone on with by its name', async (by) => {
    const name = `by-${by}`;
    const arns = await create(name);
    await put(name, 'first');
    const a = start(`${name}-fleet`, [arns[by]]);
    await a.until(() => a.seen.length >= 1);
    await stopCleanly(a);
    await put(name, 'second');
    const b = start(`${name}-fleet`, [name]);
    await b.until(() => b.seen.length >= 1);
    await stopCleanly(b);
    expect([ids(a), ids(b)]).toEqual([['first'], ['second']]);
  });

  test('a consumer that is dropped is gone on from where it was saved', async () => {
    await create('dropped');
    await putAll('dropped', idsOf('saved', 5));
    const a = start('dropping', ['dropped'], {
      worker: 'a',
      processor: {
        async process({ records }, shard) {
          if (records.some((record) => changeOf(record.text()).id.startsWith('open')))
            return new Promise((_, reject) => shard.lost.addEventListener('abort', () => reject(shard.lost.reason), { once: true }));
          return shard.checkpoint(records.at(-1));
        },
      },
    });
    await a.until(() => eventsOf(a, 'checkpoint-saved').length > 0);
    await putAll('dropped', idsOf('open', 5));
    await a.until(() => a.consumer.status().shards.some(({ inFlightRecords }) => inFlightRecords > 0));
    const [first] = [a.consumer.stop(), a.consumer.stop()];
    expect(await first).toEqual({ clean: false });
    await a.run;
    const b = start('dropping', ['dropped'], { worker: 'b' });
    await b.until(() => b.seen.length >= 5);
    await stopCleanly(b);
    expect(ids(b)).toEqual(idsOf('open', 5));
  });

  test('two consumers share the tables that match a pattern, and a table that comes later is read', async () => {
    for (const table of ['shared-a', 'shared-b', 'apart']) await create(table);
    await put('apart', 'of no concern');
    const fleet = { shardSyncIntervalMs: 200 };
    const a = start('sharing', ['shared-*'], { ...fleet, worker: 'a' });
    const b = start('sharing', ['shared-*'], { ...fleet, worker: 'b' });
    const shared = () => held(a) === 1 && held(b) === 1;
    await Promise.all([a.until(shared), b.until(shared)]);
    await create('shared-c');
    const all = ['shared-a', 'shared-b', 'shared-c'].map((table) => [table, idsOf(table, 5)] as const);
    for (const [table, of] of all) await putAll(table, of);
    const come = () => [...a.seen, ...b.seen].length >= 15;
    await Promise.all([a.until(come), b.until(come)]);
    expect([...ids(a), ...ids(b)].toSorted()).toEqual(all.flatMap(([, of]) => of).toSorted());
    for (const [, of] of all) {
      const reader = ids(a).includes(of[0] ?? '') ? a : b;
      expect(
        ids(reader).filter((id) => of.includes(id)),
        'in order',
      ).toEqual(of);
    }
    await stopCleanly(a);
    await stopCleanly(b);
    const rows = await leaseRows(tables, 'sharing');
    expect(rows.map(({ key }) => key.replace(/[0-9]{10}:shardId-.*/, ''))).toEqual(['a', 'b', 'c'].map((end) => `000000000000:shared-${end}:`));
  });

  test('what was there before a start at the latest does not come', async () => {
    await create('tip');
    await putAll('tip', idsOf('before', 5));
    const a = start('at-the-tip', ['tip'], { start: { kind: 'latest' } });
    await a.until(() => eventsOf(a, 'batch-fetched').length > 0);
    await put('tip', 'after');
    await a.until(() => a.seen.length > 0);
    expect(ids(a)).toEqual(['after']);
    await stopCleanly(a);
  });

  test('a stream that is switched off is read to its end, and the consumer stays', async () => {
    await create('ending');
    await putAll('ending', idsOf('last', 5));
    await tables.send(new UpdateTableCommand({ TableName: 'ending', StreamSpecification: { StreamEnabled: false } }));
    const { stream } = await create('going-on');
    const a = start('outliving', ['ending', stream]);
    await a.until(() => a.seen.length >= 5 && eventsOf(a, 'shard-stopped').length > 0);
    expect(eventsOf(a, 'shard-stopped')).toMatchObject([{ shard: { stream: 'ending' }, reason: 'finished' }]);
    await put('going-on', 'next');
    await a.until(() => ids(a).includes('next'));
    expect(ids(a)).toEqual([...idsOf('last', 5), 'next']);
    await stopCleanly(a);
  });

  test('a table without a stream ends the run, and says what to do', async () => {
    await tables.send(
      new CreateTableCommand({
        TableName: 'plain',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const a = start('plainly', ['plain']);
    await expect(a.run).rejects.toMatchObject({ code: 'STREAM_MISSING', message: expect.stringContaining('StreamViewType NEW_AND_OLD_IMAGES') });
  });

  test('a stream that the application has no use for ends the run before anything of it is read', async () => {
    await create('keys-only', 'KEYS_ONLY');
    await put('keys-only', 'unread');
    const a = start('screening', ['keys-only'], { refuse: ({ viewType }) => (viewType === 'NEW_IMAGE' ? undefined : `It carries ${viewType}.`) });
    await expect(a.run).rejects.toMatchObject({ code: 'STREAM_UNSUITABLE', message: 'Stream keys-only is not read: It carries KEYS_ONLY.' });
    expect(a.seen).toEqual([]);
  });

  for (const [what, reason] of Object.entries(notShown)) test(what, (context) => context.skip(reason));
}

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

if ('skipped' in server) test.skip(`consumers of DynamoDB Streams (${server.skipped})`);
else {
  afterAll(() => server.stop());
  describe('consumers of DynamoDB Streams', () => tests(server.url));
}
