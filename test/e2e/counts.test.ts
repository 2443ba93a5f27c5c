// What a worker says at its end of all that it has read: after real work, with duplicates, filters, dead letters and a shard that went
// to another worker in the middle, every record and every change has one outcome.
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { logEvents } from '../../packages/worker/src/observe/log-events.ts';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { until } from '../support/until.ts';
import { type LogLine, sumOf, type WorkerProcess } from '../support/worker-process.ts';

const records = 6_000;
const noChanges = 5;
let stack: EmbeddedStack;
let bed: FleetBed;

beforeAll(async () => {
  stack = await startStack();
});
afterEach(() => bed.end());
afterAll(() => stack.stop());

/** Fields of the last line, without what every line has; `came` is one of them. */
function account(worker: WorkerProcess, of: 'records' | 'changes', came: string) {
  const last: LogLine | undefined = worker.lines.at(-1);
  expect(last?.msg).toBe('Stopped');
  const { [came]: all, ...outcomes } = Object.fromEntries(Object.entries(last ?? {}).filter(([name]) => name.startsWith(of)));
  return { came: Number(all ?? 0), outcomes, sum: Object.values(outcomes).reduce((sum: number, count) => sum + Number(count), 0) };
}

/** Every line is of the list, says whose it is, and which shard's where it is about one. */
function expectGoodLog({ lines, plain }: WorkerProcess): void {
  expect(plain).toEqual([]);
  expect(lines.filter(({ event }) => !Object.hasOwn(logEvents, String(event)))).toEqual([]);
  expect([...new Set(lines.map(({ worker }) => worker))]).toEqual([expect.stringMatching(/-[0-9a-f]{8}$/)]);
  const ofShards = lines.filter(({ event }) => /^(?:lease|shard|batch)-/.test(String(event)));
  expect(ofShards.length).toBeGreaterThan(0);
  expect(ofShards.filter(({ stream, shard }) => stream !== bed.stream || !/^shardId-\d{12}$/.test(String(shard)))).toEqual([]);
}

async function held(worker: WorkerProcess): Promise<number> {
  return (await worker.status()).shards.filter((shard) => shard.held).length;
}

test('the counts of two workers add up, of one that leaves in the middle and of one that stays', async () => {
  bed = await fleetBed(stack);
  // What no rule names is filtered.
  const rules = 'tables: [{ source: orders, sink: main }]';
  const leaving = bed.start('leaving', rules);
  const staying = bed.start('staying', rules);
  await until('both to share the shards', async () => (await held(leaving)) === shardCount / 2 && (await held(staying)) === shardCount / 2);
  const { kinesis, destroy } = awsClients(stack.kinesis.url);
  const noChange = (at: number) => kinesis.send(new PutRecordCommand({ StreamName: bed.stream, PartitionKey: `p${at}`, Data: Buffer.from('no change') }));
  const sending = bed.feed({ records, keys: 200, seed: 5, ratePerSecond: 3_000 });
  await until('the one that leaves to have read a part', async () => sumOf(await leaving.metrics(), 'shardfold_fetch_records_total') > 100);
  leaving.signal('SIGTERM');
  expect(await leaving.exited).toBe(0);
  await sending;
  await Promise.all(Array.from({ length: noChanges }, (_, at) => noChange(at)));
  destroy();
  const readBefore = account(leaving, 'records', 'recordsRead').came;
  const metrics = await until('all to be read, dead letters too', async () => {
    const now = await staying.metrics();
    const isAll = readBefore + sumOf(now, 'shardfold_records_total') >= bed.sent.length + noChanges;
    return isAll && sumOf(now, 'shardfold_records_total', 'outcome="dead_lettered"') === noChanges && now;
  });
  expect(['records', 'changes'].map((of) => metrics.get(`shardfold_counts_off_total{of="${of}"}`))).toEqual([0, 0]);
  staying.signal('SIGTERM');
  expect(await staying.exited).toBe(0);

  let read = 0;
  for (const worker of [leaving, staying]) {
    const ofRecords = account(worker, 'records', 'recordsRead');
    const ofChanges = account(worker, 'changes', 'changesRouted');
    expect([ofRecords.sum, ofChanges.sum]).toEqual([ofRecords.came, ofChanges.came]);
    expect(ofChanges.came).toBe(Number(ofRecords.outcomes.recordsDecoded));
    expect(worker.lines.filter(({ event }) => event === 'counts-off')).toEqual([]);
    expectGoodLog(worker);
    read += ofRecords.came;
  }
  expect(read).toBeGreaterThanOrEqual(bed.sent.length + noChanges);
  const { outcomes } = account(staying, 'records', 'recordsRead');
  expect(outcomes.recordsDeadLettered).toBe(noChanges);
  expect(Object.keys(account(staying, 'changes', 'changesRouted').outcomes)).toEqual(
    expect.arrayContaining(['changesApplied', 'changesSuperseded', 'changesFiltered']),
  );
});
