// A target's name as a table's name: its parts, cut to what the server keeps. It knows no server.
import { distinctName, fittingName, type NameRules } from '../columns/names.ts';
import { ownNameProblem, tombstonesEnding } from '../own-names.ts';
import { SinkError } from '../types.ts';

export interface TableName {
  readonly schema: string | undefined;
  readonly table: string;
}

function partsOf(name: string): TableName | undefined {
  const parts = name.split('.');
  const [first = '', second] = parts;
  if (parts.length > 2 || parts.includes('') || name.includes('\u0000') || !name.isWellFormed()) return undefined;
  return second === undefined ? { schema: undefined, table: first } : { schema: first, table: second };
}

/**
 * Why no table can have this name, `orders` or `public.orders`, whatever the server has: a phrase that follows the name. Undefined: one can.
 * `ending`: of the tables that are kept beside a target.
 */
export function tableNameProblem(name: string, rules: NameRules, ending: string = tombstonesEnding): string | undefined {
  const parts = partsOf(name);
  if (parts === undefined) return 'is neither "table" nor "schema.table"';
  return ownNameProblem(parts.table, ending, rules) ?? rules.tableProblem?.(parts.table, parts.schema);
}

/** Throws SINK_TABLE_MISMATCH for a name that no table can have. */
export function parseTableName(name: string, rules: NameRules, ending?: string): TableName {
  const problem = tableNameProblem(name, rules, ending);
  const parts = partsOf(name);
  if (problem !== undefined || parts === undefined) {
    const message = `The target ${JSON.stringify(name)} ${problem}; its changes are not written. Set tables[].target to another table.`;
    throw new SinkError('SINK_TABLE_MISMATCH', message, { retryable: false });
  }
  const distinct = (part: string): string => {
    const name = distinctName(part, rules);
    return rules.tables === undefined ? name : distinctName(name, { ...rules, ...rules.tables });
  };
  return { schema: parts.schema === undefined ? undefined : distinct(parts.schema), table: distinct(parts.table) };
}

/** A table beside another one, in the same schema. */
export function beside(name: TableName, table: string, rules: NameRules): TableName {
  const fitting = fittingName(table, rules);
  return { schema: name.schema, table: rules.tables === undefined ? fitting : fittingName(fitting, rules.tables) };
}

/** One text for all names that are one table to the server; undefined where each name is a table of its own. */
export function tableIdentity({ schema, table }: TableName, { tableCase }: Pick<NameRules, 'tableCase'>): string | undefined {
  return tableCase?.fold(`${schema ?? tableCase.schema}.${table}`);
}

export function tableText({ schema, table }: TableName): string {
  return schema === undefined ? table : `${schema}.${table}`;
}
