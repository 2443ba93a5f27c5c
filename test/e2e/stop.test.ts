// A stop as an orchestrator sends it: the worker ends with 0, and the other one reads on from every shard at once.
import type { EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { switchableProxy, through } from '../support/switchable-proxy.ts';
import { until } from '../support/until.ts';
import type { LogLine, WorkerProcess } from '../support/worker-process.ts';

/** The promise itself: another worker has each shard within two seconds of its release. */
const handOverMs = 2_000;
const drainMs = 25_000;
let stack: EmbeddedStack;
let bed: FleetBed;

beforeAll(async () => {
  stack = await startStack();
});
afterEach(() => bed.end());
afterAll(() => stack.stop());

/** After the drain: what `shutdown.grace` asks for is 10 s, and a server that hangs may not use all of them. */
const afterDrainMs = 7_000;

/** When each shard first did this, by the worker's own log. */
function moments(worker: WorkerProcess, concerns: (line: LogLine) => boolean): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of worker.lines) {
    const shard = String(line.shard);
    if (concerns(line) && !found.has(shard)) found.set(shard, Date.parse(String(line.time)));
  }
  return found;
}

const fetchedRecords = (line: LogLine) => line.event === 'batch-fetched';
const released = (line: LogLine) => line.reason === 'released';

test('a SIGTERM drains, exits with 0, and every shard goes on elsewhere within two seconds of its release', async () => {
  bed = await fleetBed(stack);
  const ending = bed.start('ending');
  await until('the first to hold every shard', async () => (await ending.status()).shards.filter(({ held }) => held).length === shardCount);
  const heir = bed.start('heir', '', ['--set', 'log.level=debug']);
  await until('both to share the shards', async () => (await heir.status()).shards.filter(({ held }) => held).length === shardCount / 2);
  const stopFeed = new AbortController();
  const sending = bed.feed({ records: Number.MAX_SAFE_INTEGER, keys: 400, seed: 3, ratePerSecond: 400, signal: stopFeed.signal });
  const before = (await ending.status()).shards.filter(({ held }) => held).map(({ shard }) => shard);
  const askedMs = Date.now();
  ending.signal('SIGTERM');
  expect(await ending.exited).toBe(0);
  expect(Date.now() - askedMs).toBeLessThan(drainMs);
  await until('the heir to have a record from every shard', () => {
    const fetched = moments(heir, fetchedRecords);
    return before.every((shard) => fetched.has(shard));
  });
  stopFeed.abort();
  await sending;
  const givenUp = moments(ending, released);
  const goneOn = moments(heir, fetchedRecords);
  const gaps = before.map((shard) => (goneOn.get(shard) ?? Number.POSITIVE_INFINITY) - (givenUp.get(shard) ?? 0));
  expect(before.length).toBe(shardCount / 2);
  expect(Math.max(...gaps)).toBeLessThan(handOverMs);
  await until('the tables to equal the oracle', async () => (await bed.differences()).length === 0);
});

test('a database that hangs does not hold the stop up beyond its drain, and whoever reads the log learns why shards were left', async () => {
  bed = await fleetBed(stack);
  const proxy = await switchableProxy(bed.databaseUrl);
  onTestFinished(() => proxy.close());
  const worker = bed.start('hung', 'shutdown: { drain: 2s }', ['--set', `sinks.main.url=${through(bed.databaseUrl, proxy)}`]);
  await until('every shard', async () => (await worker.status()).shards.filter(({ held }) => held).length === shardCount);
  await bed.feed({ records: 40, keys: 40, seed: 5 });
  await until('the tables to equal the oracle', async () => (await bed.differences()).length === 0);
  proxy.mute();
  await bed.feed({ records: 40, keys: 40, seed: 6 });
  await until('the page to say that it hangs', async () => {
    const { title } = (await worker.status()).verdict as { readonly title: string };
    return title.startsWith('Sink main has not answered for');
  });
  const askedMs = Date.now();
  worker.signal('SIGTERM');
  expect(await worker.exited).toBe(1);
  expect(Date.now() - askedMs).toBeLessThan(2_000 + afterDrainMs);
  const left = worker.lines.filter(({ reason }) => reason === 'abandoned').map(({ msg }) => msg);
  expect(left.length).toBeGreaterThan(0);
  for (const msg of left) expect(msg).toContain('shutdown.drain');
});
