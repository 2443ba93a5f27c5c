// Keys, with or without versions, as rows that a statement reads from one JSON parameter: one prepared statement for any number of
// them, which finds each by its primary key and locks nothing beside. It knows no table's name.
import type { Value } from '@shardfold/changes';
import type { KeyColumn } from '../sql/shape.ts';
import type { Flavor } from './flavor.ts';
import { quoted } from './names.ts';
import { keyType } from './types.ts';
import { keyParameter, type Parameter } from './values.ts';

function part(column: KeyColumn, value: Value): string {
  const parameter: Parameter = keyParameter(column, value);
  return parameter instanceof Buffer ? `"${parameter.toString('base64')}"` : JSON.stringify(parameter);
}

/** `"a","b"`: the parts of a key, without brackets. */
export function keyJson(key: readonly KeyColumn[], values: readonly Value[]): string {
  return key.map((column, index) => part(column, values[index] ?? null)).join(',');
}

/** The parameter: `keys` as `keyJson` gives them, each possibly with more behind it. */
export function jsonRows(keys: readonly string[]): string {
  return `[${keys.map((key) => `[${key}]`).join(',')}]`;
}

const maxBase64Length = 4_096;

/** How a part comes out of JSON, and what makes the column's own type of it. */
function field({ type, declared }: KeyColumn, own: string, flavor: Flavor, name: string): { readonly type: string; readonly expression: string } {
  if (type === 'binary') return { type: `varchar(${maxBase64Length}) character set ascii collate ascii_bin`, expression: `from_base64(${name})` };
  if (declared?.startsWith('varbinary') === true) {
    return { type: `varchar(${maxBase64Length}) character set utf8mb4 collate ${flavor.collation}`, expression: `cast(${name} as binary)` };
  }
  return { type: own, expression: name };
}

export interface JsonRows {
  /** The table `x`, to stand in FROM; `place` from 1, and where asked for the version `t`, `s`. */
  readonly table: string;
  /** The key's values in the columns' own types. */
  readonly values: readonly string[];
  /** The condition that a table's row, by its alias, has the key. */
  same(alias: string): string;
}

export function readJsonRows(flavor: Flavor, key: readonly KeyColumn[], versions: boolean): JsonRows {
  const fields = key.map((column, at) => field(column, column.declared ?? keyType(flavor, key, at), flavor, `x.k${at}`));
  const columns = fields.map(({ type }, at) => `k${at} ${type} PATH '$[${at}]'`);
  const version = versions ? [`t bigint PATH '$[${key.length}]'`, `s decimal(65,0) PATH '$[${key.length + 1}]'`] : [];
  return {
    table: `JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY, ${[...columns, ...version].join(', ')})) AS x`,
    values: fields.map(({ expression }) => expression),
    same: (alias) => key.map(({ name }, at) => `${alias}.${quoted(name)} = ${fields[at]?.expression}`).join(' AND '),
  };
}
