// What says that a row is dead: the tombstones of a group's keys and the floor of their table. It reads and writes nothing else.
import { compareVersions, type Version } from '@shardfold/changes';
import type { Document } from 'mongodb';
import { type Connection, found, maxPerAnswer } from './connection.ts';
import type { Row } from './encode.ts';
import { type CollectionShape, floorsCollection } from './shape.ts';
import { versionOf } from './statements.ts';
import { idText } from './values.ts';

export interface Graves {
  readonly floor: Version | undefined;
  tombstone(row: Pick<Row, 'text'>): Version | undefined;
  /** The higher of the two. */
  dead(row: Pick<Row, 'text'>): Version | undefined;
}

export async function readFloor(connection: Connection, { rows }: Pick<CollectionShape, 'rows'>, signal: AbortSignal): Promise<Version | undefined> {
  const [floor] = await found(connection, { collection: floorsCollection, filter: { _id: rows } }, signal);
  return floor === undefined ? undefined : versionOf(floor.time, floor.seq);
}

/** `{ _id }` of these rows. */
export function idsOf(rows: readonly Pick<Row, 'id'>[]): { readonly _id: unknown } {
  return { _id: { $in: rows.map(({ id }) => id) } };
}

/** The tombstones first: a truncation raises the floor before it empties them. */
function question(shape: Pick<CollectionShape, 'rows'>, rows: readonly Pick<Row, 'id'>[]): Document[] {
  return [{ $match: idsOf(rows) }, { $unionWith: { coll: floorsCollection, pipeline: [{ $match: { _id: shape.rows } }, { $set: { isFloor: true } }] } }];
}

/** Tombstones and floor as they are now, in one question. Tables without a key have no tombstones. */
export async function readGraves(connection: Connection, shape: CollectionShape, rows: readonly Pick<Row, 'id'>[], signal: AbortSignal): Promise<Graves> {
  const documents = shape.keyless
    ? []
    : await connection.ask(
        (reached) => reached.db.collection(shape.tombstones).aggregate(question(shape, rows), { batchSize: maxPerAnswer, signal: reached.signal }).toArray(),
        signal,
      );
  const above = documents.find(({ isFloor }) => isFloor === true);
  const floor = shape.keyless ? await readFloor(connection, shape, signal) : above && versionOf(above.time, above.seq);
  const tombstones = new Map<string, Version>();
  for (const { _id, time, seq, isFloor } of documents) {
    const version = versionOf(time, seq);
    if (version !== undefined && isFloor !== true) tombstones.set(idText(_id), version);
  }
  const tombstone: Graves['tombstone'] = ({ text }) => (tombstones.size === 0 ? undefined : tombstones.get(text));
  return {
    floor,
    tombstone,
    dead(row) {
      const own = tombstone(row);
      if (own === undefined || floor === undefined) return own ?? floor;
      return compareVersions(own, floor) < 0 ? floor : own;
    },
  };
}
