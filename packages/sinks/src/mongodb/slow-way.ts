// The way of patches, and of rows that have some: read, decide, put the decision in place of what was read, and look again
// until there is nothing left to do. The decision is partial/fold.ts's; the order of steps is told in write.ts.
import { decide, type RowToBe, truncated } from '../partial/fold.ts';
import { isAlready } from '../same-row.ts';
import { SinkError, type SinkRowError } from '../types.ts';
import { type BulkAnswer, remove, update } from './bulk.ts';
import { type Connection, found } from './connection.ts';
import { stands } from './counts.ts';
import { documentOf, type StoredDocument, storedDocument } from './documents.ts';
import type { Row } from './encode.ts';
import { type Graves, idsOf, readGraves } from './graves.ts';
import type { CollectionShape } from './shape.ts';
import { exchange, insertion, type Removal, removal, type Update, unchangedSince } from './statements.ts';
import { idText } from './values.ts';

/** Whole documents are read: a few at a time. */
const maxDocuments = 100;
/** Each pass that changes nothing more was beaten by another writer. */
const maxPasses = 30;

export interface SlowContext {
  readonly connection: Connection;
  readonly shape: CollectionShape;
  readonly tellsChanges: boolean;
  readonly signal: AbortSignal;
}

export interface SlowReport {
  /** Rows by their place in the group; one that is not here brought nothing. */
  readonly outcomes: ReadonlyMap<number, 'applied' | 'unresolved'>;
  readonly faults: ReadonlyMap<number, SinkRowError>;
  /** Rows that were flagged or taken because they were dead. */
  readonly settled: number;
}

/** What is to be done to a key's document, and whether the mutation brought anything. */
type Step = { readonly kind: 'none' } | { readonly kind: 'remove' | 'write'; readonly brought: boolean; readonly row?: RowToBe };

/** Pure. A mutation that brings nothing, and a delete, whose tombstone stands already, only bury what is dead. */
function plan(row: Row, stored: StoredDocument | undefined, graves: Graves, soft: boolean): Step {
  if (row.kind !== 'delete') {
    const key = { row: stored, tombstone: graves.tombstone(row), floor: graves.floor };
    const incoming = row.kind === 'put' ? { kind: row.kind, version: row.version } : { kind: row.kind, version: row.version, names: Object.keys(row.document) };
    const decision = decide(key, incoming, soft);
    if (decision.applied && typeof decision.row === 'object') return { kind: 'write', brought: true, row: decision.row };
  }
  const dead = graves.dead(row);
  if (stored === undefined || dead === undefined) return { kind: 'none' };
  const left = truncated(stored, dead, soft);
  if (left === 'leave' || (typeof left === 'object' && isAlready(stored, left))) return { kind: 'none' };
  return left === 'remove' ? { kind: 'remove', brought: false } : { kind: 'write', brought: false, row: left };
}

async function readDocuments({ connection, shape, signal }: SlowContext, rows: readonly Row[]): Promise<Map<string, StoredDocument>> {
  const documents = await found(connection, { collection: shape.rows, filter: idsOf(rows), asStored: true }, signal);
  return new Map(documents.map((document) => [idText(document._id), storedDocument(document)]));
}

function incomingFields({ document }: Row): Map<string, unknown> {
  const { _id, cdc, ...fields } = document;
  return new Map(Object.entries(fields));
}

interface Planned {
  readonly row: Row;
  readonly update?: Update;
  readonly removal?: Removal;
  readonly brought: boolean;
}

async function planned(context: SlowContext, rows: readonly Row[]): Promise<Planned[]> {
  const stored = await readDocuments(context, rows);
  const graves = await readGraves(context.connection, context.shape, rows, context.signal);
  return rows.flatMap((row): Planned[] => {
    const document = stored.get(row.text);
    const step = plan(row, document, graves, context.shape.soft);
    if (step.kind === 'none') return [];
    if (step.row === undefined) return [{ row, removal: removal(unchangedSince(document?.id, document?.bookkeeping), 1), brought: step.brought }];
    const id = document === undefined ? row.id : document.id;
    const whole = documentOf(id, step.row, document?.fields ?? new Map(), incomingFields(row));
    return [{ row, update: document === undefined ? insertion(id, whole) : exchange(id, document.bookkeeping, whole), brought: step.brought }];
  });
}

function present<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}

interface Sent {
  readonly updates: readonly Planned[];
  readonly answer: BulkAnswer;
  readonly removed: number;
}

async function carryOut(context: SlowContext, steps: readonly Planned[]): Promise<Sent> {
  const bulk = { connection: context.connection, collection: context.shape.rows, signal: context.signal, leaveDuplicates: true };
  const updates = steps.filter((step) => step.update !== undefined);
  const answer = await update(present(updates.map((step) => step.update)), bulk);
  const { removed } = await remove(present(steps.map((step) => step.removal)), bulk);
  return { updates, answer, removed };
}

interface Progress {
  readonly outcomes: Map<number, 'applied' | 'unresolved'>;
  readonly faults: Map<number, SinkRowError>;
  settled: number;
}

/** What one pass did; answers the rows that the server refused. */
function note(sent: Sent, context: SlowContext, progress: Progress): Set<Row> {
  const refused = new Set<Row>();
  progress.settled += sent.removed;
  for (const [index, { row, brought }] of sent.updates.entries()) {
    const fault = sent.answer.faults.get(index);
    if (fault !== undefined) {
      refused.add(row);
      progress.faults.set(row.index, fault);
    } else if (brought) {
      const written = stands(sent.answer, present(sent.updates.map(({ update }) => update)), index, context.tellsChanges);
      if (written !== false) progress.outcomes.set(row.index, written === true ? 'applied' : 'unresolved');
    } else if (context.shape.soft) progress.settled += 1;
  }
  return refused;
}

async function settleSome(context: SlowContext, rows: readonly Row[], progress: Progress): Promise<void> {
  let open = rows;
  for (let pass = 1; open.length > 0; pass += 1) {
    const steps = await planned(context, open);
    if (steps.length === 0) return;
    if (pass > maxPasses) {
      throw new SinkError('SINK_BUSY', `MongoDB: other writers changed the same documents ${maxPasses} times in a row. The write is retried.`, {
        retryable: true,
      });
    }
    const refused = note(await carryOut(context, steps), context, progress);
    // Each is looked at once more: what was written may have been dead already.
    open = steps.map(({ row }) => row).filter((row) => !refused.has(row));
  }
}

/** Distinct rows, sorted. Throws `SinkError`. */
export async function writeSlowly(context: SlowContext, rows: readonly Row[]): Promise<SlowReport> {
  const progress: Progress = { outcomes: new Map(), faults: new Map(), settled: 0 };
  for (let from = 0; from < rows.length; from += maxDocuments) await settleSome(context, rows.slice(from, from + maxDocuments), progress);
  return progress;
}
