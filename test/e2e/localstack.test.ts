// The real way: a DynamoDB table with a Kinesis destination, items put, updated and deleted with the AWS SDK, and a worker as a
// process. The PostgreSQL table must equal a scan of the DynamoDB table. CI requires it; elsewhere it is skipped by name where
// Python, a JDK or Maven are missing.
import { DeleteItemCommand, DynamoDBClient, PutItemCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { createStream, newDatabase, startDynamo, startPostgres } from '@shardfold/embedded';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { type ExpectedRow, type Item, keyText } from '../oracle/oracle.ts';
import { itemDifferences, type PlainObject, parseExactly } from '../oracle/plain-json.ts';
import { cdcTable } from '../servers/cdc-table.ts';
import { startLocalStack } from '../servers/localstack.ts';
import { until } from '../support/until.ts';
import { startWorker } from '../support/worker-process.ts';

const table = 'orders';
const keySchema = [
  { name: 'customer', type: 'S' },
  { name: 'no', type: 'N' },
] as const;
const installTimeoutMs = 900_000;

const item = (customer: string, no: string, more: Item): Item => ({ customer: { S: customer }, no: { N: no }, ...more });
const everyType: Item = {
  text: { S: 'Zürich "東京" \\ \n' },
  empty: { S: '' },
  wide: { N: '12345678901234567890123456789012345678' },
  small: { N: '-0.00000000000000000000000000000000000001' },
  padded: { N: '1.500' },
  huge: { N: '9.99E+125' },
  bytes: { B: Buffer.from([0, 1, 254, 255]).toString('base64') },
  yes: { BOOL: true },
  nothing: { NULL: true },
  list: { L: [{ N: '1' }, { L: [{ M: { deep: { S: 'x' } } }] }] },
  map: { M: { 'a.b': { N: '2' }, __proto__x: { S: 'y' }, constructor: { S: 'z' } } },
  names: { SS: ['b', 'a'] },
  numbers: { NS: ['10', '9', '1.50'] },
  blobs: { BS: [Buffer.from('b').toString('base64'), Buffer.from('a').toString('base64')] },
};

/** The SDK wants binary as bytes; the oracle speaks as the wire does. */
function forSdk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(forSdk);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name === 'B' && typeof inner === 'string') return [name, Buffer.from(inner, 'base64')];
      if (name === 'BS' && Array.isArray(inner)) return [name, inner.map((text) => Buffer.from(String(text), 'base64'))];
      return [name, forSdk(inner)];
    }),
  );
}

function fromSdk(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(fromSdk);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromSdk(inner)]));
}

/** What a person does to a table in a morning. */
async function work(dynamo: DynamoDBClient): Promise<void> {
  const put = (row: Item) => dynamo.send(new PutItemCommand({ TableName: table, Item: forSdk(row) as never }));
  const key = (customer: string, no: string) => forSdk({ customer: { S: customer }, no: { N: no } }) as never;
  await put(item('ada', '1', everyType));
  for (let no = 2; no <= 30; no += 1) await put(item('ada', String(no), { total: { N: `${no}.10` }, state: { S: 'new' } }));
  for (let no = 2; no <= 20; no += 1) {
    await dynamo.send(
      new UpdateItemCommand({
        TableName: table,
        Key: key('ada', String(no)),
        UpdateExpression: 'SET #s = :s ADD #t :n',
        ExpressionAttributeNames: { '#s': 'state', '#t': 'total' },
        ExpressionAttributeValues: { ':s': { S: 'paid' }, ':n': { N: '0.05' } },
      }),
    );
  }
  for (let no = 10; no <= 15; no += 1) await dynamo.send(new DeleteItemCommand({ TableName: table, Key: key('ada', String(no)) }));
  await put(item('ada', '12', { back: { BOOL: true } }));
  await put(item("o'hara\u0001", '-1.5e3', { total: { N: '0' } }));
}

async function scan(dynamo: DynamoDBClient): Promise<ReadonlyMap<string, Item>> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  const rows = Items.map((row) => fromSdk(row) as Item);
  return new Map(rows.map((row) => [keyText({ customer: row.customer ?? {}, no: row.no ?? {} }), row]));
}

/** Lines where PostgreSQL does not say what the scan does. */
async function differences(database: pg.Pool, scanned: ReadonlyMap<string, Item>): Promise<readonly string[]> {
  const { rows } = await database.query<{ customer: string; no: string; data: string }>(`SELECT customer, no::text AS no, data::text AS data FROM ${table}`);
  const found: string[] = [];
  const left = new Map<string, Item | ExpectedRow>(scanned);
  for (const row of rows) {
    const key = keyText({ customer: { S: row.customer }, no: { N: row.no } });
    const wanted = scanned.get(key);
    left.delete(key);
    if (wanted === undefined) found.push(`${key}: is not in the source`);
    else found.push(...itemDifferences(wanted, parseExactly(row.data) as PlainObject).map((line) => `${key}: ${line}`));
  }
  return [...found, ...[...left.keys()].map((key) => `${key}: missing`)];
}

test('a DynamoDB table and its PostgreSQL table are equal', { timeout: installTimeoutMs }, async (context) => {
  const localstack = await startLocalStack();
  if ('skipped' in localstack) {
    if (process.env.CI === 'true') throw new Error(`CI requires LocalStack: ${localstack.skipped}`);
    return context.skip(`LocalStack is not to be had: ${localstack.skipped}`);
  }
  onTestFinished(() => localstack.stop());
  const [postgres, leases] = await Promise.all([startPostgres(), startDynamo()]);
  onTestFinished(() => Promise.all([postgres.stop(), leases.stop()]).then(() => undefined));
  const stream = 'orders-cdc';
  await createStream({ url: localstack.url, name: stream, shards: 2 });
  await cdcTable({ url: localstack.url, table, keySchema, stream });
  const databaseUrl = await newDatabase(postgres.url);
  const database = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  onTestFinished(() => database.end());
  const worker = startWorker(
    'worker',
    `
application: localstack
aws: { region: us-east-1, endpoint: "${localstack.url}" }
source: { streams: [${stream}], start: trim-horizon, pollInterval: 100ms, limits: none }
lease: { endpoint: "${leases.url}" }
sinks: { main: { kind: postgres, url: "${databaseUrl}" } }
http: { host: 127.0.0.1, port: 0 }
log: { format: json }
`,
  );
  onTestFinished(async () => {
    worker.signal('SIGKILL');
    await worker.exited;
  });
  const dynamo = new DynamoDBClient({ endpoint: localstack.url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  onTestFinished(() => dynamo.destroy());
  await work(dynamo);
  const scanned = await scan(dynamo);
  expect(scanned.size).toBe(26);
  let left: readonly string[] = ['not looked yet'];
  await until('the tables to be equal', async () => {
    left = await differences(database, scanned);
    return left.length === 0;
  }).catch(() => undefined);
  expect(left).toEqual([]);
  worker.signal('SIGTERM');
  expect(await worker.exited).toBe(0);
});
