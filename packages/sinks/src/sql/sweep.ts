// One bounded round of sweeping, as statements: rows that a tombstone outranks, and tombstones past their retention. It runs nothing.
import { sql } from 'kysely';
import { allOf, column, type Fragment, list, tableId } from './builder.ts';
import type { Statement } from './connections.ts';
import type { Engine } from './engine.ts';
import { deletedAtColumn, type TableShape } from './shape.ts';

/** A sweep takes at most this many rows, so that it never holds a writer up for long. */
const maxSweptRows = 10_000;

function keys({ key }: TableShape, alias?: string): Fragment {
  return list(key.map(({ name }) => column(name, alias)));
}

/** Columns of the table that a statement changes go by its bare name: it has no alias there. */
function sameKey({ key }: TableShape, left: string, right: string): Fragment {
  return allOf(key.map(({ name }) => sql`${column(name, left)} = ${column(name, right)}`));
}

function outranked({ names }: TableShape, row: string, tombstone: string): Fragment {
  return sql`(${column(names.time, tombstone)}, ${column(names.seq, tombstone)}) >= (${column(names.time, row)}, ${column(names.seq, row)})`;
}

/** Through a derived table: some servers take no LIMIT right inside IN, nor the table that is being changed. */
function amongFirst(keyList: Fragment, query: Fragment): Fragment {
  return sql`(${keyList}) in (select * from (${query} limit ${sql.lit(maxSweptRows)}) as chosen)`;
}

export function healing({ dialect, builder }: Engine, shape: TableShape): Statement {
  if (dialect.statements.heal !== undefined) return dialect.statements.heal(shape, maxSweptRows);
  const { names, soft, patches, rows, tombstones } = shape;
  /** Further conditions on a row that is to be healed. */
  const stale = (alias: string): Fragment => {
    const whole = patches ? sql` and ${column(names.partial, alias)} is null` : sql``;
    return soft ? sql`${whole} and ${column(names.deleted, alias)} = ${dialect.bind.boolean(false)}` : whole;
  };
  const chosen = sql`select ${keys(shape, 't')} from ${tableId(rows)} as t join ${tableId(tombstones)} as d on ${sameKey(shape, 'd', 't')} where ${outranked(shape, 't', 'd')}${stale('t')}`;
  // Asked again of the row as it is when its turn comes: a newer one may have taken its place.
  const still = sql`exists (select 1 from ${tableId(tombstones)} as d where ${sameKey(shape, 'd', rows.table)} and ${outranked(shape, rows.table, 'd')})`;
  const condition = sql`${amongFirst(keys(shape), chosen)}${stale(rows.table)} and ${still}`;
  return builder.statement(
    soft
      ? sql`update ${tableId(rows)} set ${column(names.deleted)} = ${dialect.bind.boolean(true)} where ${condition}`
      : sql`delete from ${tableId(rows)} where ${condition}`,
  );
}

export function forgetting({ dialect, builder }: Engine, shape: TableShape, retentionMs: number): Statement {
  if (dialect.statements.forget !== undefined) return dialect.statements.forget(shape, retentionMs, maxSweptRows);
  const { soft, rows, tombstones } = shape;
  const old = (alias: string): Fragment => sql`${column(deletedAtColumn, alias)} <= ${dialect.bind.ago(retentionMs)}`;
  const without = sql`not exists (select 1 from ${tableId(rows)} as t where ${sameKey(shape, 't', 'd')})`;
  const chosen = sql`select ${keys(shape, 'd')} from ${tableId(tombstones)} as d where ${old('d')}${soft ? sql` and ${without}` : sql``}`;
  return builder.statement(sql`delete from ${tableId(tombstones)} where ${amongFirst(keys(shape), chosen)} and ${old(tombstones.table)}`);
}
