// What is stored of some keys: locked first, so that it stays so until the transaction ends. It decides nothing.
import type { Value, Version } from '@shardfold/changes';
import { sql } from 'kysely';
import { newer, type StoredRow } from '../partial/fold.ts';
import { patchesOfText } from '../partial/patches-text.ts';
import { column, type Fragment, list, tableId } from './builder.ts';
import type { Rows, Send, Statement } from './connections.ts';
import { floorTargetColumn } from './ddl.ts';
import { markerTime } from './dialect.ts';
import type { Engine } from './engine.ts';
import { keyIs } from './rows.ts';
import { documentColumn, type TableShape } from './shape.ts';
import type { TableView } from './view.ts';

export interface KeyRecord {
  /** Something stands there, if only for the lock. */
  readonly isThere: boolean;
  readonly row: StoredRow | undefined;
  /** The row's document or extra column, as JSON text. */
  readonly content: string | null;
  readonly tombstone: Version | undefined;
}

export function versionOf(time: unknown, seq: unknown): Version | undefined {
  return time === null || time === undefined ? undefined : { time: Number(time), seq: String(seq) };
}

export function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** What of a row is read beside its key and version: its patches and its text. */
export function contentFragments({ shape, columns, engine }: TableView, alias: string): { readonly partial: Fragment; readonly content: Fragment } {
  const { jsonText } = engine.dialect.bind;
  const text = shape.layout === 'document' ? documentColumn : columns?.layout.hasExtra === true ? shape.names.extra : undefined;
  return {
    partial: shape.patches ? jsonText(column(shape.names.partial, alias)) : sql`null`,
    content: text === undefined ? sql`null` : jsonText(column(text, alias)),
  };
}

function selectKey(view: TableView, key: readonly Value[], at: number): Fragment {
  const { shape, engine } = view;
  const { names } = shape;
  const { partial, content } = contentFragments(view, 'r');
  return sql`select ${sql.lit(at)} as place, ${column(names.time, 'r')} as row_time, ${column(names.seq, 'r')} as row_seq, ${partial} as partial, ${content} as content,
    ${column(names.time, 'd')} as dead_time, ${column(names.seq, 'd')} as dead_seq from (select 1 as one) as o
    left join ${tableId(shape.rows)} as r on ${keyIs(engine, shape.key, key, 'r')}
    left join ${tableId(shape.tombstones)} as d on ${keyIs(engine, shape.key, key, 'd')}`;
}

function selectFloors({ builder }: Engine, { floors, floorNames }: TableShape): Statement {
  return builder.statement(
    sql`select ${column('cdc_time')} as floor_time, ${column('cdc_seq')} as floor_seq from ${tableId(floors)} where ${column(floorTargetColumn)} in (${list(floorNames.map((name) => sql`${name}`))})`,
  );
}

/** Of the spellings of one table's name. */
export function newestFloor(rows: Rows): Version | undefined {
  return rows.map(({ floor_time, floor_seq }) => versionOf(floor_time, floor_seq)).reduce(newer, undefined);
}

function recordOf(found: Readonly<Record<string, unknown>>): KeyRecord {
  const isMarker = String(found.row_time) === markerTime;
  const version = isMarker ? undefined : versionOf(found.row_time, found.row_seq);
  return {
    isThere: isMarker || version !== undefined,
    row: version === undefined ? undefined : { version, patches: patchesOfText(textOrNull(found.partial)) },
    content: isMarker ? null : textOrNull(found.content),
    tombstone: versionOf(found.dead_time, found.dead_seq),
  };
}

function locksFor({ engine, shape, columns }: TableView, keys: readonly (readonly Value[])[], locking: 'keys' | 'table'): readonly Statement[] {
  const { lockKeys, lockTable } = engine.dialect.statements;
  if (locking === 'keys') return lockKeys?.(shape, keys, columns?.layout) ?? [];
  return lockTable === undefined ? [] : [lockTable(shape)];
}

/** Locks the rows of these keys, then reads them, their tombstones and the floor; in the order of `keys`. */
export async function readKeys(
  view: TableView,
  keys: readonly (readonly Value[])[],
  locking: 'keys' | 'table',
  send: Send,
): Promise<{ readonly records: readonly KeyRecord[]; readonly floor: Version | undefined }> {
  const { engine, shape } = view;
  const locks = locksFor(view, keys, locking);
  const { lockingRead } = engine.dialect.statements;
  const selects = keys.map((key, at) => selectKey(view, key, at));
  const read = lockingRead === undefined ? selects : selects.map((one) => sql`(${one} ${sql.raw(lockingRead)})`);
  const select = engine.builder.statement(sql.join(read, sql` union all `));
  const answers = await send([...locks, select, selectFloors(engine, shape)]);
  const [found, floors] = answers.slice(locks.length);
  const records: KeyRecord[] = [];
  for (const row of found?.rows ?? []) records[Number(row.place)] = recordOf(row);
  return { records, floor: newestFloor(floors?.rows ?? []) };
}
