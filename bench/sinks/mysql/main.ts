// The MySQL sink beside the server's own ways, in one run and in turn: prepared multi-row VALUES with the same guard and the same look
// at tombstones, and LOAD DATA into a staging table with INSERT … SELECT.
// node bench/sinks/mysql/main.ts [--server mariadb|mysql] [--url mysql://root@host:port/database] [--keys 50000] [--group 1000] [--rounds 3]
//   [--tombstones 1]
import { parseArgs } from 'node:util';
import { createMysqlSink, systemMachine } from '@shardfold/sinks';
import { startMariadb } from '../../../test/servers/mariadb.ts';
import { startMysql } from '../../../test/servers/mysql.ts';
import { contest, processWith, treeSeconds } from '../contest.ts';
import { benchGroups } from '../documents.ts';
import { benchTarget, mutationOf, sinkPlayer } from '../mutations.ts';
import { byHand, createDatabase, dropTables, type Way } from './by-hand.ts';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'mariadb' },
    url: { type: 'string' },
    keys: { type: 'string', default: '50000' },
    group: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    tombstones: { type: 'string', default: '1' },
  },
});
const never = new AbortController().signal;

function sinkAt(url: string) {
  return createMysqlSink({ url, application: 'bench', machine: systemMachine, createTables: true });
}

/** The sink's own table without its name, for the others: `TABLE (…) engine = …`. */
async function ddlOf(url: string): Promise<string> {
  const sink = sinkAt(url);
  try {
    return await sink.table({ ...benchTarget, name: 'none', createTables: false }, never).then(
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

async function main(url: string): Promise<void> {
  const { port } = new URL(url);
  const server = processWith((command) => /(mariadbd|mysqld)$/.test(command[0] ?? '') && command.includes(`--port=${port}`)) ?? '';
  const groups = benchGroups(Number(values.keys), Number(values.group));
  const mutations = groups.map((group) => group.map((row) => mutationOf(row)));
  const ddl = await ddlOf(url);
  const tombstones = Number(values.tombstones);
  const hand = (way: Way) => (lanes: number) => byHand(url, way, lanes, { ddl, groups, tombstones });
  await contest({
    groups: groups.length,
    rows: groups.reduce((sum, { length }) => sum + length, 0),
    rounds: Number(values.rounds),
    ways: [
      { name: 'prepared VALUES by hand', open: hand('values') },
      { name: 'LOAD DATA + INSERT … SELECT', open: hand('load') },
      { name: 'the sink', open: (lanes, round) => sinkPlayer(sinkAt(url), `bench_${round}_${lanes}`, mutations, tombstones) },
    ],
    serverSeconds: () => treeSeconds(server),
    clear: () => dropTables(url),
  });
}

if (values.url === undefined) {
  const server = await (values.server === 'mysql' ? startMysql() : startMariadb());
  if ('skipped' in server) throw new Error(`${values.server} is not to be had: ${server.skipped}`);
  try {
    await createDatabase(server.url, 'bench');
    await main(new URL('/bench', server.url).href);
  } finally {
    await server.stop();
  }
} else await main(values.url);
