// What a driver's user writes by hand: unordered bulks of replaces, with nothing else; with a look at tombstones afterwards; and with all
// that the sink promises, which is its guard, and one question for tombstones and floor afterwards. It shares no code with the sink on purpose.
import { Long, MongoClient } from 'mongodb';
import type { Player } from '../contest.ts';
import type { BenchRow } from '../documents.ts';

export type Care = 'unguarded' | 'unguarded, with a look' | 'guarded, with a look';

type Doc = Record<string, unknown> & { _id: string };

const seqDigits = 65;
const stored = ['$cdc.time', '$cdc.seq'];

function documentOf({ id, text, time, seq }: BenchRow): Doc {
  return { ...JSON.parse(text), _id: id, cdc: { time: Long.fromNumber(time), seq: seq.padStart(seqDigits, '0') } };
}

function replace(row: BenchRow) {
  return { replaceOne: { filter: { _id: row.id }, replacement: documentOf(row), upsert: true } };
}

function guarded(row: BenchRow) {
  const document = documentOf(row);
  const newer = { $lt: [stored, [Long.fromNumber(row.time), row.seq.padStart(seqDigits, '0')]] };
  return { updateOne: { filter: { _id: row.id }, update: [{ $replaceWith: { $cond: [newer, { $literal: document }, '$$ROOT'] } }], upsert: true } };
}

/** Makes a collection `t`, one of tombstones with one in it, and an empty one of floors. */
export async function byHand(url: string, groups: readonly (readonly BenchRow[])[], care: Care): Promise<Player> {
  const client = await new MongoClient(url).connect();
  const db = client.db();
  const rows = await db.createCollection<Doc>('t');
  const tombstones = await db.createCollection<Doc>('t_dead');
  const floors = await db.createCollection('t_floors');
  await tombstones.insertOne({ _id: 'nobody' });
  const floor = { $unionWith: { coll: floors.collectionName, pipeline: [{ $match: { _id: 't' } }] } };
  return {
    async write(group) {
      const own = groups[group] ?? [];
      const bulk = care === 'guarded, with a look' ? own.map(guarded) : own.map(replace);
      await rows.bulkWrite(bulk, { ordered: false });
      if (care === 'unguarded') return;
      const dead = { $match: { _id: { $in: own.map(({ id }) => id) } } };
      const found = await tombstones.aggregate(care === 'guarded, with a look' ? [dead, floor] : [dead]).toArray();
      if (found.length > 0) throw new Error('Nothing was deleted.');
    },
    close: () => client.close(),
  };
}
