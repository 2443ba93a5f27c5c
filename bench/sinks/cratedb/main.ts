// The CrateDB sink beside bulk arguments over HTTP, with the cheapest guard there is and with one for each column, and beside arrays over
// the PostgreSQL wire with RETURNING; in one run and in turn. The server is the one at --url; no registry of packages has one.
// node bench/sinks/cratedb/main.ts --url http://host:4200 [--wire postgres://crate@host:5432/doc] [--keys 20000] [--group 1000] [--rounds 3]
import { parseArgs } from 'node:util';
import { createCrateSink, systemMachine } from '@shardfold/sinks';
import { contest, processWith, treeSeconds, type Way } from '../contest.ts';
import { benchGroups } from '../documents.ts';
import { mutationOf, sinkPlayer } from '../mutations.ts';
import { byArrays, byBulkArguments, sendingTo } from './by-hand.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    wire: { type: 'string' },
    keys: { type: 'string', default: '20000' },
    group: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
});
const schema = `bench_${process.pid}`;

async function clear(url: string): Promise<void> {
  const { ask, close } = sendingTo(url);
  const relations = await ask({ stmt: 'SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = ?', args: [schema] });
  for (const [name, type] of relations) await ask({ stmt: `DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} IF EXISTS "${schema}"."${name}"` });
  close();
}

async function main(url: string): Promise<void> {
  const groups = benchGroups(Number(values.keys), Number(values.group));
  const mutations = groups.map((group) => group.map((row) => mutationOf(row)));
  const { ask, close } = sendingTo(url);
  const [[version] = []] = await ask({ stmt: "SELECT version['number'] FROM sys.nodes" });
  close();
  console.log(`CrateDB ${version}, groups of ${values.group}, documents of about 500 bytes, medians of ${values.rounds}\n`);
  const java = processWith((command) => command.includes('io.crate.bootstrap.CrateDB'));
  const { wire } = values;
  const arrays: Way[] = wire === undefined ? [] : [{ name: 'arrays with RETURNING by hand', open: (lanes) => byArrays(url, wire, schema, lanes, groups) }];
  await contest({
    groups: groups.length,
    rows: groups.reduce((sum, { length }) => sum + length, 0),
    rounds: Number(values.rounds),
    ways: [
      { name: 'bulk arguments by hand, one guard a row', open: () => byBulkArguments(url, schema, 'refusing', groups) },
      { name: 'bulk arguments by hand, one guard a column', open: () => byBulkArguments(url, schema, 'keeping', groups) },
      ...arrays,
      {
        name: 'the sink',
        open: () =>
          sinkPlayer(
            createCrateSink({ url: new URL(`/${schema}`, url).href, application: 'bench', machine: systemMachine, createTables: true }),
            'bench',
            mutations,
          ),
      },
    ],
    serverSeconds: () => (java === undefined ? Number.NaN : treeSeconds(java)),
    clear: () => clear(url),
  });
}

if (values.url === undefined) throw new Error('--url says where a CrateDB listens for HTTP.');
await main(values.url);
