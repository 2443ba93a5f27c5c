// Whether a quiet fleet moves any lease in a day. Small fleets: whole coordinators under virtual time. Large ones: their planners
// alone, each planning by every reading of the whole table, once a minute, while throughputs vary by a tenth around their means;
// nothing but a plan moves a lease between workers that live. Prints a table; `--hours N`.
import { parseArgs } from 'node:util';
import { countsOf, free, planner, round, spread } from '../../packages/lease/test/unit/fleet/planned-fleet.ts';
import { type BenchWorker, createBenchFleet } from './fleet.ts';

const { values } = parseArgs({ options: { hours: { type: 'string', default: '24' } } });
const hours = Number(values.hours);
const minuteMs = 60_000;
const meanKBps = 200;
/** Rounds in which the planners alone share the leases out. */
const settlingRounds = 120;

interface Quiet {
  readonly moves: number;
  readonly spread: number;
}

async function wholeFleet(leases: number, workers: number): Promise<Quiet> {
  const fleet = createBenchFleet(leases);
  const members: BenchWorker[] = Array.from({ length: workers }, (_, at) => fleet.start(`worker-${at}`));
  await fleet.time.advance(5 * minuteMs);
  const before = fleet.moves();
  await fleet.time.advance(hours * 60 * minuteMs);
  const moves = fleet.moves() - before;
  const uneven = spread(members.map((member) => member.reading.size));
  const stopped = Promise.all(members.map((member) => member.coordinator.stop(1000)));
  await fleet.time.advance(5000);
  await stopped;
  return { moves, spread: uneven };
}

function plannersAlone(leases: number, workers: number): Quiet {
  const table = free(leases);
  const planners = Array.from({ length: workers }, (_, at) => planner(`worker-${at}`));
  for (let at = 0; at < settlingRounds; at += 1) round(table, planners);
  let seed = 1;
  const noise = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return 0.9 + (0.2 * seed) / 2 ** 32;
  };
  const before = table.moves;
  for (let at = 0; at < hours * 60; at += 1) round(table, planners, { roundMs: minuteMs, throughput: () => meanKBps * noise() });
  return { moves: table.moves - before, spread: spread(countsOf(table, planners)) };
}

console.log(`| leases | workers | simulated | hours | moves | most leases less fewest |\n|---|---|---|---|---|---|`);
const say = (leases: number, workers: number, what: string, { moves, spread: uneven }: Quiet) =>
  console.log(`| ${[leases, workers, what, hours, moves, uneven].join(' | ')} |`);
for (const [leases, workers] of [
  [8, 2],
  [64, 4],
] as const)
  say(leases, workers, 'coordinators', await wholeFleet(leases, workers));
for (const [leases, workers] of [
  [1000, 20],
  [10_000, 20],
] as const)
  say(leases, workers, 'planners', plannersAlone(leases, workers));
