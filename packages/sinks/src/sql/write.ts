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
import { maxSlowRows, type SlowRow, sendSlow } from './slow.ts';
import type { TableView } from './view.ts';

/** Landed rows of failed writes that are kept in mind; they hold their rows in memory until they are written again. */
const maxUnreported = 50_000;

export interface WritableTable {
  /** As last read. */
  view(): TableView;
  /** Reads the table again. */
  reload(signal: AbortSignal): Promise<void>;
  /** Changes the table, then reads it again. */
  change(changes: readonly TableChange[], signal: AbortSignal): Promise<void>;
  /** Rows that landed in a write which then failed: applied, but never reported. */
  readonly unreported: Set<Mutation>;
}

/** What of a group is not done yet, by its place in the group. */
interface Pending {
  readonly mutations: (Mutation | undefined)[];
  size: number;
}

function done(pending: Pending, index: number): void {
  if (pending.mutations[index] === undefined) return;
  pending.mutations[index] = undefined;
  pending.size -= 1;
}

function patchFault({ shape, engine }: TableView): SinkRowError {
  const { names, rows } = shape;
  return {
    code: 'PATCH_UNSUPPORTED',
    message: `The change leaves columns out, and the table ${tableText(rows)} has no column ${names.partial} to keep their versions. Add it while no worker writes to the table (${engine.dialect.types.json.ddl}, without a default) and replay, or let the source send whole rows.`,
  };
}

type Placed = ReadonlyMap<number, Placement['placed']>;

/** Where each row's values go, once the table has the columns for them. */
async function placeRows(table: WritableTable, { mutations }: Pending, signal: AbortSignal): Promise<Placed> {
  for (let attempt = 0; attempt < maxReplans; attempt += 1) {
    const { columns, policy, engine, shape } = table.view();
    if (columns === undefined) return new Map();
    const placements = new Map<number, Placement>();
    for (const [index, mutation] of mutations.entries()) {
      if (mutation === undefined || mutation.kind === 'delete') continue;
      const image = mutation.kind === 'patch' ? mutation.columns : mutation.row;
      placements.set(index, columns.placer.place(attributesOf(image.values(), policy)));
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
  parts: Pick<Landing<Row>, 'limits' | 'sizeOf' | 'send'> & { left?: () => readonly number[] },
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
    onRejected({ index }, error) {
      tally.rejected.push({ index, error });
      done(pending, index);
    },
  };
}

/** Lands what can take the fast way; the rest stays pending. */
async function landHot(view: TableView, placed: Placed, pending: Pending, tally: Tally, signal: AbortSignal): Promise<void> {
  const { hot } = view;
  if (hot === undefined) return;
  const rows: HotRow[] = [];
  for (const [index, mutation] of pending.mutations.entries()) {
    if (mutation !== undefined && mutation.kind !== 'patch') rows.push(hot.encode(mutation, index, placed.get(index)));
  }
  let left: readonly number[] = [];
  const landing = landingFor<HotRow>(view, tally, pending, signal, {
    limits: hot.limits,
    sizeOf: ({ size }) => size,
    async send(chunk) {
      const sent = await hot.send(chunk, signal);
      left = sent.left;
      return sent;
    },
    left: () => left,
  });
  await land(rows, landing);
}

async function landSlow(view: TableView, placed: Placed, pending: Pending, tally: Tally, signal: AbortSignal): Promise<void> {
  if (pending.size === 0) return;
  const rows: SlowRow[] = [];
  for (const [index, mutation] of pending.mutations.entries()) if (mutation !== undefined) rows.push({ index, mutation, placed: placed.get(index) });
  const limits = { maxItems: maxSlowRows, maxSize: view.hot?.limits.maxSize ?? Number.POSITIVE_INFINITY };
  const landing = landingFor<SlowRow>(view, tally, pending, signal, {
    limits,
    sizeOf: ({ mutation }) => mutation.bytes,
    send: (chunk) => sendSlow(chunk, view, signal),
  });
  await land(rows, landing);
}

/** Those of the group that the table can take at all. */
function acceptable(group: readonly Mutation[], view: TableView, tally: Tally): Pending {
  const pending: Pending = { mutations: [...group], size: group.length };
  for (const [index, mutation] of group.entries()) {
    const fault = addressFault(view.shape.key, mutation) ?? (mutation.kind === 'patch' && !view.shape.patches ? patchFault(view) : undefined);
    if (fault === undefined) continue;
    tally.rejected.push({ index, error: fault });
    done(pending, index);
  }
  return pending;
}

/** What had landed in a write that then failed is superseded when it comes again; it is reported as what it was. */
function settleUnreported({ unreported }: WritableTable, group: readonly Mutation[], tally: Tally): void {
  if (unreported.size === 0) return;
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
    if (left === 0 || unreported.size >= maxUnreported) return;
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
        const placed = await placeRows(table, pending, signal);
        const view = table.view();
        await landHot(view, placed, pending, tally, signal);
        await landSlow(view, placed, pending, tally, signal);
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
