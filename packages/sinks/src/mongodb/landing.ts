// The first step of puts, P1 in write.ts: each document lands unless a newer one is there. Documents that are probably new go as
// insertions, which cost a third of guarded upserts. It asks for no tombstone.
import type { SinkRowError } from '../types.ts';
import { insert, update } from './bulk.ts';
import type { Connection } from './connection.ts';
import type { Row } from './encode.ts';
import type { CollectionShape } from './shape.ts';
import { store } from './statements.ts';

/** What the next puts of a table are likely to be: a guess that decides on the way, and on nothing else. */
export interface Habit {
  mostlyNew: boolean;
}

/** Of those before. Insertions of what is there already are refused one by one and sent again, which is dearer than one upsert. */
const newShare = 0.75;

export interface Landing {
  readonly connection: Connection;
  readonly shape: CollectionShape;
  readonly habit: Habit;
  readonly signal: AbortSignal;
}

export interface Landed {
  /** Rows whose insertion made the document. */
  readonly inserted: readonly Row[];
  /** Of the others, those that upserts made. */
  readonly upserted: readonly Row[];
  /** Of the others, how many documents upserts changed; a server that cannot tell counts those it only found. */
  readonly modified: number;
  readonly faults: ReadonlyMap<Row, SinkRowError>;
}

/** Distinct rows, sorted. Throws `SinkError`. */
export async function landDocuments(rows: readonly Row[], { connection, shape, habit, signal }: Landing): Promise<Landed> {
  const bulk = { connection, collection: shape.rows, signal };
  const documents = rows.map(({ document }) => document);
  const refused = habit.mostlyNew ? await insert(documents, bulk) : new Set(rows.keys());
  const [others, inserted] = parted(rows, refused);
  const answer = await update(
    others.map(({ id, stamp, document }) => store(id, stamp, document, shape.patches)),
    bulk,
  );
  habit.mostlyNew = inserted.length + answer.upserted.size >= newShare * rows.length;
  const faults = new Map<Row, SinkRowError>();
  for (const [index, fault] of answer.faults) {
    const row = others[index];
    if (row !== undefined) faults.set(row, fault);
  }
  return { inserted, upserted: parted(others, answer.upserted)[0], modified: answer.modified, faults };
}

/** Those of the indexes, and the rest. */
function parted(rows: readonly Row[], indexes: ReadonlySet<number>): [readonly Row[], readonly Row[]] {
  if (indexes.size === 0) return [[], rows];
  if (indexes.size === rows.length) return [rows, []];
  return [rows.filter((_, index) => indexes.has(index)), rows.filter((_, index) => !indexes.has(index))];
}
