// The feed on a real stream, and the oracle on a real table.

import { setTimeout as sleep } from 'node:timers/promises';
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Expected, fold } from '../../../../test/oracle/oracle.ts';
import { tableDifferences } from '../../../../test/oracle/postgres-table.ts';
import { awsClients, createFeed, createStream, type EmbeddedStack, type FeedMachine, runFeed, type SentRecord, startStack } from '../../src/index.ts';

const machine: FeedMachine = {
  clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
  timers: { sleep: (delayMs, signal) => sleep(delayMs, undefined, signal === undefined ? {} : { signal }) },
};
let stack: EmbeddedStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

async function readAll(stream: string): Promise<string[]> {
  const { kinesis, destroy } = awsClients(stack.kinesis.url);
  const { Shards: shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  const read: string[] = [];
  for (const { ShardId } of shards) {
    const start = await kinesis.send(new GetShardIteratorCommand({ StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
    const { Records: records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator: start.ShardIterator, Limit: 10_000 }));
    for (const record of records) read.push(`${record.SequenceNumber} ${record.PartitionKey} ${Buffer.from(record.Data ?? []).toString()}`);
  }
  destroy();
  return read.sort();
}

test('what is counted and told is what the stream has', async () => {
  await createStream({ url: stack.kinesis.url, name: 'counted', shards: 3 });
  const sent: SentRecord[] = [];
  const counts = await runFeed({
    url: stack.kinesis.url,
    stream: 'counted',
    feed: createFeed({ seed: 3, keys: 30, duplicateRatio: 0.1, disorderRatio: 0.1 }),
    ratePerSecond: Number.POSITIVE_INFINITY,
    records: 1_200,
    machine,
    onSent: (records) => sent.push(...records),
  });
  expect(counts.sent).toBe(sent.length);
  expect(counts.new + counts.duplicate + counts.late).toBe(counts.sent);
  expect(counts.sent).toBeGreaterThanOrEqual(1_200);
  expect(new Set(sent.map((record) => record.shardId)).size).toBe(3);
  const told = sent.map((record) => `${record.sequence} ${record.partitionKey} ${Buffer.from(record.data).toString()}`).sort();
  expect(await readAll('counted')).toEqual(told);
});

test('the signal ends it, in the middle of a wait too', async () => {
  await createStream({ url: stack.kinesis.url, name: 'ended', shards: 1 });
  const stop = new AbortController();
  const counts = await runFeed({
    url: stack.kinesis.url,
    stream: 'ended',
    feed: createFeed({ seed: 3, keys: 30, duplicateRatio: 0, disorderRatio: 0 }),
    ratePerSecond: 40,
    machine,
    signal: stop.signal,
    onSent: () => stop.abort(),
  });
  expect(counts.sent).toBeGreaterThan(0);
  expect(await readAll('ended')).toHaveLength(counts.sent);
});

describe('the oracle on a table', () => {
  const feed = createFeed({ seed: 5, tables: ['orders', 'readings'], keys: 25, duplicateRatio: 0.1, disorderRatio: 0.1 });
  const expected: Expected = fold([...Array.from({ length: 600 }, () => feed.next(machine.clock.wallMs())), ...feed.flush()]);
  const orders = expected.get('orders') ?? new Map();
  const readings = expected.get('readings') ?? new Map();
  const live = [...orders.values()].filter((row) => row.item !== undefined);
  const client = () => new pg.Client({ connectionString: stack.postgres.url });

  /** The worker's table, made here by hand: the oracle must not learn it from the code that it checks. */
  beforeAll(async () => {
    const database = client();
    await database.connect();
    await database.query(
      'CREATE TABLE orders (customer text COLLATE "C", no numeric, data jsonb, cdc_time bigint, cdc_seq numeric(65), PRIMARY KEY (customer, no))',
    );
    await database.query('CREATE TABLE readings (device bytea, slot numeric, data jsonb, cdc_time bigint, cdc_seq numeric(65), PRIMARY KEY (device, slot))');
    for (const { key, item, timeMicros } of live) {
      await database.query('INSERT INTO orders VALUES ($1, $2, $3::jsonb, $4, 1)', [key.customer.S, key.no.N, plain({ M: item }), String(timeMicros)]);
    }
    for (const { key, item, timeMicros } of readings.values()) {
      if (item === undefined) continue;
      const values = [Buffer.from(key.device.B, 'base64'), key.slot.N, plain({ M: item }), String(timeMicros)];
      await database.query('INSERT INTO readings VALUES ($1, $2, $3::jsonb, $4, 1)', values);
    }
    await database.end();
  });

  async function differencesAfter(sql: string, table: 'orders' | 'readings' = 'orders'): Promise<readonly string[]> {
    const database = client();
    await database.connect();
    try {
      await database.query('BEGIN');
      await database.query(sql);
      const found = await tableDifferences(database, table, table === 'orders' ? orders : readings);
      await database.query('ROLLBACK');
      return found;
    } finally {
      await database.end();
    }
  }

  test('nothing to say of equal tables', async () => {
    expect(live.length).toBeGreaterThan(10);
    expect(await differencesAfter('SELECT 1')).toEqual([]);
    expect(await differencesAfter('SELECT 1', 'readings')).toEqual([]);
  });
  test.each([
    ['a row missing', 'DELETE FROM orders WHERE no = (SELECT min(no) FROM orders)', /^\{"customer":.*missing$/],
    ['a row too many', `INSERT INTO orders VALUES ('x', 1, '{"customer":"x","no":1}', 1, 1)`, /"x".*is not in the source$/],
    ['an attribute changed', `UPDATE orders SET data = jsonb_set(data, '{total}', '1e-9') WHERE no = (SELECT min(no) FROM orders)`, /\.total: expected/],
    ['an older version', 'UPDATE orders SET cdc_time = cdc_time - 1 WHERE no = (SELECT min(no) FROM orders)', /cdc_time: expected/],
    ['a key column that is not its data', 'UPDATE orders SET no = no + 1000 WHERE no = (SELECT min(no) FROM orders)', /column no: expected/],
  ])('%s', async (_name, sql, line) => {
    expect(await differencesAfter(sql)).toEqual([expect.stringMatching(line)]);
  });
  test('a removed row that came back', async () => {
    const removed = [...orders.values()].find((row) => row.item === undefined);
    if (removed === undefined) throw new Error('the feed removed nothing: take another seed');
    const { customer, no } = removed.key;
    const sql = `INSERT INTO orders VALUES ('${customer.S}', ${no.N}, '{"customer":"${customer.S}","no":${no.N}}', 1, 1)`;
    expect(await differencesAfter(sql)).toEqual([expect.stringMatching(/was removed at the source$/)]);
  });
});

/** An attribute as plain JSON text, by the rules of the document layout. */
function plain(attribute: Record<string, unknown>): string {
  const [type, value] = Object.entries(attribute)[0] ?? [];
  if (type === 'N') return String(value);
  if (type === 'NULL') return 'null';
  if (type === 'NS') return `[${[...(value as string[])].join()}]`;
  if (type === 'L') return `[${(value as Record<string, unknown>[]).map(plain).join()}]`;
  if (type !== 'M') return JSON.stringify(value);
  return `{${Object.entries(value as Record<string, Record<string, unknown>>)
    .map(([name, inner]) => `${JSON.stringify(name)}:${plain(inner)}`)
    .join()}}`;
}
