// Rows a second of the SQLite sink, beside prepared rows in one transaction by hand with the same guard and checks, in one run.
// `node bench/sinks/sqlite/main.ts [--keys 50000] [--group 1000] [--runs 5]`. Prints a table; it measures, it asserts nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { createSqliteSink, type Mutation, systemMachine } from '@shardfold/sinks';
import { benchGroups } from '../documents.ts';
import { mutationOf, sinkPlayer } from '../mutations.ts';
import { writeByHand } from './by-hand.ts';

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '50000' },
    group: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '5' },
    in: { type: 'string', default: tmpdir() },
  },
});

/** So many writes are in hand at once. */
async function writeBySink(path: string, groups: readonly (readonly Mutation[])[], lanes: number): Promise<void> {
  const sink = createSqliteSink({ url: path, machine: systemMachine, createTables: true });
  const player = await sinkPlayer(sink, 'orders', groups);
  let at = 0;
  const lane = async (): Promise<void> => {
    for (let group = at++; group < groups.length; group = at++) await player.write(group, 0);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await player.close();
}

interface Figures {
  readonly rowsPerSecond: number;
  readonly cpuMicros: number;
  /** Of it, on the main thread. */
  readonly mainMicros: number;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN;
}

async function measured(directory: string, rows: number, table: string, write: (path: string) => Promise<void> | void): Promise<Figures> {
  const path = join(directory, `${process.hrtime.bigint()}.db`);
  const cpu = process.cpuUsage();
  const main = process.threadCpuUsage();
  const startedMs = performance.now();
  await write(path);
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const onMain = process.threadCpuUsage(main);
  const check = new DatabaseSync(path);
  if (check.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n !== rows / 2) throw new Error(`Rows are missing in ${table}.`);
  check.close();
  await rm(path);
  return { rowsPerSecond: rows / seconds, cpuMicros: (user + system) / rows, mainMicros: (onMain.user + onMain.system) / rows };
}

const groups = benchGroups(Number(values.keys), Number(values.group));
const mutations = groups.map((group) => group.map((row) => mutationOf(row)));
const rows = groups.reduce((sum, group) => sum + group.length, 0);
const bytes = groups[0]?.reduce((sum, { text }) => sum + text.length, 0) ?? 0;
const directory = await mkdtemp(join(values.in, 'shardfold-bench-'));
const players: readonly (readonly [name: string, table: string, write: (path: string) => Promise<void> | void])[] = [
  ['by hand', 't', (path) => writeByHand(path, groups, 'FULL')],
  ['by hand, synchronous NORMAL', 't', (path) => writeByHand(path, groups, 'NORMAL')],
  ['sink, one write in hand', 'orders', (path) => writeBySink(path, mutations, 1)],
  ['sink, two writes in hand', 'orders', (path) => writeBySink(path, mutations, 2)],
];
try {
  const figures = players.map((): Figures[] => []);
  for (let run = 0; run <= Number(values.runs); run += 1) {
    for (const [index, [, table, write]] of players.entries()) {
      const figure = await measured(directory, rows, table, write);
      // The first round warms up.
      if (run > 0) figures[index]?.push(figure);
    }
  }
  console.log(
    `${rows} rows of ${Math.round(bytes / (groups[0]?.length ?? 1))} bytes, groups of ${values.group}, Node ${process.version}, medians of ${values.runs}`,
  );
  for (const [index, [name]] of players.entries()) {
    const own = figures[index] ?? [];
    const rate = median(own.map(({ rowsPerSecond }) => rowsPerSecond));
    const ratio = median(own.map(({ rowsPerSecond }, run) => rowsPerSecond / (figures[0]?.[run]?.rowsPerSecond ?? Number.NaN)));
    const [cpu, main] = [median(own.map(({ cpuMicros }) => cpuMicros)), median(own.map(({ mainMicros }) => mainMicros))];
    console.log(
      `${name.padEnd(28)} ${Math.round(rate).toLocaleString('en').padStart(8)} rows/s   ${ratio.toFixed(2)} of the first   CPU ${cpu.toFixed(1)} µs a row, ${main.toFixed(1)} of it on the main thread`,
    );
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
