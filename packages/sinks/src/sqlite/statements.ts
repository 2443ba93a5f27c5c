// The statements of the fast way, as text: one row at a time, inside a transaction that keeps every other writer out. What is
// said when is the thread's. It knows the shape of a table and nothing of connections.
//   a put    unless a tombstone or the floor outranks it (with soft deletes it then comes in flagged), `store`.
//   a delete unless the floor outranks it, `outrank`; where nothing newer stands then, `bury`.
import { deletedAtColumn, documentColumn, type TableShape } from '../sql/shape.ts';
import { literal, quoted, quotedTable } from './names.ts';
import type { HotTexts } from './thread/protocol.ts';
import { nowText } from './types.ts';

/** The columns that hold the row, by layout, in the order of its parameters. */
export function contentNames({ layout, names }: TableShape, columns: readonly { readonly name: string }[], hasExtra: boolean): string[] {
  if (layout === 'document') return [documentColumn];
  return [...(hasExtra ? [names.extra] : []), ...columns.map(({ name }) => name)];
}

function keyNames({ key }: TableShape): string {
  return key.map(({ name }) => quoted(name)).join(', ');
}

/** One parameter a part. */
function keyIs({ key }: TableShape): string {
  return key.map(({ name }) => `${quoted(name)} = ?`).join(' AND ');
}

function versionNames({ names }: TableShape, alias?: string): string {
  const prefix = alias === undefined ? '' : `${alias}.`;
  return `${prefix}${quoted(names.time)}, ${prefix}${quoted(names.seq)}`;
}

/** The guard that keeps rows with patches for the slow way. */
function unpatched({ patches, names }: TableShape, alias?: string): string {
  return patches ? ` AND ${alias === undefined ? '' : `${alias}.`}${quoted(names.partial)} IS NULL` : '';
}

function assigned(names: readonly string[]): string {
  return names.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ');
}

function storeText(shape: TableShape, content: readonly string[]): string {
  const { rows, key, names, soft } = shape;
  const changing = [names.time, names.seq, ...content, ...(soft ? [names.deleted] : [])];
  const all = [...key.map(({ name }) => name), ...changing];
  return (
    `INSERT INTO ${quotedTable(rows)} AS t (${all.map(quoted).join(', ')}) VALUES (${all.map(() => '?').join(', ')}) ` +
    `ON CONFLICT (${keyNames(shape)}) DO UPDATE SET ${assigned(changing)} ` +
    `WHERE (${versionNames(shape, 't')}) < (${versionNames(shape, 'excluded')})${unpatched(shape, 't')}`
  );
}

function buryText(shape: TableShape): string {
  const { tombstones, key, names } = shape;
  const own = [...key.map(({ name }) => name), names.time, names.seq];
  return (
    `INSERT INTO ${quotedTable(tombstones)} AS d (${[...own, deletedAtColumn].map(quoted).join(', ')}) VALUES (${own.map(() => '?').join(', ')}, ${nowText}) ` +
    `ON CONFLICT (${keyNames(shape)}) DO UPDATE SET ${assigned([names.time, names.seq, deletedAtColumn])} ` +
    `WHERE (${versionNames(shape, 'd')}) < (${versionNames(shape, 'excluded')})`
  );
}

function outrankText(shape: TableShape): string {
  const { rows, names, soft } = shape;
  const condition = `${keyIs(shape)} AND (${versionNames(shape)}) <= (?, ?)${unpatched(shape)}`;
  return soft
    ? `UPDATE ${quotedTable(rows)} SET ${quoted(names.deleted)} = 1 WHERE ${condition} AND ${quoted(names.deleted)} = 0`
    : `DELETE FROM ${quotedTable(rows)} WHERE ${condition}`;
}

export function hotTexts(shape: TableShape, content: readonly string[]): HotTexts {
  const { rows, tombstones, floors, floorName, floorNames, names, patches } = shape;
  const olderNames = floorNames.filter((name) => name !== floorName).map(literal);
  const patched = `${quoted(names.partial)} IS NOT NULL`;
  return {
    floor: `SELECT cdc_time AS floor_time, cdc_seq AS floor_seq FROM ${quotedTable(floors)} WHERE target IN (${['?', ...olderNames].join(', ')}) ORDER BY cdc_time DESC, cdc_seq DESC LIMIT 1`,
    anyTombstone: `SELECT 1 FROM ${quotedTable(tombstones)} LIMIT 1`,
    tombstone: `SELECT 1 FROM ${quotedTable(tombstones)} WHERE ${keyIs(shape)} AND (${versionNames(shape)}) >= (?, ?)`,
    store: storeText(shape, content),
    patched: patches ? `SELECT 1 FROM ${quotedTable(rows)} WHERE ${keyIs(shape)} AND ${patched}` : undefined,
    outrank: outrankText(shape),
    standing: `SELECT 1 FROM ${quotedTable(rows)} WHERE ${keyIs(shape)} AND ((${versionNames(shape)}) > (?, ?)${patches ? ` OR ${patched}` : ''})`,
    bury: buryText(shape),
  };
}
