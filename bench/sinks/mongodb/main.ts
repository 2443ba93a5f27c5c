// The MongoDB sink, with guard and tombstones, beside bulks by hand, with more and less care: FerretDB, or the server at --url; in one run
// and in turn. The first half of the bulks inserts, the second updates; the second table tells them apart.
// node bench/sinks/mongodb/main.ts [--url mongodb://host:port/database] [--keys 10000] [--group 100] [--rounds 5]
import { parseArgs } from 'node:util';
import { createMongoSink, systemMachine } from '@shardfold/sinks';
import { MongoClient } from 'mongodb';
import { startFerretDb } from '../../../test/servers/ferretdb.ts';
import { contest, type Player, type Way } from '../contest.ts';
import { benchGroups } from '../documents.ts';
import { mutationOf, sinkPlayer } from '../mutations.ts';
import { byHand } from './by-hand.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    keys: { type: 'string', default: '10000' },
    group: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
  },
});

async function clear(url: string): Promise<void> {
  const client = await new MongoClient(url).connect();
  await client.db().dropDatabase();
  await client.close();
}

/** Milliseconds a bulk, of the inserting and of the updating half, by lanes and way; one number a round. */
type Halves = Map<string, [number[], number[]]>;

/** The same player, whose bulks are timed; the first round warms up. */
function timed(player: Player, halves: Halves, label: string, groups: number, round: number): Player {
  const half = Math.ceil(groups / 2);
  const sums: [number, number] = [0, 0];
  return {
    async write(group, lane) {
      const startedMs = performance.now();
      await player.write(group, lane);
      sums[group < half ? 0 : 1] += performance.now() - startedMs;
    },
    async close() {
      await player.close();
      if (round === 0) return;
      const [inserts, updates] = halves.get(label) ?? [[], []];
      halves.set(label, [
        [...inserts, sums[0] / half],
        [...updates, sums[1] / (groups - half)],
      ]);
    },
  };
}

function median(numbers: readonly number[]): string {
  return (numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN).toFixed(2);
}

async function main(url: string): Promise<void> {
  const groups = benchGroups(Number(values.keys), Number(values.group));
  const mutations = groups.map((group) => group.map((row) => mutationOf(row, true)));
  const halves: Halves = new Map();
  const ways: Way[] = [
    { name: 'unguarded replaces by hand', open: () => byHand(url, groups, 'unguarded') },
    { name: 'unguarded replaces and a look at tombstones by hand', open: () => byHand(url, groups, 'unguarded, with a look') },
    { name: 'guarded updates and a look at tombstones and floor by hand', open: () => byHand(url, groups, 'guarded, with a look') },
    {
      name: 'the sink',
      open: (lanes, round) =>
        sinkPlayer(createMongoSink({ url, application: 'bench', machine: systemMachine, createTables: true }), `bench_${round}_${lanes}`, mutations),
    },
  ];
  await contest({
    groups: groups.length,
    rows: groups.reduce((sum, { length }) => sum + length, 0),
    rounds: Number(values.rounds),
    ways: ways.map(({ name, open }) => ({
      name,
      open: async (lanes, round) => timed(await open(lanes, round), halves, `${lanes} | ${name}`, groups.length, round),
    })),
    serverSeconds: () => Number.NaN,
    clear: () => clear(url),
  });
  console.log('\n| in flight | way | ms a bulk of inserts | ms a bulk of updates |\n| --- | --- | --- | --- |');
  for (const [label, [inserts, updates]] of halves) console.log(`| ${label} | ${median(inserts)} | ${median(updates)} |`);
}

if (values.url === undefined) {
  const server = await startFerretDb();
  if ('skipped' in server) throw new Error(`FerretDB is not to be had: ${server.skipped}`);
  try {
    await main(new URL('/bench', server.url).href);
  } finally {
    await server.stop();
  }
} else await main(values.url);
