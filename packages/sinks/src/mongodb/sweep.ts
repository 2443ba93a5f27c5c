// What goes over whole collections: truncation and sweeping. It lands no group; the order of steps is told in write.ts.
import { compareVersions, type Version } from '@shardfold/changes';
import type { SweepReport } from '../types.ts';
import { remove, update } from './bulk.ts';
import { type Connection, eachPage, found } from './connection.ts';
import { storedDocument } from './documents.ts';
import { byText, type Row } from './encode.ts';
import { idsOf, readFloor } from './graves.ts';
import { bookkeepingField, type CollectionShape, floorsCollection } from './shape.ts';
import { writeSlowly } from './slow-way.ts';
import { flagging, outranked, raising, removal, stamp, tombstonesUpTo, versionOf } from './statements.ts';
import { idText } from './values.ts';
import { bury } from './write.ts';

/** How many tombstones one sweep looks at. */
export interface SweepLimits {
  /** Of those set since the sweep before, the youngest first: deletes are healed soon, however many older tombstones there are. */
  readonly fresh: number;
  /** Of the others, by age: a row may come under any of them, and they are to be forgotten. */
  readonly older: number;
}

const sweepLimits: SweepLimits = { fresh: 10_000, older: 10_000 };
/** The clocks of other writers, which set tombstones too, are this far behind at most. */
const clockSkewMs = 60_000;
const maxPerQuery = 1_000;

export interface SweepContext {
  readonly connection: Connection;
  readonly shape: CollectionShape;
  readonly wallMs: () => number;
  readonly signal: AbortSignal;
}

/** Where the sweeps of a table have come to. */
export interface SweepState {
  /** Tombstones from here on were set since; undefined: nobody knows, so any may be. */
  since: Date | undefined;
  /** Of the older ones, those from here on come next; undefined: from the beginning. */
  from: Date | undefined;
  /** The floor below which everything was looked through. */
  floor: Version | undefined;
}

/** A row of which only the key matters: the slow way buries what is dead of it. */
function rowToBury(id: unknown): Row {
  const version = { time: 0, seq: '0' };
  return { index: -1, kind: 'delete', id, text: idText(id), version, stamp: stamp(version), document: {}, size: 0 };
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
  await update([raising(shape.rows, stamp(before), { raisedAt: new Date(context.wallMs()) })], bulk);
  await buryBelow(context, before);
  if (!shape.keyless) await remove([tombstonesUpTo(before)], { ...bulk, collection: shape.tombstones });
}

interface Tombstone {
  readonly row: Row;
  readonly version: Version;
  readonly deletedAt: Date;
}

interface Span {
  readonly $gte?: Date;
  readonly $lt?: Date;
}

interface Portion {
  readonly tombstones: readonly Tombstone[];
  readonly isLast: boolean;
}

async function readTombstones({ connection, shape, signal }: SweepContext, span: Span, order: 1 | -1, limit: number): Promise<Portion> {
  // Compared with a date, whatever is none is passed over.
  const filter = { deletedAt: { $gte: new Date(0), ...span } };
  const documents = await found(connection, { collection: shape.tombstones, filter, sort: { deletedAt: order }, limit }, signal);
  const tombstones = documents.flatMap(({ _id, time, seq, deletedAt }): Tombstone[] => {
    const version = versionOf(time, seq);
    return version === undefined ? [] : [{ row: rowToBury(_id), version, deletedAt }];
  });
  return { tombstones, isLast: documents.length < limit };
}

/** The next ones below that moment by age, and where to go on: from the last one's moment, or from the beginning after the youngest. */
async function nextOlder(context: SweepContext, state: SweepState, below: Date | undefined, limit: number): Promise<readonly Tombstone[]> {
  const span = { ...(state.from === undefined ? {} : { $gte: state.from }), ...(below === undefined ? {} : { $lt: below }) };
  const { tombstones, isLast } = await readTombstones(context, span, 1, limit);
  const last = isLast ? undefined : tombstones.at(-1)?.deletedAt;
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
export async function sweepRows(context: SweepContext, state: SweepState, limits = sweepLimits): Promise<SweepReport> {
  const report = { healed: 0, forgotten: 0 };
  const floor = await readFloor(context.connection, context.shape, context.signal);
  if (floor !== undefined && (state.floor === undefined || compareVersions(state.floor, floor) < 0)) {
    report.healed += await buryBelow(context, floor);
    state.floor = floor;
  }
  if (context.shape.keyless) return report;
  const sweep = async (tombstones: readonly Tombstone[]): Promise<void> => {
    for (let at = 0; at < tombstones.length; at += maxPerQuery) {
      const { healed, forgotten } = await sweepSome(context, tombstones.slice(at, at + maxPerQuery));
      report.healed += healed;
      report.forgotten += forgotten;
    }
  };
  const startMs = context.wallMs();
  const { tombstones: fresh } = await readTombstones(context, state.since === undefined ? {} : { $gte: state.since }, -1, limits.fresh);
  await sweep(fresh);
  state.since = new Date(startMs - clockSkewMs);
  await sweep(await nextOlder(context, state, fresh.at(-1)?.deletedAt, limits.older));
  return { ...report, ...(state.from === undefined ? {} : { more: true }) };
}
