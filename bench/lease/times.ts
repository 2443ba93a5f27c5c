// How long a fleet takes, in virtual time and with 10 ms a request: to its first lease on an empty table, to a clean stop's and a
// crash's take-over, to a new worker's share; and whether a quiet fleet moves any lease. Prints a table; `--largest N` leases,
// `--hours N` of quiet for the smallest fleet. It asserts nothing.
import { parseArgs } from 'node:util';
import { type BenchFleet, type BenchWorker, createBenchFleet, times } from './fleet.ts';

const { values } = parseArgs({ options: { largest: { type: 'string', default: '10000' }, hours: { type: 'string', default: '24' } } });
const largest = Number(values.largest);
const hours = Number(values.hours);

const fleets: readonly (readonly [leases: number, workers: number])[] = [
  [8, 2],
  [64, 4],
  [1000, 20],
  [10_000, 200],
];
const limitMs = 900_000;
/** A lease renewed for an hour costs about as much as the quiet of a small fleet for a day. */
const quietLeaseHours = 8;

const heldBy = (workers: readonly BenchWorker[]) => workers.reduce((sum, worker) => sum + worker.reading.size, 0);

async function leave(fleet: BenchFleet, workers: readonly BenchWorker[]): Promise<void> {
  const stopped = Promise.all(workers.map((worker) => worker.coordinator.stop(0)));
  await fleet.time.advance(2000);
  await stopped;
}

interface Row {
  readonly firstMs: number;
  readonly allMs: number;
  readonly stopMedianMs: number;
  readonly stopMaxMs: number;
  readonly crashMs: number;
  readonly joinMs: number;
  readonly quietHours: number;
  readonly quietMoves: number;
}

function spread(numbers: readonly number[]): { readonly median: number; readonly max: number } {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** From each release to the take that followed it. */
async function cleanStop(fleet: BenchFleet, leaving: BenchWorker, staying: readonly BenchWorker[]): Promise<{ readonly median: number; readonly max: number }> {
  const leases = heldBy([leaving, ...staying]);
  const stopped = leaving.coordinator.stop(25_000);
  await fleet.until(() => heldBy(staying) === leases, limitMs, 20);
  await stopped;
  const waits = [...leaving.releasedMs].map(([key, releasedMs]) => Math.max(...staying.map((worker) => worker.takenMs.get(key) ?? 0)) - releasedMs);
  return spread(waits);
}

async function measure(leases: number, workers: number): Promise<Row> {
  const fleet = createBenchFleet(leases);
  const members = Array.from({ length: workers }, (_, at) => fleet.start(`worker-${at}`));
  const firstMs = await fleet.until(() => heldBy(members) > 0, limitMs, 10);
  const allMs = firstMs + (await fleet.until(() => heldBy(members) === leases, limitMs));
  await fleet.time.advance(120_000);

  const quietHours = Math.min(hours, (hours * quietLeaseHours) / leases);
  const movesBefore = fleet.moves();
  await fleet.time.advance(quietHours * 3_600_000);
  const quietMoves = fleet.moves() - movesBefore;

  const newcomer = fleet.start('newcomer');
  const share = Math.floor(leases / (workers + 1));
  const joinMs = await fleet.until(() => newcomer.reading.size >= share, limitMs, 20);
  await fleet.time.advance(60_000);

  const stop = await cleanStop(fleet, newcomer, members);
  await fleet.time.advance(60_000);

  const [victim, ...heirs] = members;
  if (victim === undefined) throw new Error('A fleet has a worker.');
  victim.machine.freeze();
  const crashMs = await fleet.until(() => heldBy(heirs) === leases, limitMs);
  victim.machine.thaw();
  await fleet.time.advance(1000);
  await leave(fleet, members);
  return { firstMs, allMs, stopMedianMs: stop.median, stopMaxMs: stop.max, crashMs, joinMs, quietHours, quietMoves };
}

const seconds = (ms: number) => (ms / 1000).toFixed(2);
console.log(`Lease duration ${times.durationMs / 1000} s, a renewal every ${times.renewIntervalMs / 1000} s, 10 ms a request.\n`);
console.log(
  '| leases | workers | first lease, empty table | all leases | release → taken, median | … longest | crash → all taken | new worker has its share | quiet hours | moves |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|');
for (const [leases, workers] of fleets) {
  if (leases > largest) continue;
  const row = await measure(leases, workers);
  const waits = [row.firstMs, row.allMs, row.stopMedianMs, row.stopMaxMs, row.crashMs, row.joinMs].map(seconds);
  console.log(`| ${[leases, workers, ...waits, row.quietHours.toFixed(2), row.quietMoves].join(' | ')} |`);
}
