// Lands a group of mutations. It makes no statement and knows no transport.
//
// Why HTTP: of a statement for many rows the PostgreSQL wire tells how many were stored, not which, and says nothing of why; over
// HTTP bulk arguments have an answer for each row. It is the faster way too, and takes JSON as it is.
//
// What keeps rows right without transactions. A key has one row R, which holds the newest whole row's version, the newest
// delete's, and the content. A put or a delete is one upsert whose guards look at R alone: that step is atomic. A row that has
// patches makes that upsert fail; slow.ts takes it: it reads R with its place in the shard's history (_seq_no, _primary_term),
// decides, and writes on condition that the place is still the same. So whatever concerns one key is exact, in any order.
//
// The floor F of a table is another row, in another table:
//
//   put V        P1  R is written                      truncate B   T1  F is raised to B
//                P2  F is read, by its key                          T2  the table is refreshed
//                P3  if V <= F: what F outranks of R goes           T3  every row at or below B goes, on condition that it is
//                                                                       as it was found; again from T2 until none is left
//
// A row at or below B does not stay: if P2 saw B, P3 takes it. If not, P2 was before T1 was done, so P1 was before T2, and T3
// finds it. P3 and T3 name what they read of R, so something newer is never lost. Tombstones at or below B may go in T3: a put
// that they would have stopped is at or below B itself. A crash between P1 and P3 leaves what the replay of the group heals
// (it writes or leaves R and does P2 and P3 again), or, if nobody replays it, the next sweep, which is T2 and T3 for F.
// Until P3 a reader may see a row that was dead when it came. What is known of F before P1 spares most of that.
//
// Columns (layout `columns`) come while others write. A put by somebody who does not know column x leaves x as it stands in R.
// So after P1 the columns are read, and if some have come since the put was made, it is made anew and sent again; its guard is
// `>=`, so that it may replace itself, and so that a replay after a crash does so too.
import { compareVersions, type Version } from '@shardfold/changes';
import { reportOf, type Tally } from '../land.ts';
import { type Mutation, SinkError, type WriteReport } from '../types.ts';
import type { Outcome } from './bulk.ts';
import { readFingerprint } from './catalog.ts';
import { additionsFor, type Placement, place } from './columns.ts';
import type { Connection } from './connection.ts';
import { deleteArgs, encodeMutation, putArgs, type Row } from './encode.ts';
import { isUnknownColumn } from './errors.ts';
import { type Pace, sendGuarded } from './guarded.ts';
import { ColumnsChanged, newReport, type SlowRow, settle } from './slow.ts';
import { readFloor } from './states.ts';
import type { TableView } from './table-view.ts';

/** How often a table's columns may change under one group before it is given back. */
const maxColumnRounds = 40;

export interface WritableTable {
  view(): TableView;
  /** Reads the columns again. */
  reload(signal: AbortSignal): Promise<void>;
  /** Adds columns, and reads all of them again. */
  add(additions: readonly (readonly [name: string, type: string])[], signal: AbortSignal): Promise<void>;
  /** The highest floor seen so far; it only rises. */
  floor: Version | undefined;
  readonly pace: Pace;
}

export interface WriteContext {
  readonly connection: Connection;
  readonly table: WritableTable;
  readonly wallMs: () => number;
  readonly signal: AbortSignal;
}

type Placements = ReadonlyMap<Row, Placement>;

/** Places rows, and adds the columns that they ask for until none is missing. */
async function placed({ table, signal }: WriteContext, rows: readonly Row[]): Promise<Placements> {
  for (let round = 0; ; round += 1) {
    const { columns, policy } = table.view();
    const placements = new Map<Row, Placement>();
    if (columns === undefined) return placements;
    for (const row of rows) {
      const { mutation } = row;
      if (mutation.kind === 'delete') continue;
      const image = mutation.kind === 'patch' ? mutation.columns : mutation.row;
      placements.set(row, place(columns, image.values(), policy));
    }
    const additions = additionsFor(placements.values(), columns);
    if (additions.length === 0) return placements;
    if (round === maxColumnRounds) throw changedTooOften();
    await table.add(additions, signal);
  }
}

function changedTooOften(): SinkError {
  return new SinkError('SINK_BUSY', `CrateDB: the table's columns changed ${maxColumnRounds} times under one write. The write is retried.`, {
    retryable: true,
  });
}

/** What became of rows, for those that did not simply change. */
async function sendHot({ connection, table, wallMs, signal }: WriteContext, rows: readonly Row[], placements: Placements): Promise<Map<Row, Outcome>> {
  const view = table.view();
  const { shape } = view;
  const bulk = { connection, table: shape.rows, signal, pace: table.pace };
  const nowMs = wallMs();
  const kinds = [
    { kind: 'put', guarded: view.put, argsOf: (row: Row) => putArgs(row, view, placements.get(row)) },
    { kind: 'delete', guarded: view.remove, argsOf: (row: Row) => deleteArgs(row, nowMs) },
  ] as const;
  const answers = await Promise.allSettled(
    kinds.map(({ kind, guarded, argsOf }) =>
      sendGuarded(
        { ...bulk, guarded },
        rows.filter((row) => row.kind === kind),
        argsOf,
      ),
    ),
  );
  const outcomes = new Map<Row, Outcome>();
  for (const answer of answers) {
    if (answer.status === 'rejected') throw answer.reason;
    for (const [row, outcome] of answer.value) outcomes.set(row, outcome);
  }
  // An upsert that was carried out changes one row, also where its guard kept everything: a row that did not change is lost.
  if ([...outcomes.values()].every(({ kind }) => kind === 'changed' || kind === 'refused')) return outcomes;
  throw new SinkError(
    'SINK_BUSY',
    'CrateDB: rows were not stored, and nothing is wrong with them. The write is retried. Look whether a node stops or starts.',
    {
      retryable: true,
    },
  );
}

/** Whether the columns are still those that the rows were placed for. */
async function areSame({ connection, table, signal }: WriteContext): Promise<boolean> {
  const { shape, columns } = table.view();
  if (columns === undefined) return true;
  return (await readFingerprint(connection, { schema: shape.schema, name: shape.rowsName }, signal)) === columns.fingerprint;
}

/** Sends the hot rows until the columns stood still while they were written. */
async function writeHot(context: WriteContext, rows: readonly Row[]): Promise<Map<Row, Outcome>> {
  for (let round = 0; round < maxColumnRounds; round += 1) {
    const placements = await placed(context, rows);
    try {
      const outcomes = await sendHot(context, rows, placements);
      if (await areSame(context)) return outcomes;
    } catch (error) {
      if (context.table.view().columns === undefined || !isUnknownColumn(error)) throw error;
    }
    await context.table.reload(context.signal);
  }
  throw changedTooOften();
}

/** Runs rows through the slow way, placed anew whenever the columns change. */
async function writeSlow(context: WriteContext, rows: readonly Row[], buried: readonly Row[], tally: Tally): Promise<void> {
  const { connection, table, wallMs, signal } = context;
  const report = newReport();
  for (let round = 0; ; round += 1) {
    const placements = await placed(context, rows);
    const view = table.view();
    const items = [...rows.map((row): SlowRow => ({ key: row.key, row, placement: placements.get(row) })), ...buried.map(({ key }): SlowRow => ({ key }))];
    try {
      await settle({ connection, shape: view.shape, view, signal, nowMs: wallMs() }, items, report);
      break;
    } catch (error) {
      if (!(error instanceof ColumnsChanged) && !isUnknownColumn(error)) throw error;
      if (round === maxColumnRounds) throw changedTooOften();
      await table.reload(signal);
    }
  }
  tally.applied += new Set([...report.applied].map(({ row }) => row)).size;
  const faults = new Map([...report.faults].map(([{ row }, error]) => [row?.index, error]));
  for (const [index, error] of faults) if (index !== undefined) tally.rejected.push({ index, error });
}

function isAtOrBelow({ version }: Row, floor: Version | undefined): boolean {
  return floor !== undefined && compareVersions(version, floor) <= 0;
}

async function writeRows(context: WriteContext, all: readonly Row[], tally: Tally): Promise<void> {
  const { connection, table, signal } = context;
  const { shape } = table.view();
  // A row below the floor brings nothing, unless its content is kept.
  const rows = all.filter((row) => !isAtOrBelow(row, table.floor) || (shape.soft && row.kind !== 'delete'));
  const hot = rows.filter(({ kind }) => kind !== 'patch');
  const outcomes = hot.length === 0 ? new Map<Row, Outcome>() : await writeHot(context, hot);
  const slow = rows.filter(({ kind }) => kind === 'patch');
  tally.unresolved += hot.length;
  for (const [row, outcome] of outcomes) {
    if (outcome.kind !== 'refused') continue;
    tally.unresolved -= 1;
    if (shape.patches) slow.push(row);
    else tally.rejected.push({ index: row.index, error: outcome.error });
  }
  const floor = rows.length === 0 ? undefined : await readFloor({ connection, shape, signal });
  if (floor !== undefined && (table.floor === undefined || compareVersions(table.floor, floor) < 0)) table.floor = floor;
  const own = new Set(slow);
  const buried = hot.filter((row) => row.kind === 'put' && !own.has(row) && isAtOrBelow(row, floor));
  if (slow.length + buried.length > 0) await writeSlow(context, slow, buried, tally);
}

/** Throws `SinkError` when the environment is at fault; what had landed by then counts as superseded or unresolved later. */
export async function writeGroup(group: readonly Mutation[], context: WriteContext): Promise<WriteReport> {
  const tally: Tally = { applied: 0, unresolved: 0, rejected: [] };
  const rows: Row[] = [];
  const { shape } = context.table.view();
  for (const [index, mutation] of group.entries()) {
    const row = encodeMutation(mutation, index, shape);
    if ('error' in row) tally.rejected.push(row);
    else rows.push(row);
  }
  await writeRows(context, rows, tally);
  return reportOf(tally, group.length);
}
