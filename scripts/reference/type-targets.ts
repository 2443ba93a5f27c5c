// What each database makes of a value, asked of the sinks' own code: which column it asks for and whether that one holds it, what
// stands in a document, and what a key's column is. It runs no server: a test beside the sinks compares its answers with real ones.
import { type TextPolicy, type Value, valuesToJsonText, valueToJson } from '@shardfold/changes';
import { BSON, Decimal128 } from 'mongodb';
import type { NewKind } from '../../packages/sinks/src/columns/kinds.ts';
import { type ColumnChange, createPlacer, type Layout, type TableColumn } from '../../packages/sinks/src/columns/layout.ts';
import type { FoundTable } from '../../packages/sinks/src/cratedb/catalog.ts';
import { additionsFor, columnsOf as crateColumnsOf, place as cratePlace } from '../../packages/sinks/src/cratedb/columns.ts';
import { shapeOf as crateShapeOf } from '../../packages/sinks/src/cratedb/shape.ts';
import { viewOf as crateViewOf } from '../../packages/sinks/src/cratedb/table-view.ts';
import { keyJson as crateKeyJson, keyTypes as crateKeyTypes, newColumnTypes } from '../../packages/sinks/src/cratedb/types.ts';
import { encodeMutation as encodeDocument } from '../../packages/sinks/src/mongodb/encode.ts';
import { shapeOf as mongoShapeOf } from '../../packages/sinks/src/mongodb/shape.ts';
import { newWriter } from '../../packages/sinks/src/mongodb/values.ts';
import { mysqlDialect } from '../../packages/sinks/src/mysql/dialect.ts';
import { flavorOf } from '../../packages/sinks/src/mysql/flavor.ts';
import { postgresDialect } from '../../packages/sinks/src/postgres/dialect.ts';
import { createBuilder, type Fragment } from '../../packages/sinks/src/sql/builder.ts';
import type { SqlDialect } from '../../packages/sinks/src/sql/dialect.ts';
import { addressFault } from '../../packages/sinks/src/sql/key.ts';
import { createConnections } from '../../packages/sinks/src/sqlite/connections.ts';
import { sqliteDialect } from '../../packages/sinks/src/sqlite/dialect.ts';
import { defaultBookkeeping, type KeyType, type Mutation, type TargetTable } from '../../packages/sinks/src/types.ts';
import type { NamedValue } from './type-values.ts';

/** `text`: what is stored, as JSON text or a number's digits; absent where the column takes the bytes. */
export type Stored =
  | { readonly kind: 'null' }
  | { readonly kind: 'column'; readonly type: string; readonly text?: string }
  | { readonly kind: 'extra'; readonly text: string }
  | { readonly kind: 'refused'; readonly code: string };

export interface Database {
  readonly name: 'PostgreSQL' | 'MySQL' | 'MariaDB' | 'SQLite' | 'CrateDB' | 'MongoDB';
  /** Of a new table in layout `columns`, which has no column for the value yet. Absent where there is no such layout. */
  readonly columns?: {
    readonly kinds: Readonly<Record<NewKind, string>>;
    stored(value: Value): Stored;
    /** Of a column that was made for an integer and meets this value. */
    storedBesideIntegers(value: Value): Stored;
  };
  /** In layout `document`: the type where the database has one for each field, and JSON text. */
  document(value: Value): Stored;
  /** The type of each part of a key. */
  keyTypes(key: readonly KeyType[]): readonly string[];
  keyed(type: KeyType, value: Value): Stored;
}

/** Named so that nothing is in the way of its column. */
const attribute = 'v';

export function targetOf(layout: TargetTable['layout'], key: readonly KeyType[]): TargetTable {
  return {
    source: { system: 'mysql', table: 't' },
    name: 't',
    layout,
    key: key.map((type, at) => ({ name: `k${at}`, type })),
    deletes: 'hard',
    createTables: true,
    tombstoneRetentionMs: 86_400_000,
    columns: { drop: [], rename: {} },
    patches: false,
    bookkeeping: defaultBookkeeping,
  };
}

export function putOf(key: readonly Value[], row: { readonly [name: string]: Value }): Mutation {
  const image = { bytes: 100, values: () => row, json: (policy: TextPolicy) => valuesToJsonText(row, policy) };
  return {
    kind: 'put',
    key: key.map((value, at) => [`k${at}`, value] as const),
    version: { time: 1, seq: '1' },
    row: image,
    bytes: 100,
    origin: { stream: 's', shard: 'shardId-000000000000', sequence: '1', subSequence: 0 },
  };
}

/** The faults that a sink finds before it asks the server carry a code. */
function orRefused(act: () => Stored): Stored {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return { kind: 'refused', code: error.code };
    throw error;
  }
}

/** A statement's one parameter as JSON text; undefined for bytes. */
function parameterText(parameter: unknown, value: Value): string | undefined {
  if (parameter instanceof Uint8Array) return undefined;
  return typeof value === 'string' ? JSON.stringify(parameter) : String(parameter);
}

/** PostgreSQL reads a column from a JSON object: the value in it. */
function memberText(parameter: unknown): string | undefined {
  return parameter instanceof Uint8Array ? undefined : String(parameter).replace(/^\{"v":(.*)\}$/s, '$1');
}

function columnStored(type: string, text: string | undefined): Stored {
  return { kind: 'column', type, ...(text === undefined ? {} : { text }) };
}

/** `cellText`: the parameter of a column as JSON text. */
function sqlDatabase(name: Database['name'], dialect: SqlDialect, cellText = parameterText): Database {
  const { types, names, bind } = dialect;
  const numbers: TextPolicy['numbers'] = dialect.numbers ?? 'exact';
  const builder = createBuilder(dialect);
  const layoutOf = (columns: readonly TableColumn[]): Layout => ({
    columns,
    hasExtra: true,
    taken: [],
    keys: [],
    isFull: false,
    mayWiden: true,
    ...(types.holds === undefined ? {} : { holds: types.holds }),
  });
  const bound = (fragment: Fragment): unknown => builder.statement(fragment).values?.[0];

  /** Changes the column as the sink would, and looks where the value goes then. */
  function placed(value: Value, before: readonly TableColumn[]): Stored {
    if (value === null) return { kind: 'null' };
    const [change]: readonly (ColumnChange | undefined)[] = createPlacer(layoutOf(before), names).place([[attribute, value]]).wanted;
    const columns = change === undefined ? before : [{ name: attribute, kind: change.column, type: types.kinds[change.column], writable: true }];
    const [column] = columns;
    const { cells, extra } = createPlacer(layoutOf(columns), names).place([[attribute, value]]).placed;
    if (extra.has(attribute)) return { kind: 'extra', text: valueToJson(value, { numbers }) };
    if (column === undefined || !cells.has(attribute)) throw new Error(`The value ${valueToJson(value, { numbers })} has no place in ${name}.`);
    return orRefused(() => columnStored(column.type, cellText(bound(bind.cell(column, value)), value)));
  }

  return {
    name,
    columns: {
      kinds: types.kinds,
      stored: (value) => placed(value, []),
      storedBesideIntegers: (value) => placed(value, [{ name: attribute, kind: 'integer', type: types.kinds.integer, writable: true }]),
    },
    document: (value) => columnStored(types.document.ddl, valueToJson(value, { numbers })),
    keyTypes: (key) => {
      const columns = key.map((type, at) => ({ name: `k${at}`, type }));
      return columns.map(({ type }, at) => dialect.keyType?.(columns, at) ?? types.key[type].ddl);
    },
    keyed: (type, value) => {
      const fault = addressFault([{ name: 'k0', type }], putOf([value], {}));
      if (fault !== undefined) return { kind: 'refused', code: fault.code };
      return orRefused(() => columnStored(types.key[type].ddl, parameterText(bound(bind.key({ name: 'k0', type }, value)), value)));
    },
  };
}

/** As the server says it. */
function crateTypeOf(ddl: string): string {
  return ddl.toLowerCase().replace(/\(.*/, '');
}

function crateDatabase(): Database {
  const target = targetOf('columns', ['text']);
  const shape = crateShapeOf(target, 'doc');
  const foundWith = (columns: readonly (readonly [name: string, type: string])[]): FoundTable => ({
    isTable: true,
    columns: columns.map(([name, ddl]) => ({ name, type: crateTypeOf(ddl), policy: 'ignored', generated: false, notNull: false, hasDefault: false })),
    key: ['k0'],
    durability: 'REQUEST',
    maxColumns: 1_000,
    fingerprint: '',
  });
  const { policy } = crateViewOf(target, shape, foundWith([]), false);

  function placed(value: Value, before: readonly (readonly [name: string, type: string])[]): Stored {
    if (value === null) return { kind: 'null' };
    const first = crateColumnsOf(shape, foundWith(before), true, false);
    const columns = [...before, ...additionsFor([cratePlace(first, { [attribute]: value }, policy)], first)];
    const { cells, extra } = cratePlace(crateColumnsOf(shape, foundWith(columns), true, false), { [attribute]: value }, policy).placed;
    const cell = cells.get(attribute);
    return cell === undefined ? { kind: 'extra', text: extra.get(attribute) ?? '' } : columnStored(columns[0]?.[1] ?? '', cell);
  }

  return {
    name: 'CrateDB',
    columns: {
      kinds: newColumnTypes,
      stored: (value) => placed(value, []),
      storedBesideIntegers: (value) => placed(value, [[attribute, newColumnTypes.integer]]),
    },
    document: (value) => columnStored('OBJECT(IGNORED)', valueToJson(value, policy)),
    keyTypes: (key) => key.map((type) => crateKeyTypes[type].ddl),
    keyed: (type, value) => {
      const fault = addressFault([{ name: 'k0', type }], putOf([value], {}));
      if (fault !== undefined) return { kind: 'refused', code: fault.code };
      return orRefused(() => columnStored(crateKeyTypes[type].ddl, crateKeyJson({ name: 'k0', type }, value)));
    },
  };
}

/** By the byte that BSON writes. */
const bsonTypes: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  8: 'bool',
  10: 'null',
  16: 'int',
  18: 'long',
  19: 'decimal',
};

function bsonType(value: unknown): string {
  const type = BSON.serialize({ [attribute]: value })[4] ?? 0;
  return bsonTypes[type] ?? `BSON type ${type}`;
}

function mongoDatabase(): Database {
  const encoded = (
    key: KeyType,
    id: Value,
    row: { readonly [name: string]: Value },
    found: (row: { document: Record<string, unknown>; id: unknown }) => unknown,
  ): Stored => {
    const shape = mongoShapeOf(targetOf('document', [key]), 'test');
    const answer = encodeDocument(
      putOf([id], row),
      0,
      shape,
      newWriter((digits) => Decimal128.fromString(digits)),
    );
    return 'error' in answer ? { kind: 'refused', code: answer.error.code } : columnStored(bsonType(found(answer)), undefined);
  };
  return {
    name: 'MongoDB',
    document: (value) => encoded('text', 'a', { [attribute]: value }, ({ document }) => document[attribute]),
    keyTypes: (key) => key.map((_, at) => (key.length === 1 ? '_id' : `_id.k${at}`)),
    keyed: (type, value) => encoded(type, value, {}, ({ id }) => id),
  };
}

function mysqlOf(version: string): SqlDialect {
  const flavor = flavorOf(version);
  if (flavor === undefined) throw new Error(`${version} is too old.`);
  return mysqlDialect(flavor);
}

export const databases: readonly Database[] = [
  sqlDatabase('PostgreSQL', postgresDialect, memberText),
  sqlDatabase('MySQL', mysqlOf('8.4.0')),
  sqlDatabase('MariaDB', mysqlOf('11.8.3-MariaDB')),
  sqlDatabase('SQLite', sqliteDialect(createConnections(':memory:'))),
  crateDatabase(),
  mongoDatabase(),
];

const halfPair = 'text with half a surrogate pair';

/** What the code leaves to the server to refuse, and its code: database, layout or type of key, value. The one thing here that is written by hand. */
const refusals: readonly (readonly [Database['name'], TargetTable['layout'] | KeyType, value: string, code: string])[] = [
  ['PostgreSQL', 'columns', 'text with NUL', '22P05'],
  ['PostgreSQL', 'columns', halfPair, '22P02'],
  ['PostgreSQL', 'document', 'text with NUL', '22P05'],
  ['PostgreSQL', 'document', halfPair, '22P02'],
  ['PostgreSQL', 'text', halfPair, '22P02'],
  ['PostgreSQL', 'integer', 'integer of 38 digits', '22003'],
  ['PostgreSQL', 'integer', 'fraction', '22P02'],
  ['MySQL', 'document', halfPair, 'ER_INVALID_JSON_TEXT'],
  ['MariaDB', 'document', halfPair, '4025'],
];

/** What becomes of a value in a layout or in a key of some type; undefined where there is no such layout. */
export function outcome(database: Database, of: TargetTable['layout'] | KeyType, { name, value }: NamedValue): Stored | undefined {
  const code = refusals.find((refusal) => refusal[0] === database.name && refusal[1] === of && refusal[2] === name)?.[3];
  if (code !== undefined) return { kind: 'refused', code };
  if (of === 'columns') return database.columns?.stored(value);
  return of === 'document' ? database.document(value) : database.keyed(of, value);
}
