// Records that real systems wrote, sent as they are through a stream and a worker: the tables must equal what the oracle makes of
// the same bytes. Origins: the READMEs beside the fixtures.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fold, type SentText } from '../oracle/oracle.ts';
import { tableDifferences } from '../oracle/postgres-table.ts';
import { type FleetBed, fleetBed, startStack } from '../support/fleet-bed.ts';
import { until } from '../support/until.ts';
import { sumOf } from '../support/worker-process.ts';

const fixtures = fileURLToPath(new URL('../../packages/changes/test/fixtures/', import.meta.url));
const read = (name: string) => readFileSync(`${fixtures}${name}`, 'utf8');
let stack: EmbeddedStack;
let bed: FleetBed;

beforeAll(async () => {
  stack = await startStack();
});
afterEach(() => bed.end());
afterAll(() => stack.stop());

/** One after the other with one partition key, so that the stream's order is the files'. */
async function send(records: readonly Buffer[]): Promise<readonly SentText[]> {
  const clients = awsClients(stack.kinesis.url);
  const sent: SentText[] = [];
  try {
    for (const data of records) {
      const { SequenceNumber } = await clients.kinesis.send(new PutRecordCommand({ StreamName: bed.stream, PartitionKey: 'fixtures', Data: data }));
      sent.push({ data, sequence: SequenceNumber ?? '' });
    }
  } finally {
    clients.destroy();
  }
  return sent;
}

async function landed(records: readonly Buffer[]): Promise<void> {
  bed = await fleetBed(stack);
  const sent = await send(records);
  const worker = bed.start('worker');
  await until('every change', async () => sumOf(await worker.metrics(), 'shardfold_changes_total') >= records.length);
  const metrics = await worker.metrics();
  expect(sumOf(metrics, 'shardfold_records_total', 'outcome="decoded"')).toBe(records.length);
  expect(sumOf(metrics, 'shardfold_changes_total', 'outcome="dead_lettered"')).toBe(0);
  const expected = fold(sent);
  expect(expected.size).toBeGreaterThan(0);
  for (const [table, rows] of expected) expect(await tableDifferences(bed.database, `"${table}"`, rows)).toEqual([]);
}

test('records as DynamoDB wrote them to Kinesis land as they should', async () => {
  const lines = read('pipelines/dynamodb-opslog.jsonl').trim().split('\n');
  await landed(lines.map((line) => Buffer.from(line)));
  const { rows } = await bed.database.query('SELECT device, "timestamp", data::text AS data FROM "table-testdrive"');
  expect(rows).toEqual([{ device: 'qux', timestamp: '2024-07-12T01:17:42', data: expect.stringContaining('"humidity": 84.84') }]);
});

test('records of every kind that LocalStack writes land as they should', async () => {
  const { cases } = JSON.parse(read('localstack/dynamodb-kinesis-cdc.json')) as { cases: readonly { records: readonly { dataBase64: string }[] }[] };
  await landed(cases.flatMap(({ records }) => records.map(({ dataBase64 }) => Buffer.from(dataBase64, 'base64'))));
});

test('an item with every kind of nesting lands as a plain document', async () => {
  const item = JSON.parse(read('pipelines/dynamodb-item-all-kinds.json')) as { customerId: unknown };
  const record = {
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    tableName: 'items',
    recordFormat: 'application/json',
    userIdentity: null,
    dynamodb: { ApproximateCreationDateTime: 1_780_000_000_000, Keys: { customerId: item.customerId }, NewImage: item, SizeBytes: 100 },
  };
  await landed([Buffer.from(JSON.stringify(record))]);
});
