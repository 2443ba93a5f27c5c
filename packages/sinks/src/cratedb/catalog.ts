// What the server says of a table or view that is there. It judges nothing.
import type { Connection } from './connection.ts';
import { catalogQuestion } from './ddl.ts';

export interface FoundColumn {
  readonly name: string;
  /** As the server says it; of a text with a limit, with that: `text(3)`. */
  readonly type: string;
  /** Of an object: `ignored`, `strict` or `dynamic`. */
  readonly policy: string;
  /** An object, or a list of them, with columns of its own inside. By default it has none. */
  readonly hasInner?: boolean;
  readonly generated: boolean;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
}

export interface FoundTable {
  readonly isTable: boolean;
  /** In the table's order, without what is inside of objects. */
  readonly columns: readonly FoundColumn[];
  readonly key: readonly string[];
  /** Acknowledged rows survive a crash with `REQUEST` only. */
  readonly durability: string;
  readonly maxColumns: number;
  /** Changes whenever a column comes, goes or changes. */
  readonly fingerprint: string;
}

interface Relation {
  readonly schema: string;
  readonly name: string;
}

const columnFacts =
  "column_name, data_type, column_details['policy'], column_details['oid'], is_nullable, column_default, is_generated, character_maximum_length";

type Rows = readonly (readonly unknown[])[];

async function columnRows(connection: Connection, { schema, name }: Relation, signal: AbortSignal): Promise<Rows> {
  const question = `${catalogQuestion(columnFacts, 'columns', schema, name)} AND column_details['path'] = [] ORDER BY ordinal_position`;
  return (await connection.ask(question, signal)).rows;
}

function fingerprintOf(rows: Rows): string {
  return JSON.stringify(rows.map(([name, type, , oid]) => [name, type, oid]));
}

export async function readFingerprint(connection: Connection, relation: Relation, signal: AbortSignal): Promise<string> {
  return fingerprintOf(await columnRows(connection, relation, signal));
}

/** The names of the columns that have columns inside. */
async function outerNames(connection: Connection, { schema, name }: Relation, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { rows } = await connection.ask(
    `${catalogQuestion("DISTINCT column_details['name']", 'columns', schema, name)} AND column_details['path'] <> []`,
    signal,
  );
  return new Set(rows.map(([outer]) => String(outer)));
}

function columnOf([name, type, policy, , nullable, fallback, generated, length]: readonly unknown[], outer: ReadonlySet<string>): FoundColumn {
  return {
    name: String(name),
    type: typeof length === 'number' ? `${type}(${length})` : String(type),
    policy: String(policy),
    hasInner: outer.has(String(name)),
    generated: generated === 'ALWAYS',
    notNull: nullable === 'NO',
    hasDefault: fallback !== null,
  };
}

/** Undefined where there is nothing of that name. */
export async function describeRelation(connection: Connection, relation: Relation, signal: AbortSignal): Promise<FoundTable | undefined> {
  const { schema, name } = relation;
  const facts = "table_type, settings['translog']['durability'], settings['mapping']['total_fields']['limit']";
  const [found] = (await connection.ask(catalogQuestion(facts, 'tables', schema, name), signal)).rows;
  if (found === undefined) return undefined;
  const columns = await columnRows(connection, relation, signal);
  const key = await connection.ask(`${catalogQuestion('column_name', 'key_column_usage', schema, name)} ORDER BY ordinal_position`, signal);
  const outer = await outerNames(connection, relation, signal);
  const [type, durability, limit] = found;
  return {
    isTable: type === 'BASE TABLE',
    columns: columns.map((column) => columnOf(column, outer)),
    key: key.rows.map(([column]) => String(column)),
    durability: String(durability),
    maxColumns: typeof limit === 'number' ? limit : 1_000,
    fingerprint: fingerprintOf(columns),
  };
}

/** The names of a view's columns; undefined where there is none. */
export async function readView(connection: Connection, { schema, name }: Relation, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const { rows } = await connection.ask(
    `${catalogQuestion('column_name', 'columns', schema, name)} AND column_details['path'] = [] ORDER BY ordinal_position`,
    signal,
  );
  return rows.length === 0 ? undefined : rows.map(([column]) => String(column));
}
