// Lands a group of mutations. It makes no document and knows no driver. What keeps the rows right without transactions:
//
// R is the collection of rows, T that of tombstones, F the table's floor. Each step below is atomic for one document, and is
// acknowledged by a majority before the next one is sent; reads ask the primary, and the driver never goes back from a newer
// primary to an older one. A primary that was deposed and does not know it may answer a read from the past; but what it had
// acknowledged by a majority its successor has, so a step that was done through it counts as done before the successor's.
//
//   put V     P1  R[k] becomes the new document if V is above R[k]'s version        delete D   D1  T[k] is raised to D
//             P2  reads T[k] and F                                                             D2  removes R[k] if it is at or below D
//             P3  removes R[k] if it is at or below the higher of the two
//   truncate B    F is raised to B; every row at or below B is removed; then every tombstone at or below B
//
// A removal names the version up to which it removes, so a newer row is never lost: once things are quiet R[k] is the newest
// put or nothing. It is nothing if some D is at or above it: if P2 saw D, P3 removed the row. If P2 did not see D, P2 was
// before D1, so P1 was before D2, and D2 removed it. The same holds for the floor, and a tombstone goes only once the floor
// stands in for it.
// P1 is an insertion, or the guarded upsert where that was refused: of the two, the one that was not refused is the step.
// Who only raised an older row does P2 as well. That the one who made it sees to it is not enough: he may have died, and what is
// replayed is then perhaps one newer put of the same key.
// Until P3 a reader may see a row that was dead when it came. Looking at T before P1 spares that and the write where D is
// known already; it guards nothing.
//
// A crash between two steps leaves what the replay of the group heals: an equal put changes nothing in P1 and still does P2
// and P3, an equal delete raises nothing and still does D2. What is not replayed (a process that was frozen in mid-write long
// enough to be replaced, and then died) the sweep heals: it does D2 again for every tombstone.
//
// Soft deletes: "removes" reads "flags". P1 brings a document without the flag, so P3 and D2 set it again where it is due.
// Patches, and rows that have some: P1, D2 and P3 pass over documents with `cdc.partial`; slow-way.ts takes them, from a read
// to a write that is conditional on what was read, until a pass that reads T and F after its last write finds nothing to do:
// that pass is its P2. What D2 passed over and others changed since, they changed after D1, so they saw D. What P1 passed over
// is known only by its version: every put that is not to be seen afterwards takes the slow way.
import { compareVersions, type Version } from '@shardfold/changes';
import { chunks } from '../chunks.ts';
import { reportOf, type Tally } from '../land.ts';
import { decide, type StoredRow } from '../partial/fold.ts';
import type { Mutation, WriteReport } from '../types.ts';
import { remove, update } from './bulk.ts';
import { type Connection, found } from './connection.ts';
import { changesOf } from './counts.ts';
import { storedDocument } from './documents.ts';
import { byText, encodeMutation, type Row } from './encode.ts';
import { idsOf, readGraves } from './graves.ts';
import { type Habit, landDocuments } from './landing.ts';
import { bookkeepingField, type CollectionShape } from './shape.ts';
import { writeSlowly } from './slow-way.ts';
import { flagging, outranked, raising, removal } from './statements.ts';
import { idText, type ValueWriter } from './values.ts';

/** Of one command, which a server takes up to 16 MiB of: the size is estimated, and text may be thrice as long in bytes. */
const limits = { maxItems: 1_000, maxSize: 4 * 1024 * 1024 };
/** What a document may have beside its own bytes in a command. */
const maxDocumentBytes = 16 * 1024 * 1024 - 16 * 1024;

export interface WriteContext {
  readonly connection: Connection;
  readonly shape: CollectionShape;
  /** The server tells a document that was changed from one that was only found. */
  readonly tellsChanges: boolean;
  /** These two of the table, kept from one group to the next. */
  readonly writer: ValueWriter;
  readonly habit: Habit;
  readonly wallMs: () => number;
  readonly signal: AbortSignal;
}

interface Bury {
  readonly row: Pick<Row, 'id' | 'text'>;
  readonly dead: Version;
}

/** D2 and P3. Answers how many rows went or were flagged. */
export async function bury({ connection, shape, signal }: Pick<WriteContext, 'connection' | 'shape' | 'signal'>, burials: readonly Bury[]): Promise<number> {
  const bulk = { connection, collection: shape.rows, signal };
  const conditions = burials.map(({ row, dead }) => outranked(dead, shape.patches, { _id: row.id }));
  if (!shape.soft)
    return (
      await remove(
        conditions.map((condition) => removal(condition, 1)),
        bulk,
      )
    ).removed;
  return (
    await update(
      conditions.map((condition) => flagging(condition, false)),
      bulk,
    )
  ).modified;
}

function isDead({ version }: Row, dead: Version | undefined): dead is Version {
  return dead !== undefined && compareVersions(version, dead) <= 0;
}

/** What is stored of these rows now, without their fields. */
async function readVersions({ connection, shape, signal }: WriteContext, rows: readonly Row[]): Promise<Map<string, StoredRow>> {
  const documents = await found(connection, { collection: shape.rows, filter: idsOf(rows), fields: { [bookkeepingField]: 1 } }, signal);
  return new Map(documents.map((document) => [idText(document._id), storedDocument(document)]));
}

/**
 * Puts that P1 may have passed over: it is not enough that a document has no patches now, for another put may have taken them
 * away since.
 */
async function passedOver(context: WriteContext, rows: readonly Row[]): Promise<Row[]> {
  if (!context.shape.patches) return [];
  const stored = await readVersions(context, rows);
  return rows.filter((row) => {
    const document = stored.get(row.text);
    return document === undefined || document.patches.size > 0 || compareVersions(document.version, row.version) < 0;
  });
}

/** Rows that have patches: one that had some when D2 passed over it, and has none now, was written by somebody who saw D. */
async function withPatches(context: WriteContext, rows: readonly Row[]): Promise<Row[]> {
  if (!context.shape.patches) return [];
  const stored = await readVersions(context, rows);
  return rows.filter(({ text }) => (stored.get(text)?.patches.size ?? 0) > 0);
}

async function writeSlow(rows: readonly Row[], context: WriteContext, tally: Tally): Promise<void> {
  const { outcomes, faults } = await writeSlowly(context, rows);
  for (const outcome of outcomes.values()) tally[outcome] += 1;
  for (const [index, error] of faults) tally.rejected.push({ index, error });
}

function addChanges(changed: number, rows: number, { tellsChanges }: WriteContext, tally: Tally): void {
  const { applied, unresolved } = changesOf(changed, rows, tellsChanges);
  tally.applied += applied;
  tally.unresolved += unresolved;
}

async function writePuts(rows: readonly Row[], context: WriteContext, tally: Tally): Promise<void> {
  const { connection, shape, signal } = context;
  const { inserted, upserted, modified, faults } = await landDocuments(rows, context);
  for (const [{ index }, error] of faults) tally.rejected.push({ index, error });
  const stored = faults.size === 0 ? rows : rows.filter((row) => !faults.has(row));
  const [graves, slow] = await Promise.all([readGraves(connection, shape, stored, signal), passedOver(context, stored)]);
  const burials: Bury[] = [];
  for (const row of stored) {
    const dead = graves.dead(row);
    if (isDead(row, dead)) burials.push({ row, dead });
  }
  if (burials.length > 0) await bury(context, burials);
  if (slow.length > 0) await writeSlow(slow, context, tally);

  // A put that is dead has brought nothing, unless its content is kept; one that took the slow way is counted there.
  const elsewhere = new Set<unknown>([...slow, ...(shape.soft ? [] : burials.map(({ row }) => row))]);
  const counted = (some: readonly Row[]): number => (elsewhere.size === 0 ? some.length : some.filter((row) => !elsewhere.has(row)).length);
  const own = counted(inserted);
  tally.applied += own;
  addChanges(counted(upserted) + modified, counted(stored) - own, context, tally);
}

async function writeDeletes(rows: readonly Row[], context: WriteContext, tally: Tally): Promise<void> {
  const { connection, shape, signal } = context;
  const [graves, stored] = await Promise.all([readGraves(connection, shape, rows, signal), readVersions(context, rows)]);
  // One that something newer outranks already needs no tombstone, for what outranks it outranks all that it would.
  const news = rows.filter((row) => {
    const key = { row: stored.get(row.text), tombstone: graves.tombstone(row), floor: graves.floor };
    return decide(key, { kind: 'delete', version: row.version }, shape.soft).applied;
  });
  const deletedAt = new Date(context.wallMs());
  const answer = await update(
    news.map(({ id, stamp }) => raising(id, stamp, { deletedAt })),
    { connection, collection: shape.tombstones, signal },
  );
  for (const [index, error] of answer.faults) tally.rejected.push({ index: news[index]?.index ?? index, error });
  const refused = new Set([...answer.faults.keys()].map((index) => news[index]));
  const buried = rows.filter((row) => !refused.has(row));
  await bury(
    context,
    buried.map((row) => ({ row, dead: row.version })),
  );
  const patched = await withPatches(context, buried);
  if (patched.length > 0) await writeSlow(patched, context, tally);
  addChanges(answer.upserted.size + answer.modified, news.length - answer.faults.size, context, tally);
}

/** Deletes and puts are of different keys; each waits for its own steps only. */
async function writeChunk(rows: readonly Row[], context: WriteContext, tally: Tally): Promise<void> {
  const parts = [
    { kind: 'put', write: writePuts },
    { kind: 'delete', write: writeDeletes },
    { kind: 'patch', write: writeSlow },
  ] as const;
  const outcomes = await Promise.allSettled(
    parts.map(async ({ kind, write }) => {
      const own = rows.filter((row) => row.kind === kind);
      if (own.length > 0) await write(own, context, tally);
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Throws `SinkError` when the environment is at fault; what had landed by then counts as superseded when it is written again. */
export async function writeGroup(group: readonly Mutation[], context: WriteContext): Promise<WriteReport> {
  const tally: Tally = { applied: 0, unresolved: 0, rejected: [] };
  if (group.length === 0) return reportOf(tally, 0);
  const rows: Row[] = [];
  for (const [index, mutation] of group.entries()) {
    const row = encodeMutation(mutation, index, context.shape, context.writer);
    if ('error' in row) tally.rejected.push(row);
    else if (row.size > maxDocumentBytes) tally.rejected.push({ index, error: tooLarge(row.size) });
    else rows.push(row);
  }
  rows.sort(byText);
  for (const chunk of chunks(rows, ({ size }) => size, limits)) await writeChunk(chunk, context, tally);
  return reportOf(tally, group.length);
}

function tooLarge(bytes: number): { readonly code: string; readonly message: string } {
  return {
    code: 'TOO_LARGE',
    message: `The row is about ${bytes} bytes of BSON; a document of MongoDB has at most ${maxDocumentBytes}, with what the command adds.`,
  };
}
