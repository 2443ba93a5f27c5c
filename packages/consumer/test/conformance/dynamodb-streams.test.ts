// DynamoDB Streams on Amazon's own DynamoDB Local: the suite of every shard source, and what a table's changes look like.
// DynamoDB Local has one shard a stream, which ends when the stream is switched off, and no shard that follows: who comes after
// whom is shown with a scripted service and tables of shards.
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  type StreamViewType,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { systemMachine } from '@shardfold/lease';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startDynamoDbLocal } from '../../../../test/servers/dynamodb-local.ts';
import { resumed } from '../../src/aggregation/unpack.ts';
import { createStreamsClients } from '../../src/dynamodb-streams/client.ts';
import { createDynamoDbStreamsService, recordsPerCallMax } from '../../src/dynamodb-streams/service.ts';
import type { ByteBudget } from '../../src/memory/byte-budget.ts';
import { createPollingSource } from '../../src/source/polling.ts';
import { createByteBudget, type StreamUnderTest, shardSourceConformance } from '../../src/testing/index.ts';
import type { ConsumerEvent, RecordBatch, ShardRef, ShardSource, StreamRecord } from '../../src/types.ts';

const never = new AbortController().signal;
const server = await startDynamoDbLocal();
if ('skipped' in server && process.env.CI === 'true') throw new Error(`CI requires DynamoDB Local: ${server.skipped}`);

let tableCount = 0;
/** DynamoDB allows 400 KB, names included. */
const itemBytes = 399_000;

/** A table of one's own with a stream, and the service that reads it. The caller closes it. */
async function tableOn(url: string, viewType: StreamViewType = 'NEW_AND_OLD_IMAGES') {
  tableCount += 1;
  const name = `orders-${tableCount}`;
  const clients = createStreamsClients({ endpoint: url, region: 'us-east-1' });
  const { tables } = clients;
  await tables.send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: [
        { AttributeName: 'key', AttributeType: 'S' },
        { AttributeName: 'id', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'key', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: viewType },
    }),
  );
  const service = createDynamoDbStreamsService({ ...clients, machine: systemMachine });
  const [only] = await service.listShards(name, never);
  const shardId = only?.shardId ?? '';
  const shard: ShardRef = { stream: name, shardId, key: shardId };
  let items = 0;
  return {
    name,
    tables,
    service,
    shard,
    switchOff: () => switchStream(tables, name, false),
    switchOn: () => switchStream(tables, name, true),
    async put(payload: AttributeValue, key = 'key') {
      items += 1;
      await tables.send(new PutItemCommand({ TableName: name, Item: { key: { S: key }, id: { N: String(items) }, payload } }));
    },
  };
}

async function switchStream(tables: DynamoDBClient, name: string, on: boolean): Promise<void> {
  const spec = on ? { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const } : { StreamEnabled: false };
  await tables.send(new UpdateTableCommand({ TableName: name, StreamSpecification: spec }));
}

type Table = Awaited<ReturnType<typeof tableOn>>;

function sourceOf({ service }: Table, budget: ByteBudget, onEvent: (event: ConsumerEvent) => void = () => undefined): ShardSource {
  return resumed(createPollingSource({ service, recordsPerCallMax, machine: systemMachine, budget, limits: 'none', pollIntervalMs: 20, onEvent }));
}

/** The suite's payloads are an attribute of the items that are put, and its partition keys one of their keys. */
function asPut(record: StreamRecord): StreamRecord {
  const { shard, sequence, subSequence, arrivalMs, partitionKey } = record;
  const bytes = (): Uint8Array => {
    const { S: text = '', B: base64 } = JSON.parse(record.text()).dynamodb.NewImage.payload;
    return base64 === undefined ? new TextEncoder().encode(text) : Buffer.from(base64, 'base64');
  };
  return { shard, sequence, subSequence, arrivalMs, partitionKey: JSON.parse(partitionKey).key.S, bytes, text: () => new TextDecoder().decode(bytes()) };
}

function allAsPut(source: ShardSource): ShardSource {
  async function* read(...given: Parameters<ShardSource['open']>): AsyncGenerator<RecordBatch> {
    for await (const batch of source.open(...given)) yield { ...batch, records: batch.records.map(asPut) };
  }
  return { open: read };
}

async function underTest(url: string, budget: ByteBudget): Promise<StreamUnderTest> {
  const table = await tableOn(url);
  return {
    source: allAsPut(sourceOf(table, budget)),
    shard: table.shard,
    async put(payloads, partitionKey) {
      for (const payload of payloads) await table.put(typeof payload === 'string' ? { S: payload } : { B: payload }, partitionKey);
    },
    async closeShard() {
      await table.switchOff();
      return [];
    },
    async close() {
      table.service.close();
    },
  };
}

const cannot: Readonly<Record<'disturb' | 'children' | 'aggregates', string>> = {
  disturb: 'an emulator’s calls are not disturbed',
  children: 'nothing follows a shard of DynamoDB Local',
  aggregates: 'DynamoDB Streams has none',
};

/** Laws that are not for this service, or not for this emulator. */
const notHere: ReadonlyMap<string, string> = new Map([
  ['what is put after a reshard is in the shards that follow, and not in the one that ended', cannot.children],
  ['records of 1 MiB come whole, among small and empty ones', 'an item has 400 KB at most: see below'],
  ['from a time on what arrived then or later comes: at a record, between two, before the first', 'DynamoDB Local rounds arrival times down to a minute'],
]);

async function openTable(url: string, viewType?: StreamViewType): Promise<Table> {
  const table = await tableOn(url, viewType);
  onTestFinished(() => table.service.close());
  return table;
}

/** All records up to the end of a stream that was switched off. */
async function readToEnd(table: Table): Promise<readonly StreamRecord[]> {
  const records: StreamRecord[] = [];
  // Not released: their texts are looked at afterwards.
  for await (const batch of sourceOf(table, createByteBudget(64 * 1024 * 1024)).open(table.shard, { kind: 'trim-horizon' }, { signal: never }))
    records.push(...batch.records);
  return records;
}

function tableSuite(url: string): void {
  test('puts, updates and deletes come as the service writes them', async () => {
    const table = await openTable(url);
    const key = { key: { S: 'a' }, id: { N: '1' } };
    const price = '12345678901234567890.123456789';
    await table.tables.send(new PutItemCommand({ TableName: table.name, Item: { ...key, price: { N: price }, ['__proto__']: { S: 'é"}' } } }));
    const update = { UpdateExpression: 'SET price = :p', ExpressionAttributeValues: { ':p': { N: '1' } } };
    await table.tables.send(new UpdateItemCommand({ TableName: table.name, Key: key, ...update }));
    await table.tables.send(new DeleteItemCommand({ TableName: table.name, Key: key }));
    await table.switchOff();

    const records = await readToEnd(table);
    const changes = records.map((record) => JSON.parse(record.text()));
    expect(changes.map(({ eventName, eventSource, eventVersion, awsRegion }) => [eventName, eventSource, eventVersion, awsRegion])).toEqual([
      ['INSERT', 'aws:dynamodb', '1.1', 'ddblocal'],
      ['MODIFY', 'aws:dynamodb', '1.1', 'ddblocal'],
      ['REMOVE', 'aws:dynamodb', '1.1', 'ddblocal'],
    ]);
    expect(records[0]?.text()).toContain('"__proto__":{"S":"é\\"}"}');
    expect(new TextDecoder().decode(records[0]?.bytes())).toBe(records[0]?.text());
    expect(changes.map(({ dynamodb }) => [dynamodb.OldImage?.price.N, dynamodb.NewImage?.price.N])).toEqual([
      [undefined, price],
      [price, '1'],
      ['1', undefined],
    ]);
    expect(records.map(({ partitionKey }) => partitionKey)).toEqual(Array(3).fill('{"id":{"N":"1"},"key":{"S":"a"}}'));
    expect(records.map(({ sequence }) => sequence)).toEqual(changes.map(({ dynamodb }) => dynamodb.SequenceNumber));
    expect(records.map(({ arrivalMs }) => arrivalMs)).toEqual(changes.map(({ dynamodb }) => dynamodb.ApproximateCreationDateTime * 1000));
  });

  test('items as large as there are come whole, among small ones', async () => {
    const table = await openTable(url);
    const sizes = [10, itemBytes, 0, itemBytes, itemBytes, 10];
    for (const size of sizes) await table.put({ S: 'ü'.repeat(size / 2) });
    await table.switchOff();
    const records = await readToEnd(table);
    expect(records.map((record) => JSON.parse(record.text()).dynamodb.NewImage.payload.S.length)).toEqual(sizes.map((size) => size / 2));
  });

  test('of a table that keeps keys only, records have keys and no images', async () => {
    const table = await openTable(url, 'KEYS_ONLY');
    await table.put({ S: 'payload' });
    await table.switchOff();
    const [record] = await readToEnd(table);
    const { Keys, NewImage, OldImage } = JSON.parse(record?.text() ?? '').dynamodb;
    expect([Keys, NewImage, OldImage]).toEqual([{ key: { S: 'key' }, id: { N: '1' } }, undefined, undefined]);
  });

  test('a stream says what it is, and the table is among those that have one', async () => {
    const table = await openTable(url);
    const description = await table.service.describe(table.name, never);
    expect(description).toMatchObject({ name: table.name, arn: expect.stringMatching(new RegExp(`:table/${table.name}/stream/`)), retentionMs: 86_400_000 });
    const labelS = Math.trunc(Date.parse(`${description.arn.split('/stream/')[1]}Z`) / 1000);
    expect(description.createdAtS).toBe(labelS);
    expect(await table.service.list(never)).toContain(table.name);
    expect(await table.service.describe(description.arn, never)).toEqual(description);
  });

  test('a stream that is switched off closes its leaves, and its end names nobody', async () => {
    const table = await openTable(url);
    expect(await table.service.listShards(table.name, never)).toEqual([{ shardId: table.shard.shardId, parents: [], closed: false }]);
    await table.switchOff();
    expect(await table.service.listShards(table.name, never)).toEqual([{ shardId: table.shard.shardId, parents: [], closed: true }]);
    const iterator = await table.service.iterator(table.shard, { kind: 'trim-horizon' }, never);
    expect(await table.service.page(table.shard, iterator, recordsPerCallMax, never)).toMatchObject({
      records: [],
      next: undefined,
      behindLatestMs: 0,
      children: [],
    });
  });

  test('what is read stays the old stream while that is there; whoever begins after it was switched on again reads the new one', async () => {
    const table = await openTable(url);
    const before = await table.service.describe(table.name, never);
    await table.switchOff();
    await table.switchOn();
    expect((await table.service.describe(table.name, never)).arn).toBe(before.arn);
    const later = createDynamoDbStreamsService({ ...createStreamsClients({ endpoint: url, region: 'us-east-1' }), machine: systemMachine });
    onTestFinished(() => later.close());
    expect((await later.describe(table.name, never)).arn).not.toBe(before.arn);
  });

  test('a table without a stream, no table, and a shard that is not there are told apart', async () => {
    const table = await openTable(url);
    const iteratorOf = (shard: ShardRef) => table.service.iterator(shard, { kind: 'trim-horizon' }, never);
    await expect(iteratorOf({ ...table.shard, stream: 'nobody' })).rejects.toMatchObject({
      code: 'STREAM_MISSING',
      message: expect.stringMatching(/no table nobody/),
    });
    const nobody = `${table.shard.shardId.slice(0, -8)}00000000`;
    await expect(iteratorOf({ ...table.shard, shardId: nobody })).rejects.toMatchObject({ code: 'SHARD_GONE' });
    const plain = `plain-${table.name}`;
    const keys = {
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' as const }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' as const }],
    };
    await table.tables.send(new CreateTableCommand({ TableName: plain, BillingMode: 'PAY_PER_REQUEST', ...keys }));
    await expect(table.service.describe(plain, never)).rejects.toMatchObject({ code: 'STREAM_MISSING', message: expect.stringMatching(/has no stream/) });
  });

  test('an iterator that is nonsense is a bad position', async () => {
    const table = await openTable(url);
    await expect(table.service.page(table.shard, 'nonsense', 10, never)).rejects.toMatchObject({ code: 'POSITION_INVALID' });
  });
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

if ('skipped' in server) test.skip(`DynamoDB Streams on DynamoDB Local (${server.skipped})`);
else {
  afterAll(() => server.stop());
  describe('DynamoDB Streams under the suite of every shard source', () => {
    const laws = shardSourceConformance((budget) => underTest(server.url, budget), cannot);
    test('what is left out is there', () => expect(laws.map(({ name }) => name)).toEqual(expect.arrayContaining([...notHere.keys()])));
    for (const { name, skip = notHere.get(name), run } of laws) test.skipIf(skip !== undefined)(skip === undefined ? name : `${name} (${skip})`, run);
  });
  describe("a table's stream", () => tableSuite(server.url));
}
