// Planning of 10,000 leases over 200 workers, case by case: the CPU time of one plan, and of noting what a scan showed, and with
// `node --expose-gc` the heap that a plan takes. `--leases N`, `--workers N`, `--runs N`. It measures, it asserts nothing.
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Observations, observe } from '../../packages/lease/src/fleet/observe.ts';
import { type Plan, type PlanInput, planLeases } from '../../packages/lease/src/fleet/plan.ts';
import type { Lease } from '../../packages/lease/src/types.ts';

const { values } = parseArgs({
  options: { leases: { type: 'string', default: '10000' }, workers: { type: 'string', default: '200' }, runs: { type: 'string', default: '51' } },
});
const leases = Number(values.leases);
const workers = Number(values.workers);
const runs = Number(values.runs);
const durationMs = 10_000;
const nowMs = 1_000_000;
const me = { worker: 'worker-0.example', incarnation: incarnation(0) };

interface Case {
  readonly name: string;
  readonly rows: readonly Lease[];
  /** How long each row has stood still; absent: not at all. */
  readonly stillMs?: (at: number) => number;
  /** How often this worker has planned before, a minute ago and so on. */
  readonly plansBefore?: number;
}

function incarnation(worker: number): string {
  return worker.toString(16).padStart(32, '0');
}

/** As read from a table: no two rows share a string. */
function row(at: number, owner: number | undefined, over: Partial<Lease> = {}): Lease {
  const key = `shardId-${String(at).padStart(12, '0')}`;
  const lease: Lease = {
    key,
    shardId: key,
    counter: 7n,
    position: { kind: 'sequence', sequence: String(at), subSequence: 0 },
    ownerSwitches: 0n,
    parents: [`parent-${at}`],
    children: [],
    bell: 0n,
    throughputKBps: 100 + (at % 7),
    ...over,
  };
  return owner === undefined ? lease : { ...lease, owner: `worker-${owner}.example`, holder: incarnation(owner), holderCounter: 7n };
}

function table(ownerOf: (at: number) => number | undefined, over: (at: number) => Partial<Lease> = () => ({})): readonly Lease[] {
  return Array.from({ length: leases }, (_, at) => row(at, ownerOf(at), over(at)));
}

const even = (at: number): number => at % workers;
const half = workers / 2;
const cases: readonly Case[] = [
  { name: 'steady', rows: table(even), plansBefore: 3 },
  { name: 'steady, throughputs differ', rows: table(even, (at) => ({ throughputKBps: (at * 7919) % 1000 })), plansBefore: 3 },
  { name: 'a light worker moves one lease', rows: table(even, (at) => ({ throughputKBps: even(at) === 0 ? 1 : even(at) < 9 ? 900 : 100 })), plansBefore: 3 },
  { name: 'all free, nobody else in view', rows: table(() => undefined) },
  { name: 'all free for a second, all workers in view', rows: table((at) => (at < workers ? at : undefined)), stillMs: (at) => (at < workers ? 0 : 1000) },
  { name: 'all expired at once', rows: table((at) => 1 + even(at)), stillMs: () => durationMs },
  { name: 'half of the workers expired', rows: table(even), stillMs: (at) => (even(at) < half ? 0 : durationMs), plansBefore: 1 },
  { name: 'this worker joins', rows: table((at) => 1 + (at % (workers - 1))) },
  { name: 'half of the workers have one lease each', rows: table((at) => (at < half ? at : half + (at % half))) },
  { name: 'this worker joins a single one', rows: table(() => 1) },
  {
    name: 'as many again have joined and asked',
    rows: table(
      (at) => at % half,
      (at) => asked(at),
    ),
  },
  { name: 'all names Java’s', rows: table(even, () => ({ counter: 8n })) },
];

/** Every other lease is asked for by a worker that holds nothing yet. */
function asked(at: number): Partial<Lease> {
  if (at % 2 === 0) return {};
  const next = half + (at % half);
  return { request: { next: `worker-${next}.example`, nextHolder: incarnation(next), asked: incarnation(at % half) } };
}

function inputOf({ rows, stillMs }: Case, atMs: number, memory: Plan['memory'] | undefined): PlanInput {
  const first: Observations = new Map(rows.flatMap((lease, at) => [...observe(new Map(), [lease], atMs - (stillMs?.(at) ?? 0))]));
  const observations = observe(first, rows, atMs);
  const held = new Set(rows.filter((lease) => lease.holder === me.incarnation && lease.holderCounter === lease.counter).map((lease) => lease.key));
  return {
    rows,
    broken: [],
    observations,
    scannedMs: atMs,
    nowMs: atMs,
    me,
    held,
    asked: new Set(),
    spared: new Set(),
    maxPerWorker: leases,
    patientUntilMs: 0,
    durationMs,
    parentsOf: () => [],
    isListed: () => true,
    isPlaced: () => true,
    memory,
  };
}

interface Timed {
  /** Of this thread alone, the mean of all runs: others may be busy on the same machine, and its clock is coarse. */
  readonly cpuMs: number;
  /** Of the wall, the first run included. */
  readonly slowestMs: number;
}

/** The event loop turns between runs, as it does between the plans of a worker: else garbage is collected all in one of them. */
async function timed(work: () => unknown): Promise<Timed> {
  let slowestMs = 0;
  let cpuMicros = 0;
  for (let run = 0; run < runs; run += 1) {
    await setImmediate();
    const before = process.threadCpuUsage();
    const startedMs = performance.now();
    work();
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    const { user, system } = process.threadCpuUsage(before);
    cpuMicros += user + system;
  }
  return { cpuMs: cpuMicros / 1000 / runs, slowestMs };
}

function heapOf(run: () => Plan): { readonly plan: Plan; readonly heapMB: number | undefined } {
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const plan = run();
  const heapMB = global.gc === undefined ? undefined : (process.memoryUsage().heapUsed - before) / 2 ** 20;
  return { plan, heapMB };
}

async function measure(one: Case): Promise<string[]> {
  let memory: Plan['memory'] | undefined;
  for (let plan = one.plansBefore ?? 0; plan > 0; plan -= 1) memory = planLeases(inputOf(one, nowMs - 60_000 * plan, memory)).memory;
  const input = inputOf(one, nowMs, memory);
  const planning = await timed(() => planLeases(input));
  const observing = await timed(() => observe(input.observations, one.rows, nowMs));
  const { plan, heapMB } = heapOf(() => planLeases(input));
  const times = [planning.cpuMs, planning.slowestMs, observing.cpuMs].map((ms) => `${ms.toFixed(1)} ms`);
  const counts = [plan.takes.length, plan.requests.length, plan.members.length].map(String);
  return [...times, heapMB === undefined ? '-' : `${heapMB.toFixed(1)} MB`, ...counts];
}

function print(name: string, cells: readonly string[]): void {
  process.stdout.write(`${name.padEnd(46)}${cells.map((cell) => cell.padStart(10)).join('')}\n`);
}

print(`${leases} leases, ${workers} workers, ${runs} runs`, ['plan CPU', 'slowest', 'scan CPU', 'heap', 'takes', 'requests', 'workers']);
for (const one of cases) print(one.name, await measure(one));
