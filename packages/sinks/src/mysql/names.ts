// Names as MySQL and MariaDB take them. It knows no table in particular.
import type { NameRules } from '../columns/names.ts';
import type { TableName } from '../sql/names.ts';

const serverSchemas = new Set(['mysql', 'sys', 'information_schema', 'performance_schema']);
/** Names end at U+FFFF and never in a space; such beginnings mean files and tables that the server drops when it starts. */
const unfitForTables = /[\u{10000}-\u{10ffff}]| $|^#(?:sql|mysql50#)/iu;

/** Identifiers end at U+FFFF; İ is i to the server and two characters to JavaScript. */
const unfit = /[\u{10000}-\u{10ffff}İ]| $/u;

/** A table is a file of its name, which a file system takes 255 bytes of, with `.ibd` at its end. */
const maxFileBytes = 251;

export const mysqlNames: NameRules = {
  maxLength: 64,
  unit: 'characters',
  tables: { maxLength: maxFileBytes, unit: 'file bytes' },
  ignoresCase: true,
  allows: (name) => !unfit.test(name),
  tableProblem(table, schema) {
    if ([table, schema ?? ''].some((name) => unfitForTables.test(name))) return 'has a character or a beginning that the server takes in no name of a table';
    return schema !== undefined && serverSchemas.has(schema.toLowerCase()) ? `names the schema "${schema}" of the server` : undefined;
  },
};

/** İ is i to the server and two characters to JavaScript; a sigma at the end of a word stays another letter in a table's name. */
function foldedTable(name: string): string {
  return Array.from(name, (character) => (character === 'İ' ? 'i' : character.toLowerCase())).join('');
}

/** `ignoresTableCase`: the server's lower_case_table_names is not 0. `schema`: of the connection. */
export function mysqlNamesOf(ignoresTableCase: boolean, schema: string): NameRules {
  return ignoresTableCase ? { ...mysqlNames, tableCase: { fold: foldedTable, schema } } : mysqlNames;
}

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
