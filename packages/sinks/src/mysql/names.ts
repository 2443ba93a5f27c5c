// Names as MySQL and MariaDB take them. It knows no table in particular.
import type { NameRules } from '../columns/names.ts';
import type { TableName } from '../sql/names.ts';

/** Identifiers end at U+FFFF; İ is i to the server and two characters to JavaScript. */
const unfit = /[\u{10000}-\u{10ffff}İ]| $/u;

export const mysqlNames: NameRules = {
  maxLength: 64,
  unit: 'characters',
  ignoresCase: true,
  allows: (name) => !unfit.test(name),
};

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function quotedTable({ schema, table }: TableName): string {
  return schema === undefined ? quoted(table) : `${quoted(schema)}.${quoted(table)}`;
}

/** Text as a literal that every `sql_mode` reads alike. */
export function literal(text: string): string {
  return text === '' ? "''" : `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`;
}
