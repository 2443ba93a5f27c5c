// The doctor's look at a server that speaks MongoDB's protocol: it finds what is wrong with the collections, and writes nothing there.
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients, createStream, type Embedded, startDynamo, startKinesis } from '@shardfold/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mongoForFile, withDatabase } from '../../packages/sinks/test/support/ferretdb.ts';
import { shardfold } from '../support/command.ts';

const mongo = mongoForFile();
const stream = 'cdc-mongodb';
const tables = ['fit', 'unique', 'swept', 'fresh'];
let kinesis: Embedded;
let dynamo: Embedded;

beforeAll(async () => {
  [kinesis, dynamo] = await Promise.all([startKinesis(), startDynamo()]);
  await createStream({ url: kinesis.url, name: stream, shards: 1 });
  const { kinesis: client, destroy } = awsClients(kinesis.url);
  const Records = tables.map((tableName) => {
    const keys = { id: { S: 'a' } };
    const change = {
      eventName: 'INSERT',
      eventSource: 'aws:dynamodb',
      tableName,
      dynamodb: { ApproximateCreationDateTime: 1_790_000_000_000, Keys: keys, NewImage: keys, SizeBytes: 10 },
    };
    return { PartitionKey: tableName, Data: Buffer.from(JSON.stringify(change)) };
  });
  await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
  destroy();
});
afterAll(async () => {
  await Promise.all([kinesis.stop(), dynamo.stop()]);
});

const configuration = (url: string, createTables = true) => `
version: 1
application: doctor-mongodb
source: { endpoint: "${kinesis.url}", streams: [${stream}], start: trim-horizon, limits: none }
lease: { endpoint: "${dynamo.url}" }
sinks: { main: { kind: mongodb, url: "${url}" } }
tables: [{ source: "*", sink: main, createTables: ${createTables} }]
http: { host: 127.0.0.1, port: 0 }
`;

interface Told {
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly what: string; readonly ddl?: string }[];
}

async function doctor(yaml: string) {
  const { code, out, err } = await shardfold(yaml, ['doctor', '--json']);
  expect(err).toBe('');
  const { findings } = JSON.parse(out) as Told;
  const own = findings.filter(({ id }) => /^(sink|table)\./.test(id));
  return { code, own: own.map(({ id, severity }) => `${severity} ${id}`).sort(), of: (id: string) => findings.find((finding) => finding.id === id) };
}

/** Everything in a database: collections, how many documents each has, indexes. */
async function stateOf(url: string): Promise<unknown> {
  return withDatabase(url, async (db) => {
    const names = (await db.listCollections().toArray()).map(({ name }) => name).sort();
    return Promise.all(
      names.map(async (name) => ({ name, documents: await db.collection(name).countDocuments(), indexes: await db.collection(name).indexes() })),
    );
  });
}

test('it tells which collections fit, which do not, and which are missing, and changes none', async (context) => {
  const url = mongo.database(context);
  const retention = { key: { deletedAt: 1 }, name: 'shardfold_retention' } as const;
  await withDatabase(url, async (db) => {
    for (const name of ['shardfold_floors', 'shardfold_dead_letters', 'fit', 'unique', 'swept']) await db.createCollection(name);
    for (const name of ['fit', 'unique', 'swept']) await db.createCollection(`${name}__tombstones`);
    await db.collection('fit__tombstones').createIndexes([{ ...retention, expireAfterSeconds: 8 * 24 * 3_600 }]);
    await db.collection('unique__tombstones').createIndexes([{ ...retention, expireAfterSeconds: 60 }]);
    for (const name of ['unique', 'swept']) await db.collection(name).createIndex({ email: 1 }, { unique: true, name: 'by_email' });
  });
  const before = await stateOf(url);
  const { code, own, of } = await doctor(configuration(url));
  expect([code, own]).toEqual([
    0,
    [
      'note table.main.fresh.missing',
      'note table.main.swept.missing',
      'note table.main.unique.missing',
      'ok sink.main',
      'ok table.main.fit',
      'warning table.main.swept.remark',
      'warning table.main.unique.remark',
    ],
  ]);
  expect(of('sink.main')?.what).toMatch(/MongoDB \d+\.\d+.*answers within/);
  expect(of('table.main.unique.remark')?.what).toContain('"by_email" of "unique" is unique');
  expect(of('table.main.unique.missing')?.what).toContain('lacks the retention of "unique__tombstones"; a worker makes');
  expect(of('table.main.fresh.missing')?.ddl).toContain('db.runCommand({"create":"fresh"})');
  expect(of('table.main.swept.missing')?.what).toContain('lacks the index of "swept__tombstones"; a worker makes');
  expect(of('table.main.swept.missing')?.ddl).toMatch(/^db\.runCommand\(\{"createIndexes":"swept__tombstones".*\);$/);
  expect(await stateOf(url)).toEqual(before);
});

test('what a worker may not make is a fault', async (context) => {
  const url = mongo.database(context);
  const { code, own } = await doctor(configuration(url, false));
  expect(code).toBe(3);
  expect(own).toEqual(['fault sink.main.letters.missing', ...tables.map((name) => `fault table.main.${name}.missing`).sort(), 'ok sink.main']);
  expect(await stateOf(url)).toEqual([]);
});

test('a server that is away, and a url without a database, are told', async () => {
  const { code, own, of } = await doctor(configuration('mongodb://someone:hunter2@127.0.0.1:1/shop?serverSelectionTimeoutMS=1000'));
  expect([code, own]).toEqual([3, ['fault sink.main.unreachable']]);
  expect(of('sink.main.unreachable')?.what).not.toContain('hunter2');
  expect((await doctor(configuration('mongodb://127.0.0.1:1/'))).own).toEqual(['fault sink.main.denied']);
});
