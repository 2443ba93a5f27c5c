// What a fleet at rest asks of DynamoDB, beside the Java KCL: requests a second and the price of its units, for fleets of several
// sizes. Positions move all the time, and are saved every five seconds. Prints a table; `--seconds N` of virtual time.
import { parseArgs } from 'node:util';
import { createBenchFleet } from './fleet.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '120' }, largest: { type: 'string', default: '10000' } } });
const seconds = Number(values.seconds);
const largest = Number(values.largest);

const fleets: readonly (readonly [leases: number, workers: number])[] = [
  [8, 1],
  [8, 2],
  [8, 4],
  [64, 1],
  [64, 4],
  [64, 16],
  [1000, 4],
  [1000, 20],
  [1000, 200],
  [10_000, 20],
  [10_000, 200],
];

interface Rate {
  readonly requests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** A row of KCL 3.5. */
const bytesPerRow = 450;

/** In write units: on demand, a unit read costs a fifth of one written. */
const price = ({ writeUnits, readUnits }: Rate) => writeUnits + readUnits / 5;

/**
 * KCL 3.5 with its defaults and a checkpoint every 5 s. For one worker the requests were measured (4.07 a second at 8 leases,
 * 32.5 at 64); the formula, from its intervals, comes to as much, and serves for fleets.
 */
function kcl(leases: number, workers: number): Rate {
  const renewals = leases / 3.308;
  const checkpoints = leases / 5;
  const metrics = workers / 30;
  const lock = 1 / 30 + (2 * (workers - 1)) / 30;
  const discovery = workers / 9.975;
  const leaderScans = 1 / 20 + 1 / 20 + 1 / 120;
  const scanUnits = Math.max(0.5, (leases * bytesPerRow) / 4096 / 2);
  return {
    requests: renewals + checkpoints + metrics + lock + discovery + leaderScans,
    writeUnits: renewals + checkpoints + metrics + 1 / 30,
    readUnits: discovery * 0.5 + ((2 * (workers - 1)) / 30) * 1 + leaderScans * scanUnits,
  };
}

async function measure(leases: number, workers: number): Promise<{ readonly ours: Rate; readonly moves: number }> {
  const fleet = createBenchFleet(leases);
  const members = Array.from({ length: workers }, (_, at) => fleet.start(`worker-${at}`));
  const held = () => members.reduce((sum, member) => sum + member.reading.size, 0);
  const tookMs = await fleet.until(() => held() === leases, 600_000, 1000);
  if (tookMs === Number.POSITIVE_INFINITY) throw new Error(`${leases} leases on ${workers} workers: only ${held()} were held after ten minutes.`);
  await fleet.time.advance(60_000);
  const before = { ...fleet.cost };
  const movesBefore = fleet.moves();
  await fleet.time.advance(seconds * 1000);
  const rate = (after: number, then: number) => (after - then) / seconds;
  const ours = {
    requests: rate(fleet.cost.requests, before.requests),
    writeUnits: rate(fleet.cost.writeUnits, before.writeUnits),
    readUnits: rate(fleet.cost.readUnits, before.readUnits),
  };
  const moves = fleet.moves() - movesBefore;
  await Promise.all(members.map((member) => Promise.all([member.coordinator.stop(0), fleet.time.advance(10)])));
  return { ours, moves };
}

console.log('| leases | workers | requests/s | KCL 3.5 | of it | write units/s | read units/s | price of KCL 3.5 | moves |');
console.log('|---|---|---|---|---|---|---|---|---|');
for (const [leases, workers] of fleets) {
  if (leases > largest) continue;
  const { ours, moves } = await measure(leases, workers);
  const theirs = kcl(leases, workers);
  const share = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`;
  const cells = [
    leases,
    workers,
    ours.requests.toFixed(2),
    theirs.requests.toFixed(2),
    share(ours.requests, theirs.requests),
    ours.writeUnits.toFixed(2),
    ours.readUnits.toFixed(2),
    share(price(ours), price(theirs)),
    moves,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
