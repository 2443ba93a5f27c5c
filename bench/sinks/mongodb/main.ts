// The MongoDB sink, with guard and tombstones, beside unordered bulks of unguarded replaces, with and without a look at tombstones: FerretDB, or the server at --url; in one run
// and in turn.
// node bench/sinks/mongodb/main.ts [--url mongodb://host:port/database] [--keys 10000] [--group 100] [--rounds 3]
import { parseArgs } from 'node:util';
import { createMongoSink, systemMachine } from '@shardfold/sinks';
import { MongoClient } from 'mongodb';
import { startFerretDb } from '../../../test/servers/ferretdb.ts';
import { contest, type Player } from '../contest.ts';
import { type BenchRow, benchGroups } from '../documents.ts';
import { mutationOf, sinkPlayer } from '../mutations.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    keys: { type: 'string', default: '10000' },
    group: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
  },
});

/** Replaces without a guard; `looks` asks for tombstones of the bulk's keys afterwards, as whoever keeps deletes must. */
async function byHand(url: string, groups: readonly (readonly BenchRow[])[], looks: boolean): Promise<Player> {
  const client = await new MongoClient(url).connect();
  const collection = client.db().collection<{ _id: string }>('by_hand');
  const tombstones = client.db().collection<{ _id: string }>('by_hand_dead');
  await tombstones.insertOne({ _id: 'nobody' });
  return {
    async write(group) {
      const rows = groups[group] ?? [];
      await collection.bulkWrite(
        rows.map(({ id, text, time, seq }) => ({
          replaceOne: { filter: { _id: id }, replacement: { ...JSON.parse(text), cdc: { time, seq } }, upsert: true },
        })),
        { ordered: false },
      );
      if (looks && (await tombstones.find({ _id: { $in: rows.map(({ id }) => id) } }).toArray()).length > 0) throw new Error('Nothing was deleted.');
    },
    close: () => client.close(),
  };
}

async function clear(url: string): Promise<void> {
  const client = await new MongoClient(url).connect();
  await client.db().dropDatabase();
  await client.close();
}

async function main(url: string): Promise<void> {
  const groups = benchGroups(Number(values.keys), Number(values.group));
  const mutations = groups.map((group) => group.map((row) => mutationOf(row, true)));
  await contest({
    groups: groups.length,
    rows: groups.reduce((sum, { length }) => sum + length, 0),
    rounds: Number(values.rounds),
    ways: [
      { name: 'unguarded replaces and a look at tombstones by hand', open: () => byHand(url, groups, true) },
      { name: 'unguarded replaces by hand', open: () => byHand(url, groups, false) },
      {
        name: 'the sink',
        open: (lanes, round) =>
          sinkPlayer(createMongoSink({ url, application: 'bench', machine: systemMachine, createTables: true }), `bench_${round}_${lanes}`, mutations),
      },
    ],
    serverSeconds: () => Number.NaN,
    clear: () => clear(url),
  });
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
