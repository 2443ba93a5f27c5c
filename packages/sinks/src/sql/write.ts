// Writes a group of mutations: columns first where rows ask for them, then the fast way, then the slow way for what it leaves.
// It knows no statement.
import type { Placement } from '../columns/layout.ts';
import { type Landing, land, reportOf, type Tally } from '../land.ts';
import type { Mutation, SinkRowError, WriteReport } from '../types.ts';
import { maxReplans, withFreshColumns } from './check-columns.ts';
import { attributesOf, changesFor } from './columns.ts';
import type { TableChange } from './dialect.ts';
import { ColumnsChanged, type HotRow } from './dialect.ts';
import { againOnDeadlock } from './engine.ts';
import { asSinkError } from './errors.ts';
import { addressFault } from './key.ts';
import { tableText } from './names.ts';
import { type Locking, maxSlowRows, type SlowRow, sendSlow } from './slow.ts';
import type { TableView } from './view.ts';

export interface WritableTable {
  /** As last read. */
  view(): TableView;
  /** Reads the table again. */
  reload(signal: AbortSignal): Promise<void>;
  /** Changes the table, then reads it again. */
  change(changes: readonly TableChange[], signal: AbortSignal): Promise<void>;
  /** Rows that landed in a write which then failed: applied, but never reported. Held weakly: whoever gives them up need not say so. */
  readonly unreported: WeakSet<Mutation>;
  /** The table refuses the rows that stand for locks: a check or a trigger of the user's asks for more than a key. */
  refusesMarkers: boolean;
}

/** What of a group is not done yet, by its place in the group. */
interface Pending {
  readonly mutations: (Mutation | undefined)[];
  size: number;
  /** Rows that were refused when a row stood for their lock: they come again under the lock of the whole table. */
  readonly refused: Set<number>;
}

function done(pending: Pending, index: number): void {
  if (pending.mutations[index] === undefined) return;
  pending.mutations[index] = undefined;
  pending.size -= 1;
}

function reject(pending: Pending, tally: Tally, index: number, error: SinkRowError): void {
  tally.rejected.push({ index, error });
  done(pending, index);
}

function patchFault({ shape, engine }: TableView): SinkRowError {
  const { names, rows } = shape;
  return {
    code: 'PATCH_UNSUPPORTED',
    message: `The change leaves columns out, and the table ${tableText(rows)} has no column ${names.partial} to keep their versions. Add it while no worker writes to the table (${engine.dialect.types.json.ddl}, without a default) and replay, or let the source send whole rows.`,
  };
}

function roomFault({ shape }: TableView): SinkRowError {
  return {
    code: 'NO_ROOM',
    message: `The row has values that fit no column of ${tableText(shape.rows)}, and the server adds no further one, not even ${shape.names.extra}: a row of it would be too long. Make columns smaller (text in place of a long varchar, say) or drop some, start the worker again, and replay.`,
  };
}

type Placed = ReadonlyMap<number, Placement['placed']>;

/** Where each row's values go, once the table has the columns for them. */
async function placeRows(table: WritableTable, pending: Pending, tally: Tally, signal: AbortSignal): Promise<Placed> {
  for (let attempt = 0; attempt < maxReplans; attempt += 1) {
    const { columns, policy, engine, shape } = table.view();
    if (columns === undefined) return new Map();
    const placements = new Map<number, Placement>();
    for (const [index, mutation] of pending.mutations.entries()) {
      if (mutation === undefined || mutation.kind === 'delete') continue;
      const image = mutation.kind === 'patch' ? mutation.columns : mutation.row;
      const placement = columns.placer.place(attributesOf(image.values(), policy));
      if (placement.lacksExtra && columns.refusesExtra) reject(pending, tally, index, roomFault(table.view()));
      else placements.set(index, placement);
    }
    const changes = changesFor([...placements.values()], columns, engine.dialect, shape.names.extra);
    if (changes.length === 0) return new Map([...placements].map(([index, { placed }]) => [index, placed]));
    await table.change(changes, signal);
  }
  throw new ColumnsChanged();
}

/** Whether a refusal may be owed to columns that are not what they were when the statement was made. */
async function isStale({ columns, engine, shape }: TableView, error: unknown, signal: AbortSignal): Promise<boolean> {
  if (columns === undefined || error instanceof ColumnsChanged) return false;
  const sorted = engine.dialect.sortError(error);
  if (sorted.kind === 'sink' && sorted.error.code !== 'SINK_TABLE_MISMATCH') return false;
  const found = await engine.dialect.describeTable(engine.connections, shape.rows, signal);
  return found !== undefined && found.fingerprint !== columns.fingerprint;
}

async function sendFresh<T>(view: TableView, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  try {
    return await againOnDeadlock(view.engine, send);
  } catch (error) {
    throw (await isStale(view, error, signal)) ? new ColumnsChanged() : error;
  }
}

function landingFor<Row extends { readonly index: number }>(
  view: TableView,
  tally: Tally,
  pending: Pending,
  signal: AbortSignal,
  parts: Pick<Landing<Row>, 'limits' | 'sizeOf' | 'send' | 'probe'> & { left?: () => readonly number[]; comesAgain(row: Row): boolean },
): Landing<Row> {
  return {
    limits: parts.limits,
    sizeOf: parts.sizeOf,
    send: (rows) => sendFresh(view, signal, () => parts.send(rows)),
    sort: (error) => view.engine.dialect.sortError(error),
    onLanded(rows, sent) {
      tally.applied += sent.applied;
      tally.unresolved += sent.unresolved;
      const left = parts.left?.() ?? [];
      const stays = left.length === 0 ? undefined : new Set(left);
      for (const { index } of rows) if (stays?.has(index) !== true) done(pending, index);
    },
    onRejected(row, error) {
      if (parts.comesAgain(row)) {
        pending.refused.add(row.index);
        return;
      }
      reject(pending, tally, row.index, error);
    },
    ...(parts.probe === undefined ? {} : { probe: parts.probe }),
  };
}

/** Whether a refusal may be owed to the row that stood for a lock, and the table can be locked without one. */
function mayBeMarkers({ engine }: TableView): boolean {
  const { lockKeys, lockTable } = engine.dialect.statements;
  return lockKeys !== undefined && lockTable !== undefined;
}

/** Lands what can take the fast way; the rest stays pending. */
async function landHot(table: WritableTable, placed: Placed, pending: Pending, tally: Tally, signal: AbortSignal): Promise<void> {
  const view = table.view();
  const { hot } = view;
  if (hot === undefined) return;
  const rows: HotRow[] = [];
  for (const [index, mutation] of pending.mutations.entries()) {
    if (mutation !== undefined && mutation.kind !== 'patch') rows.push(hot.encode(mutation, index, placed.get(index)));
  }
  const isDelete = ({ index }: HotRow): boolean => pending.mutations[index]?.kind === 'delete';
  let left: readonly number[] = [];
  const landing = landingFor<HotRow>(view, tally, pending, signal, {
    limits: hot.limits,
    sizeOf: ({ size }) => size,
    async send(chunk) {
      const later = table.refusesMarkers || pending.refused.size > 0 ? chunk.filter(isDelete) : [];
      const sent = await hot.send(later.length === 0 ? chunk : chunk.filter((row) => !isDelete(row)), signal);
      left = [...sent.left, ...later.map(({ index }) => index)];
      return sent;
    },
    left: () => left,
    comesAgain: (row) => isDelete(row) && mayBeMarkers(view),
    probe: () => hot.send([], signal),
  });
  await land(rows, landing);
}

/** Lands the rest, one transaction for some rows; what is refused only because of its lock stays pending. */
async function landSlow(table: WritableTable, placed: Placed, pending: Pending, tally: Tally, signal: AbortSignal): Promise<void> {
  if (pending.size === 0) return;
  const view = table.view();
  const { hot } = view;
  let locking: Locking = 'keys';
  const rows: SlowRow[] = [];
  for (const [index, mutation] of pending.mutations.entries()) if (mutation !== undefined) rows.push({ index, mutation, placed: placed.get(index) });
  const limits = { maxItems: maxSlowRows, maxSize: hot?.limits.maxSize ?? Number.POSITIVE_INFINITY };
  const landing = landingFor<SlowRow>(view, tally, pending, signal, {
    limits,
    sizeOf: ({ mutation }) => mutation.bytes,
    send(chunk) {
      locking = table.refusesMarkers || pending.refused.size > 0 ? 'table' : 'keys';
      return sendSlow(chunk, view, locking, signal);
    },
    comesAgain: () => locking === 'keys' && mayBeMarkers(view),
    ...(hot === undefined ? {} : { probe: () => hot.send([], signal) }),
  });
  await land(rows, landing);
}

async function landAll(table: WritableTable, placed: Placed, pending: Pending, tally: Tally, signal: AbortSignal): Promise<void> {
  await landHot(table, placed, pending, tally, signal);
  await landSlow(table, placed, pending, tally, signal);
  // A row that was the first to be refused comes again.
  await landSlow(table, placed, pending, tally, signal);
  const isRejected = new Set(tally.rejected.map(({ index }) => index));
  if (pending.refused.size > 0) table.refusesMarkers = [...pending.refused].some((index) => !isRejected.has(index));
}

/** Those of the group that the table can take at all. */
function acceptable(group: readonly Mutation[], view: TableView, tally: Tally): Pending {
  const pending: Pending = { mutations: [...group], size: group.length, refused: new Set() };
  for (const [index, mutation] of group.entries()) {
    const fault =
      addressFault(view.shape.key, mutation, view.engine.dialect.types.holdsKey) ??
      (mutation.kind === 'patch' && !view.shape.patches ? patchFault(view) : undefined);
    if (fault === undefined) continue;
    reject(pending, tally, index, fault);
  }
  return pending;
}

/** What had landed in a write that then failed is superseded when it comes again; it is reported as what it was. */
function settleUnreported({ unreported }: WritableTable, group: readonly Mutation[], tally: Tally): void {
  let owed = 0;
  for (const mutation of group) if (unreported.delete(mutation)) owed += 1;
  const superseded = group.length - tally.rejected.length - tally.applied - tally.unresolved;
  tally.applied += Math.min(owed, superseded);
}

/** Which of the landed rows were applied is not known one by one; it is the number that counts. */
function remember(group: readonly Mutation[], { mutations }: Pending, { unreported }: WritableTable, { applied, rejected }: Tally): void {
  const refused = new Set(rejected.map(({ index }) => index));
  let left = applied;
  for (const [index, mutation] of group.entries()) {
    if (left === 0) return;
    if (mutations[index] !== undefined || refused.has(index) || unreported.has(mutation)) continue;
    unreported.add(mutation);
    left -= 1;
  }
}

/** Throws `SinkError` when the environment is at fault; then the whole group is to be written again. */
export async function writeGroup(group: readonly Mutation[], table: WritableTable, signal: AbortSignal): Promise<WriteReport> {
  const tally: Tally = { applied: 0, unresolved: 0, rejected: [] };
  const pending = acceptable(group, table.view(), tally);
  try {
    await withFreshColumns(
      async () => {
        const placed = await placeRows(table, pending, tally, signal);
        await landAll(table, placed, pending, tally, signal);
      },
      () => table.reload(signal),
    );
  } catch (error) {
    remember(group, pending, table, tally);
    throw asSinkError(table.view().engine.dialect, error);
  }
  settleUnreported(table, group, tally);
  return reportOf(tally, group.length);
}
