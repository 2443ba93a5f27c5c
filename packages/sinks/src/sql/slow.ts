// The slow way of a row: lock it, read what is stored of its key, decide, write, in one transaction. For patches, for rows that
// have patches, and for whatever a dialect has no fast statement for. The decision is `partial/`'s.
import { type TextPolicy, type Value, valueToJson } from '@shardfold/changes';
import { sql } from 'kysely';
import type { PlacedRow } from '../columns/layout.ts';
import type { Sent } from '../land.ts';
import { mergedContent, sourceOf } from '../partial/content.ts';
import { type Decision, decide, type Incoming, type RowToBe } from '../partial/fold.ts';
import { type Members, membersOf, objectText } from '../partial/members.ts';
import { patchesText } from '../partial/patches-text.ts';
import type { Mutation } from '../types.ts';
import type { Fragment } from './builder.ts';
import { checkColumns } from './check-columns.ts';
import { attributesOf } from './columns.ts';
import type { Statement } from './connections.ts';
import { keyParts } from './key.ts';
import { type KeyRecord, readKeys } from './read-keys.ts';
import { deleteRow, insertRow, updateRow } from './rows.ts';
import { deletedAtColumn, documentColumn } from './shape.ts';
import type { TableView } from './view.ts';

export interface SlowRow {
  /** Its place in the caller's group. */
  readonly index: number;
  readonly mutation: Mutation;
  /** Its columns, in layout `columns`. */
  readonly placed: PlacedRow | undefined;
}

/** What a transaction locks before it looks: its rows, absent ones by markers, or the table. */
export type Locking = 'keys' | 'table';

/** How many keys one transaction locks and reads at most. */
export const maxSlowRows = 100;

interface Content {
  /** Layout `document`: the incoming row's members. */
  readonly members: Members;
  /** The names that a patch brings, in either layout. */
  readonly names: readonly string[];
}

const nothing: Content = { members: new Map(), names: [] };

function contentOf({ mutation }: SlowRow, { shape, policy }: TableView): Content {
  if (mutation.kind === 'delete') return nothing;
  const image = mutation.kind === 'patch' ? mutation.columns : mutation.row;
  if (shape.layout === 'columns') return { members: nothing.members, names: attributesOf(image.values(), policy).map(([name]) => name) };
  const members = membersOf(image.json(policy));
  return { members, names: [...members.keys()] };
}

function incomingOf({ kind, version }: Mutation, { names }: Content): Incoming {
  if (kind === 'patch') return { kind, version, names };
  return { kind: kind === 'delete' ? 'delete' : 'put', version };
}

function jsonMembers(values: ReadonlyMap<string, Value>, policy: TextPolicy): Members {
  return new Map([...values].map(([name, value]) => [name, valueToJson(value, policy)]));
}

type Sets = readonly (readonly [column: string, value: Fragment])[];

/** The columns of layout `columns`; those that keep their value are left out. */
function cellSets(row: RowToBe, record: KeyRecord, slow: SlowRow, { columns, engine, shape, policy }: TableView): Sets {
  if (columns === undefined) return [];
  const { placer, layout } = columns;
  const columnNames = (names: RowToBe['kept']): RowToBe['kept'] => (names === 'all' ? names : names.flatMap((name) => placer.columnOf(name)?.name ?? []));
  const choice = { kept: columnNames(row.kept), taken: columnNames(row.taken) };
  const sets: (readonly [string, Fragment])[] = [];
  for (const column of layout.columns) {
    const source = sourceOf(column.name, choice);
    if (!column.writable || (source === 'stored' && record.row !== undefined)) continue;
    const value = source === 'incoming' ? slow.placed?.cells.get(column.name) : undefined;
    sets.push([column.name, value === undefined ? sql`null` : engine.dialect.bind.cell(column, value)]);
  }
  if (layout.hasExtra) {
    const extra = mergedContent(membersOf(record.content ?? ''), jsonMembers(slow.placed?.extra ?? new Map(), policy), row);
    sets.push([shape.names.extra, extra.size === 0 ? sql`null` : engine.dialect.bind.json(objectText(extra))]);
  }
  return sets;
}

function rowSets(row: RowToBe, record: KeyRecord, slow: SlowRow, content: Content, view: TableView): Sets {
  const { shape, engine } = view;
  const { bind } = engine.dialect;
  const { names } = shape;
  const partial = patchesText(row.patches);
  return [
    ...(shape.layout === 'document'
      ? [[documentColumn, bind.json(objectText(mergedContent(membersOf(record.content ?? ''), content.members, row)))] as const]
      : cellSets(row, record, slow, view)),
    [names.time, sql`${row.version.time}`],
    [names.seq, bind.seq(row.version.seq)],
    ...(shape.soft ? [[names.deleted, bind.boolean(row.deleted)] as const] : []),
    ...(shape.patches ? [[names.partial, partial === null ? sql`null` : bind.json(partial)] as const] : []),
  ];
}

/** The statements that carry a decision out. */
function writesFor(decision: Decision, record: KeyRecord, slow: SlowRow, content: Content, view: TableView): Statement[] {
  const { engine, shape } = view;
  const key = keyParts(slow.mutation);
  const writes: Statement[] = [];
  if (decision.row === 'leave' || decision.row === 'remove') {
    // A row that stands only for the lock goes again.
    if (record.isThere && (decision.row === 'remove' || record.row === undefined)) writes.push(deleteRow(engine, shape.rows, shape.key, key));
  } else {
    const sets = rowSets(decision.row, record, slow, content, view);
    writes.push(record.isThere ? updateRow(engine, shape.rows, shape.key, key, sets) : insertRow(engine, shape.rows, shape.key, key, sets));
  }
  if (decision.tombstone !== undefined) {
    const { bind } = engine.dialect;
    const sets: Sets = [
      [shape.names.time, sql`${decision.tombstone.time}`],
      [shape.names.seq, bind.seq(decision.tombstone.seq)],
      [deletedAtColumn, bind.now()],
    ];
    const isThere = record.tombstone !== undefined;
    writes.push(isThere ? updateRow(engine, shape.tombstones, shape.key, key, sets) : insertRow(engine, shape.tombstones, shape.key, key, sets));
  }
  return writes;
}

/** One transaction, at most `maxSlowRows` rows of distinct keys in the group's order. Throws what the server threw, or `ColumnsChanged`. */
export function sendSlow(rows: readonly SlowRow[], view: TableView, locking: Locking, signal: AbortSignal): Promise<Sent> {
  return view.engine.connections.session(async (send) => {
    const keys = rows.map(({ mutation }) => keyParts(mutation));
    const { records, floor } = await readKeys(view, keys, locking, send);
    await checkColumns(view, send);
    const writes: Statement[] = [];
    let applied = 0;
    for (const [at, slow] of rows.entries()) {
      const record = records[at];
      if (record === undefined) throw new TypeError('every key is read');
      const content = contentOf(slow, view);
      const decision = decide({ row: record.row, tombstone: record.tombstone, floor }, incomingOf(slow.mutation, content), view.shape.soft);
      if (decision.applied) applied += 1;
      writes.push(...writesFor(decision, record, slow, content, view));
    }
    if (writes.length > 0) await send(writes);
    return { applied, unresolved: 0 };
  }, signal);
}
