// Rows a second of the SQLite sink, beside prepared rows in one transaction by hand with the same guard and checks. All ways play in
// one run, in turns of some groups each, so that a slow moment of the machine meets them all; opening and closing are not counted.
// `node bench/sinks/sqlite/main.ts [--keys 50000] [--group 1000] [--turn 25] [--runs 5]`. Prints a table; it measures, it asserts nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { createSqliteSink, systemMachine } from '@shardfold/sinks';
import type { Player } from '../contest.ts';
import { benchGroups } from '../documents.ts';
import { mutationOf, sinkPlayer } from '../mutations.ts';
import { playerByHand } from './by-hand.ts';

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '50000' },
    group: { type: 'string', default: '1000' },
    turn: { type: 'string', default: '25' },
    runs: { type: 'string', default: '5' },
    in: { type: 'string', default: tmpdir() },
  },
});

const groups = benchGroups(Number(values.keys), Number(values.group));
const mutations = groups.map((group) => group.map((row) => mutationOf(row)));
const rows = groups.reduce((sum, group) => sum + group.length, 0);
const bytes = groups[0]?.reduce((sum, { text }) => sum + text.length, 0) ?? 0;

interface Way {
  readonly name: string;
  /** So many writes are in hand at once. */
  readonly lanes: number;
  open(path: string): Promise<Player>;
}

async function openSink(path: string): Promise<Player> {
  return sinkPlayer(createSqliteSink({ url: path, machine: systemMachine, createTables: true }), 'orders', mutations);
}

const ways: readonly Way[] = [
  { name: 'by hand', lanes: 1, open: async (path) => playerByHand(path, groups) },
  { name: 'sink, one write in hand', lanes: 1, open: openSink },
  { name: 'sink, two writes in hand', lanes: 2, open: openSink },
];

interface Spent {
  ms: number;
  cpuMicros: number;
  /** Of it, on the main thread. */
  mainMicros: number;
}

function total({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

async function turn(player: Player, lanes: number, from: number, spent: Spent): Promise<void> {
  const to = Math.min(from + Number(values.turn), groups.length);
  const [startedMs, cpu, main] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()];
  let next = from;
  const lane = async (_: unknown, index: number): Promise<void> => {
    for (let group = next++; group < to; group = next++) await player.write(group, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  spent.ms += performance.now() - startedMs;
  spent.cpuMicros += total(process.cpuUsage(cpu));
  spent.mainMicros += total(process.threadCpuUsage(main));
}

async function round(directory: string, first: number): Promise<Spent[]> {
  const playing = await Promise.all(
    ways.map(async ({ name, lanes, open }) => {
      const path = join(directory, `${name}-${first}.db`);
      return { path, lanes, player: await open(path), spent: { ms: 0, cpuMicros: 0, mainMicros: 0 } };
    }),
  );
  let leads = first;
  for (let from = 0; from < groups.length; from += Number(values.turn)) {
    leads += 1;
    // Nobody is always the one that comes after a certain other.
    for (const index of playing.keys()) {
      const way = playing[(index + leads) % playing.length];
      if (way !== undefined) await turn(way.player, way.lanes, from, way.spent);
    }
  }
  for (const { path, player } of playing) {
    await player.close();
    const check = new DatabaseSync(path);
    if (check.prepare('SELECT count(*) AS n FROM orders').get()?.n !== rows / 2) throw new Error(`Rows are missing in ${path}.`);
    check.close();
    await rm(path);
  }
  return playing.map(({ spent }) => spent);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN;
}

function line(name: string, own: readonly Spent[], byHand: readonly Spent[]): string {
  const of = (value: (spent: Spent, hand: Spent) => number): number => median(own.map((spent, run) => value(spent, byHand[run] ?? spent)));
  const rate = Math.round(of(({ ms }) => (rows / ms) * 1_000)).toLocaleString('en');
  const ratio = of(({ ms }, hand) => hand.ms / ms).toFixed(2);
  const cpu = (value: (spent: Spent, hand: Spent) => number): string => (of(value) / rows).toFixed(1);
  const [all, more, main] = [cpu((spent) => spent.cpuMicros), cpu((spent, hand) => spent.cpuMicros - hand.cpuMicros), cpu((spent) => spent.mainMicros)];
  return `| ${name} | ${rate} | ${ratio} | ${all} | ${more} | ${main} |`;
}

const directory = await mkdtemp(join(values.in, 'shardfold-bench-'));
try {
  const results: Spent[][] = [];
  // The first round warms up.
  for (let run = 0; run <= Number(values.runs); run += 1) results.push(await round(directory, run));
  const size = Math.round(bytes / (groups[0]?.length ?? 1));
  console.log(`${rows} rows of ${size} bytes, groups of ${values.group}, Node ${process.version}, medians of ${values.runs}\n`);
  console.log('| way | rows/s | of the first | CPU, µs a row | more than by hand | on the main thread |\n| --- | --- | --- | --- | --- | --- |');
  const counted = results.slice(1);
  const byHand = counted.flatMap(([spent]) => spent ?? []);
  for (const [index, { name }] of ways.entries()) {
    console.log(
      line(
        name,
        counted.flatMap((spents) => spents[index] ?? []),
        byHand,
      ),
    );
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
