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
  /** Rows, by index, whose insertion made the document. */
  readonly inserted: ReadonlySet<number>;
  /** Of the others, those that upserts made. */
  readonly upserted: ReadonlySet<number>;
  /** Of the others, how many documents upserts changed; a server that cannot tell counts those it only found. */
  readonly modified: number;
  readonly faults: ReadonlyMap<number, SinkRowError>;
}

/** Distinct rows, sorted. Throws `SinkError`. */
export async function landDocuments(rows: readonly Row[], { connection, shape, habit, signal }: Landing): Promise<Landed> {
  const bulk = { connection, collection: shape.rows, signal };
  const documents = rows.map(({ document }) => document);
  const inserted = habit.mostlyNew ? await insert(documents, bulk) : new Set<number>();
  const others = [...rows.entries()].filter(([index]) => !inserted.has(index));
  const answer = await update(
    others.map(([, { id, version, document }]) => store(id, version, document, shape.patches)),
    bulk,
  );
  const indexOf = (other: number): number => others[other]?.[0] ?? -1;
  habit.mostlyNew = inserted.size + answer.upserted.size >= newShare * rows.length;
  return {
    inserted,
    upserted: new Set([...answer.upserted].map(indexOf)),
    modified: answer.modified,
    faults: new Map([...answer.faults].map(([other, fault]) => [indexOf(other), fault])),
  };
}
