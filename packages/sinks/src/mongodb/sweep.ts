// What goes over whole collections: truncation and sweeping. It lands no group; the order of steps is told in write.ts.
import { compareVersions, type Version } from '@shardfold/changes';
import type { SweepReport } from '../types.ts';
import { remove, update } from './bulk.ts';
import { type Connection, eachPage, found } from './connection.ts';
import { storedDocument } from './documents.ts';
import type { Row } from './encode.ts';
import { idsOf, readFloor } from './graves.ts';
import { bookkeepingField, type CollectionShape, floorsCollection } from './shape.ts';
import { writeSlowly } from './slow-way.ts';
import { flagging, outranked, raising, removal, tombstonesUpTo, versionOf } from './statements.ts';
import { idText } from './values.ts';
import { bury } from './write.ts';

/** Tombstones that a sweep looks at. */
const maxSwept = 10_000;
const maxPerQuery = 1_000;

export interface SweepContext {
  readonly connection: Connection;
  readonly shape: CollectionShape;
  readonly wallMs: () => number;
  readonly signal: AbortSignal;
}

/** Where the sweeps of a table have come to. */
export interface SweepState {
  /** Tombstones from here on come next; undefined: from the beginning. */
  from: Date | undefined;
  /** The floor below which everything was looked through. */
  floor: Version | undefined;
}

/** A row of which only the key matters: the slow way buries what is dead of it. */
function rowToBury(id: unknown): Row {
  return { index: -1, kind: 'delete', id, text: idText(id), version: { time: 0, seq: '0' }, document: {}, size: 0 };
}

function byText(left: Row, right: Row): number {
  return left.text < right.text ? -1 : 1;
}

/** Rows with patches, whatever of them is dead. */
async function buryPatched(context: SweepContext): Promise<number> {
  const { connection, shape, signal } = context;
  let settled = 0;
  await eachPage(connection, { collection: shape.rows, filter: { [`${bookkeepingField}.partial`]: { $exists: true } } }, signal, async (ids) => {
    settled += (await writeSlowly({ ...context, tellsChanges: false }, ids.map(rowToBury).sort(byText))).settled;
  });
  return settled;
}

/** Takes or flags every row at or below the floor. Walks the whole collection. */
async function buryBelow(context: SweepContext, floor: Version): Promise<number> {
  const { connection, shape, signal } = context;
  const bulk = { connection, collection: shape.rows, signal, limit: 'long' as const };
  const condition = outranked(floor, shape.patches);
  const buried = shape.soft ? (await update([flagging(condition, true)], bulk)).modified : (await remove([removal(condition, 0)], bulk)).removed;
  return buried + (shape.patches ? await buryPatched(context) : 0);
}

/** Throws `SinkError`. */
export async function truncateRows(context: SweepContext, before: Version): Promise<void> {
  const { connection, shape, signal } = context;
  const bulk = { connection, collection: floorsCollection, signal, limit: 'long' as const };
  await update([raising(shape.rows, before, { raisedAt: new Date(context.wallMs()) })], bulk);
  await buryBelow(context, before);
  if (!shape.keyless) await remove([tombstonesUpTo(before)], { ...bulk, collection: shape.tombstones });
}

interface Tombstone {
  readonly row: Row;
  readonly version: Version;
  readonly deletedAt: Date;
}

/** The next ones by age, and where to go on: from the last one's moment, or from the beginning after the youngest. */
async function nextTombstones({ connection, shape, signal }: SweepContext, state: SweepState): Promise<Tombstone[]> {
  const filter = state.from === undefined ? {} : { deletedAt: { $gte: state.from } };
  const documents = await found(connection, { collection: shape.tombstones, filter, sort: { deletedAt: 1 }, limit: maxSwept }, signal);
  const tombstones = documents.flatMap(({ _id, time, seq, deletedAt }): Tombstone[] => {
    const version = versionOf(time, seq);
    return version === undefined || !(deletedAt instanceof Date) ? [] : [{ row: rowToBury(_id), version, deletedAt }];
  });
  const last = documents.length < maxSwept ? undefined : tombstones.at(-1)?.deletedAt;
  // More of one moment than a sweep takes: the rest of them waits for a later one, rather than that none goes on.
  state.from = last !== undefined && last.getTime() === state.from?.getTime() ? new Date(last.getTime() + 1) : last;
  return tombstones;
}

async function sweepSome(context: SweepContext, tombstones: readonly Tombstone[]): Promise<SweepReport> {
  const { connection, shape, signal } = context;
  const sorted = [...tombstones].sort((left, right) => byText(left.row, right.row));
  const documents = await found(connection, { collection: shape.rows, filter: idsOf(sorted.map(({ row }) => row)), fields: { [bookkeepingField]: 1 } }, signal);
  const stored = new Map(documents.map((document) => [idText(document._id), storedDocument(document)]));
  const dead = sorted.filter(({ row, version }) => {
    const document = stored.get(row.text);
    return document !== undefined && document.patches.size === 0 && compareVersions(document.version, version) <= 0 && !(shape.soft && document.deleted);
  });
  const patched = sorted.map(({ row }) => row).filter(({ text }) => (stored.get(text)?.patches.size ?? 0) > 0);
  let healed =
    dead.length === 0
      ? 0
      : await bury(
          context,
          dead.map(({ row, version }) => ({ row, dead: version })),
        );
  if (patched.length > 0) healed += (await writeSlowly({ ...context, tellsChanges: false }, patched)).settled;

  const limit = new Date(context.wallMs() - shape.retentionMs);
  const old = sorted.filter(({ row, deletedAt }) => deletedAt <= limit && !(shape.soft && stored.has(row.text)));
  const removals = old.map(({ row }) => removal({ _id: row.id, deletedAt: { $lte: limit } }, 1));
  const { removed } = await remove(removals, { connection, collection: shape.tombstones, signal });
  return { healed, forgotten: removed };
}

/** One bounded round over the tombstones; over the rows too where the floor is one that was not looked below yet. Throws `SinkError`. */
export async function sweepRows(context: SweepContext, state: SweepState): Promise<SweepReport> {
  const report = { healed: 0, forgotten: 0 };
  const floor = await readFloor(context.connection, context.shape, context.signal);
  if (floor !== undefined && (state.floor === undefined || compareVersions(state.floor, floor) < 0)) {
    report.healed += await buryBelow(context, floor);
    state.floor = floor;
  }
  if (context.shape.keyless) return report;
  const tombstones = await nextTombstones(context, state);
  for (let at = 0; at < tombstones.length; at += maxPerQuery) {
    const { healed, forgotten } = await sweepSome(context, tombstones.slice(at, at + maxPerQuery));
    report.healed += healed;
    report.forgotten += forgotten;
  }
  return report;
}
