// The way of patches, of rows that have some, and of what a floor outranks: read a row, decide, put the decision in the place of
// what was read, and look again until there is nothing left to do. The decision is `partial/`'s; the order of steps is told in
// write.ts.
import { compareVersions, type Version } from '@shardfold/changes';
import { mergedContent, sourceOf } from '../partial/content.ts';
import { type Decision, decide, type Incoming, type RowToBe, truncated } from '../partial/fold.ts';
import { type Members, membersOf, objectText } from '../partial/members.ts';
import { patchesText } from '../partial/patches-text.ts';
import { isAlready } from '../same-row.ts';
import { attributesOf } from '../sql/columns.ts';
import { SinkError, type SinkRowError } from '../types.ts';
import { type Outcome, sendBulk } from './bulk.ts';
import { readFingerprint } from './catalog.ts';
import type { Placement } from './columns.ts';
import { addressOfKey, extraJson, type Row } from './encode.ts';
import { contentColumns, insertStatement, removeStatement, seqText, updateStatement } from './statements.ts';
import { type Reading, readFloor, readStates, type StoredState } from './states.ts';
import type { TableView } from './table-view.ts';

/** Whole rows are read: a few at a time. */
const maxRows = 100;
/** Each pass that changes nothing was beaten by another writer. */
const maxPasses = 50;

/** The table's columns are not those that the rows were placed for: they are read again, and the rows placed again. */
export class ColumnsChanged extends Error {}

export interface SlowContext extends Reading {
  readonly view: TableView;
  readonly nowMs: number;
}

/** Without a mutation only what the floor outranks of the row goes. */
export interface SlowRow {
  readonly key: readonly string[];
  readonly row?: Row;
  readonly placement?: Placement | undefined;
}

export interface SlowReport {
  readonly applied: Set<SlowRow>;
  readonly faults: Map<SlowRow, SinkRowError>;
  /** Rows that went or were flagged because of the floor. */
  readonly buried: Set<SlowRow>;
}

export function newReport(): SlowReport {
  return { applied: new Set(), faults: new Map(), buried: new Set() };
}

interface Incomings {
  readonly names: readonly string[];
  /** Layout `document`: the incoming members; `columns`: those of the extra column. */
  readonly members: Members;
}

function incomingsOf({ row, placement }: SlowRow, { columns, policy }: TableView): Incomings {
  const mutation = row?.mutation;
  if (mutation === undefined || mutation.kind === 'delete') return { names: [], members: new Map() };
  const image = mutation.kind === 'patch' ? mutation.columns : mutation.row;
  if (columns !== undefined) return { names: attributesOf(image.values(), policy).map(([name]) => name), members: placement?.placed.extra ?? new Map() };
  const members = membersOf(image.json(policy));
  return { names: [...members.keys()], members };
}

function incomingOf({ kind, version }: Row, { names }: Incomings): Incoming {
  return kind === 'patch' ? { kind, version, names } : { kind, version };
}

interface Step {
  readonly slow: SlowRow;
  readonly brought: boolean;
  readonly decision: Decision;
}

/** Pure. What is to be done for a row; undefined where all is as it must be. */
function plan(slow: SlowRow, state: StoredState | undefined, floor: Version | undefined, view: TableView, incomings: Incomings): Step | undefined {
  const { soft } = view.shape;
  if (slow.row !== undefined) {
    const decision = decide({ row: state?.row, tombstone: state?.dead, floor }, incomingOf(slow.row, incomings), soft);
    if (decision.applied) return { slow, brought: true, decision };
  }
  if (state?.row === undefined || floor === undefined) return undefined;
  const left = truncated(state.row, floor, soft);
  if (left === 'leave' || (left !== 'remove' && isAlready({ ...state.row, deleted: state.deleted }, left))) return undefined;
  return { slow, brought: false, decision: { applied: false, row: left } };
}

type Sets = readonly (readonly [column: string, json: string])[];

function versionSets([time, seq]: readonly [time: string, seq: string], version: Version | undefined): Sets {
  return [
    [time, version === undefined ? 'null' : String(version.time)],
    [seq, version === undefined ? 'null' : `"${seqText(version.seq)}"`],
  ];
}

function contentSets(row: RowToBe, { slow }: Step, state: StoredState | undefined, { shape, columns }: TableView, { members }: Incomings): Sets {
  const merged = mergedContent(membersOf(state?.content ?? ''), members, row);
  if (columns === undefined) return contentColumns(shape, []).map((name) => [name, objectText(merged)] as const);
  const columnNames = (names: RowToBe['kept']): RowToBe['kept'] =>
    names === 'all' ? names : names.flatMap((name) => columns.placer.columnOf(name)?.name ?? []);
  const choice = { kept: columnNames(row.kept), taken: columnNames(row.taken) };
  const sets: (readonly [string, string])[] = [];
  for (const name of columns.attributes) {
    const source = sourceOf(name, choice);
    if (source === 'stored' && state?.row !== undefined) continue;
    sets.push([name, (source === 'incoming' ? slow.placement?.placed.cells.get(name) : undefined) ?? 'null']);
  }
  return [...sets, [shape.names.extra, extraJson(merged)]];
}

/** The columns of a row that is not there any more, or not yet. */
function emptySets({ shape, columns }: TableView): Sets {
  const { names, patches } = shape;
  return [
    ...contentColumns(shape, columns?.attributes ?? []).map((name) => [name, 'null'] as const),
    ...versionSets([names.time, names.seq], undefined),
    [names.deleted, 'true'],
    ...(patches ? [[names.partial, 'null'] as const] : []),
  ];
}

function rowSets(step: Step, state: StoredState | undefined, view: TableView, incomings: Incomings): Sets {
  const { names, patches } = view.shape;
  const { row } = step.decision;
  if (row === 'remove' || (row === 'leave' && state === undefined)) return emptySets(view);
  if (row === 'leave') return [];
  const partial = patchesText(row.patches);
  return [
    ...contentSets(row, step, state, view, incomings),
    ...versionSets([names.time, names.seq], row.version),
    [names.deleted, String(row.deleted)],
    ...(patches ? [[names.partial, partial === null ? 'null' : JSON.stringify(partial)] as const] : []),
  ];
}

function objectsOf({ shape, columns }: TableView): ReadonlySet<string> {
  const typed = [...(columns?.typeOf ?? [])].filter(([, type]) => type === 'object').map(([name]) => name);
  return new Set([...typed, ...contentColumns(shape, [])]);
}

interface Write {
  readonly step: Step;
  readonly statement: string;
  readonly args: readonly string[];
}

/** The statement that carries a step out, on condition that the row is as it was read. */
function writeFor(step: Step, state: StoredState | undefined, floor: Version | undefined, { view, nowMs }: SlowContext, incomings: Incomings): Write {
  const { shape } = view;
  const { decision, slow } = step;
  const isForgotten = decision.tombstone === undefined && (state?.dead === undefined || (floor !== undefined && compareVersions(state.dead, floor) <= 0));
  if (decision.row === 'remove' && isForgotten && state !== undefined) {
    return { step, statement: removeStatement(shape), args: [...slow.key, ...state.place] };
  }
  const raised: Sets =
    decision.tombstone === undefined ? [] : [...versionSets([shape.dead.time, shape.dead.seq], decision.tombstone), [shape.dead.at, String(nowMs)]];
  const sets = [...rowSets(step, state, view, incomings), ...raised];
  const columns = sets.map(([column]) => column);
  const values = sets.map(([, json]) => json);
  if (state === undefined) return { step, statement: insertStatement(shape, columns), args: [...values, ...slow.key] };
  return { step, statement: updateStatement(shape, columns, objectsOf(view)), args: [...values, ...slow.key, ...state.place] };
}

async function carryOut({ connection, shape, signal }: SlowContext, writes: readonly Write[]): Promise<Map<Write, Outcome>> {
  const outcomes = new Map<Write, Outcome>();
  for (const [statement, some] of Map.groupBy(writes, (write) => write.statement)) {
    const answered = await sendBulk({ connection, table: shape.rows, statement, signal }, some, ({ args }) => args);
    for (const [write, outcome] of answered) outcomes.set(write, outcome);
  }
  return outcomes;
}

/** Between reading the rows and writing them, so that a column which had a value then is known now. */
async function checkColumns({ view, connection, shape, signal }: SlowContext): Promise<void> {
  if (view.columns === undefined) return;
  const fingerprint = await readFingerprint(connection, { schema: shape.schema, name: shape.rowsName }, signal);
  if (fingerprint !== view.columns.fingerprint) throw new ColumnsChanged();
}

async function settleSome(context: SlowContext, rows: readonly SlowRow[], report: SlowReport): Promise<void> {
  let open = rows;
  for (let pass = 1; open.length > 0; pass += 1) {
    const states = await readStates(
      context,
      open.map(({ key }) => key),
    );
    const floor = await readFloor(context);
    await checkColumns(context);
    const writes = open.flatMap((slow): Write[] => {
      const state = states.get(addressOfKey(slow.key));
      const incomings = incomingsOf(slow, context.view);
      const step = plan(slow, state, floor, context.view, incomings);
      return step === undefined ? [] : [writeFor(step, state, floor, context, incomings)];
    });
    if (writes.length === 0) return;
    if (pass > maxPasses) {
      throw new SinkError('SINK_BUSY', `CrateDB: other writers changed the same rows ${maxPasses} times in a row. The write is retried.`, { retryable: true });
    }
    const refused = new Set<SlowRow>();
    for (const [{ step }, outcome] of await carryOut(context, writes)) {
      if (outcome.kind === 'changed') (step.brought ? report.applied : report.buried).add(step.slow);
      if (outcome.kind !== 'refused') continue;
      refused.add(step.slow);
      report.faults.set(step.slow, outcome.error);
    }
    // Each is looked at once more: the floor may have risen before what was written stood.
    open = writes.map(({ step }) => step.slow).filter((slow) => !refused.has(slow));
  }
}

/** Distinct rows. What is done by the time of an error is in the report. Throws `SinkError` and `ColumnsChanged`. */
export async function settle(context: SlowContext, rows: readonly SlowRow[], report: SlowReport): Promise<void> {
  for (let from = 0; from < rows.length; from += maxRows) await settleSome(context, rows.slice(from, from + maxRows), report);
}
