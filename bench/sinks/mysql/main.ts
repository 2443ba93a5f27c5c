// The MySQL sink beside the server's own ways, in the same run and in turn: prepared multi-row VALUES with the same guard, and LOAD
// DATA into a staging table with INSERT … SELECT.
// node bench/sinks/mysql/main.ts [--url mysql://root@host:port/database] [--keys 50000] [--group 1000] [--rounds 3]
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createMysqlSink } from '../../../packages/sinks/src/mysql/sink.ts';
import { defaultBookkeeping, type Mutation, type Table } from '../../../packages/sinks/src/types.ts';
import { startMariadb } from '../../../test/servers/mariadb.ts';
import { type BenchRow, benchGroups } from '../documents.ts';
import { byHand, createDatabase, dropTables, type Way } from './by-hand.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    keys: { type: 'string', default: '50000' },
    group: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
});

const machine = {
  clock: { wallMs: () => Date.now() },
  timers: {
    after(delayMs: number, run: () => void) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
};
const never = new AbortController().signal;

/** Processor seconds of the server on this machine that listens on this port; NaN where it is none. */
function serverSeconds(port: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (!/(mariadbd|mysqld)$/.test(command[0] ?? '') || !command.includes(`--port=${port}`)) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    } catch {
      // It has ended meanwhile.
    }
  }
  return Number.NaN;
}

interface Player {
  write(group: number, lane: number): Promise<void>;
  close(): Promise<void>;
}

interface Measured {
  readonly rowsPerSecond: number;
  readonly clientMicros: number;
  readonly serverMicros: number;
}

async function play(player: Player, groups: readonly (readonly BenchRow[])[], lanes: number, port: string): Promise<Measured> {
  const rows = groups.reduce((sum, { length }) => sum + length, 0);
  const [startedMs, server, own] = [performance.now(), serverSeconds(port), process.cpuUsage()];
  // The second pass over the keys begins when the first is done.
  for (const [from, to] of [
    [0, groups.length / 2],
    [groups.length / 2, groups.length],
  ] as const) {
    let next = from;
    const lane = async (_: unknown, index: number): Promise<void> => {
      for (let group = next++; group < to; group = next++) await player.write(group, index);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  const cpu = process.cpuUsage(own);
  return {
    rowsPerSecond: rows / ((performance.now() - startedMs) / 1_000),
    clientMicros: (cpu.user + cpu.system) / rows,
    serverMicros: ((serverSeconds(port) - server) * 1e6) / rows,
  };
}

function mutationsOf(group: readonly BenchRow[]): Mutation[] {
  const origin = { stream: 'bench', shard: '0', sequence: '0', subSequence: 0 };
  return group.map(({ id, text, time, seq }) => ({
    kind: 'put',
    key: [['id', id]],
    version: { time, seq },
    row: { values: () => ({}), json: () => text, bytes: text.length },
    bytes: text.length,
    origin,
  }));
}

const target = {
  source: { system: 'aws:dynamodb', table: 'bench' },
  layout: 'document',
  key: [{ name: 'id', type: 'text' }],
  deletes: 'hard',
  createTables: true,
  tombstoneRetentionMs: 1e9,
  columns: { drop: [], rename: {} },
  patches: false,
  bookkeeping: defaultBookkeeping,
} as const;

function sinkAt(url: string) {
  return createMysqlSink({ url, application: 'bench', machine, createTables: true });
}

async function ours(url: string, name: string, groups: readonly (readonly Mutation[])[]): Promise<Player> {
  const sink = sinkAt(url);
  const table: Table = await sink.table({ ...target, name }, never);
  return {
    async write(group) {
      const { applied } = await table.write(groups[group] ?? [], never);
      if (applied !== groups[group]?.length) throw new Error(`${applied} rows were applied`);
    },
    close: () => sink.close(),
  };
}

/** The sink's own table without its name, for the others: `TABLE (…) engine = …`. */
async function ddlOf(url: string): Promise<string> {
  const sink = sinkAt(url);
  try {
    return await sink.table({ ...target, name: 'none', createTables: false }, never).then(
      () => '',
      (error: unknown) =>
        String(error)
          .split('\n')
          .slice(1)
          .join('\n')
          .split(';\n')[0]
          ?.replace(/^create table if not exists `none`/, 'TABLE') ?? '',
    );
  } finally {
    await sink.close();
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function main(url: string): Promise<void> {
  const { port } = new URL(url);
  const groups = benchGroups(Number(values.keys), Number(values.group));
  const mutations = groups.map(mutationsOf);
  const ddl = await ddlOf(url);
  const results = new Map<string, Measured[]>();
  const hand = async (way: Way, lanes: number): Promise<Player> => {
    const player = await byHand(url, way, lanes, ddl);
    return { write: (group, lane) => player.write(groups[group] ?? [], lane), close: () => player.close() };
  };
  // The first round warms everything up.
  for (let round = -1; round < Number(values.rounds); round += 1) {
    for (const lanes of [1, 2]) {
      const players: readonly (readonly [name: string, make: () => Promise<Player>])[] = [
        ['prepared VALUES by hand', () => hand('values', lanes)],
        ['LOAD DATA + INSERT … SELECT', () => hand('load', lanes)],
        ['the sink', () => ours(url, `bench_${round + 1}_${lanes}`, mutations)],
      ];
      for (const [name, make] of players) {
        const player = await make();
        const measured = await play(player, groups, lanes, port);
        await player.close();
        await dropTables(url);
        const key = `${lanes} in flight | ${name}`;
        if (round >= 0) results.set(key, [...(results.get(key) ?? []), measured]);
      }
    }
  }
  console.log('| in flight | way | rows/s | of by hand | client CPU, µs a row | server CPU, µs a row |\n| --- | --- | --- | --- | --- | --- |');
  for (const [key, measured] of results) {
    const hands = results.get(`${key.split(' | ')[0]} | prepared VALUES by hand`) ?? [];
    const of = median(measured.map(({ rowsPerSecond }, round) => rowsPerSecond / (hands[round]?.rowsPerSecond ?? Number.NaN)));
    const [rows, client, server] = [
      median(measured.map(({ rowsPerSecond }) => rowsPerSecond)),
      median(measured.map(({ clientMicros }) => clientMicros)),
      median(measured.map(({ serverMicros }) => serverMicros)),
    ];
    console.log(
      `| ${key.replace(' in flight', '')} | ${Math.round(rows).toLocaleString('en')} | ${of.toFixed(2)} | ${client.toFixed(1)} | ${server.toFixed(1)} |`,
    );
  }
}

if (values.url === undefined) {
  const server = await startMariadb();
  if ('skipped' in server) throw new Error(`MariaDB is not to be had: ${server.skipped}`);
  try {
    const own = new URL('/bench', server.url).href;
    await createDatabase(server.url, 'bench');
    await main(own);
  } finally {
    await server.stop();
  }
} else await main(values.url);
