// What the engine has to be told about a database: the extension point for any SQL server that kysely can write for. Whoever
// implements it says names, types, how a value is bound, and what a thrown error means; the rest has defaults or is optional.
import type { TextPolicy, Value } from '@shardfold/changes';
import type { Dialect, RawBuilder } from 'kysely';
import type { ChunkLimits } from '../chunks.ts';
import type { ColumnKind, NewKind } from '../columns/kinds.ts';
import type { Layout, PlacedRow, TableColumn } from '../columns/layout.ts';
import type { NameRules } from '../columns/names.ts';
import type { Sent, SortedError } from '../land.ts';
import { type KeyType, type Mutation, SinkError } from '../types.ts';
import type { Send, SqlConnections, Statement } from './connections.ts';
import type { HoldsKey } from './key.ts';
import type { TableName } from './names.ts';
import type { KeyColumn, TableShape } from './shape.ts';

/** How a column is made, and which columns that somebody else made serve as well. */
export interface ColumnType {
  readonly ddl: string;
  /** Over the type as `describeTable` reports it. */
  readonly fits: RegExp;
}

export interface SqlTypes {
  readonly key: Readonly<Record<KeyType, ColumnType>>;
  /** The types of layout `columns`. */
  readonly kinds: Readonly<Record<NewKind, string>>;
  readonly document: ColumnType;
  readonly time: ColumnType;
  /** 65 digits, ordered by value. */
  readonly seq: ColumnType;
  readonly deleted: ColumnType;
  /** `cdc_partial` and `_extra`: JSON. */
  readonly json: ColumnType;
  readonly timestamp: ColumnType;
  /** The floors' key, and whatever else is short text. */
  readonly name: string;
  /** Dead letters: text and bytes of any length, and integers. */
  readonly text: string;
  readonly bytes: string;
  readonly integer: string;
  /** Which kind of column a type that is there makes; `other` where the server casts. */
  kindOf(type: string): ColumnKind;
  /** The types of `kinds` as `describeTable` reports them; by default their own texts. */
  readonly made?: RegExp;
  /** Whether a column of this type holds the value unchanged, beyond what its kind says; else it goes to the extra column. By default it does. */
  holds?(type: string, value: Value): boolean;
  /** Whether a key column, as it is declared, keeps the value as it is, or refuses it. By default it does. */
  readonly holdsKey?: HoldsKey;
}

/** How values go into statements that are not hot, and come out. */
export interface SqlBindings {
  key(column: KeyColumn, value: Value): RawBuilder<unknown>;
  seq(seq: string): RawBuilder<unknown>;
  /** The text of a JSON document, for `document` and `json` columns. */
  json(text: string): RawBuilder<unknown>;
  boolean(value: boolean): RawBuilder<unknown>;
  /** A value for a column of layout `columns`. */
  cell(column: TableColumn, value: Value): RawBuilder<unknown>;
  now(): RawBuilder<unknown>;
  /** The server's time, so many milliseconds ago. */
  ago(milliseconds: number): RawBuilder<unknown>;
  timestamp(atMs: number): RawBuilder<unknown>;
  /** A JSON column as text. */
  jsonText(column: RawBuilder<unknown>): RawBuilder<unknown>;
  /** A timestamp as the driver gives it, in milliseconds since 1970. */
  readTimestampMs(value: unknown): number;
}

export interface FoundColumn {
  readonly name: string;
  /** As the server says it: `text`, `numeric(65,0)`. */
  readonly type: string;
  /** As a table that is made beside this one has to say it to compare well: with the collation, say. By default `type`. */
  readonly declared?: string;
  /** The type that a domain is made of, which cuts and rounds as that one does. Absent for other types. */
  readonly base?: string;
  /** It has fields: of a value it would keep those of their names, and drop the rest. */
  readonly composite?: boolean;
  readonly notNull: boolean;
  /** What makes the server take different values of it for one, if anything does: `a nondeterministic collation`. */
  readonly merges?: string;
  readonly hasDefault: boolean;
  /** The server fills it and refuses values for it. */
  readonly generated: boolean;
}

export interface FoundTable {
  /** Something that takes rows under a unique key; not a view. */
  readonly ordinary: boolean;
  readonly columns: readonly FoundColumn[];
  /** The columns of each index that decides which row an upsert meets. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Unique indexes of other sorts (over a part of the rows, over expressions): by name. */
  readonly otherUniques: readonly string[];
  /** Checks, foreign keys and triggers that look at a row that is inserted: by name. Absent where the dialect does not look for them. */
  readonly guards?: readonly string[];
  /** Changes whenever a column's name or type does. */
  readonly fingerprint: string;
}

/** A put, a delete or an appended row: what the hot statements take. */
export type WholeMutation = Exclude<Mutation, { kind: 'patch' }>;

/** A mutation on its way. */
export interface HotRow {
  /** Its place in the caller's group. */
  readonly index: number;
  /** Against `limits.maxSize`. */
  readonly size: number;
}

/** What became of the rows of one transaction. */
export interface HotSent extends Sent {
  /** Rows that were not touched because their row has patches; they take the slow way. */
  readonly left: readonly number[];
}

/** The fast statements of one table, for one state of its columns. */
export interface HotTable<Row extends HotRow> {
  readonly limits: ChunkLimits;
  /** `placed`: the row's columns, in layout `columns`. The key has been checked. */
  encode(mutation: WholeMutation, index: number, placed: PlacedRow | undefined): Row;
  /** One transaction. Throws what the server threw, and `ColumnsChanged` when the columns are not those it was made for. */
  send(rows: readonly Row[], signal: AbortSignal): Promise<HotSent>;
}

export interface HotContext {
  readonly connections: SqlConnections;
  readonly shape: TableShape;
  /** Layout `columns` only. */
  readonly columns: { readonly layout: Layout; readonly fingerprint: string } | undefined;
  /** For the row's JSON text in layout `document`. */
  readonly policy: TextPolicy;
}

/** The columns are not those that a statement was made for: somebody changed the table. The engine reads them again and writes again. */
export class ColumnsChanged extends SinkError {
  constructor() {
    super('SINK_BUSY', 'The columns of a table keep changing while it is written to. The write is retried. Let only one program change them.', {
      retryable: true,
    });
    this.name = 'ColumnsChanged';
  }
}

export interface TableMeasure {
  readonly rows?: number;
  readonly bytes?: number;
  readonly tombstones?: number;
}

export interface TableChange {
  readonly kind: 'add' | 'widen';
  readonly name: string;
  readonly type: string;
}

/** Statements that servers have to be told in different ways. */
export interface SqlStatements {
  /** Goes before `alter` in its transaction: how long it may wait for other writers. Not for a person, who may have no transaction open. */
  readonly alterPatience?: Statement;
  /** Adds and widens columns; all or nothing where the server can. */
  alter(table: TableName, changes: readonly TableChange[]): readonly Statement[];
  /** Makes a column that has no NULL in it refuse NULL, for a person to run. By default ALTER COLUMN … SET NOT NULL. */
  setNotNull?(table: TableName, column: FoundColumn): readonly string[];
  /** Holds writers off until the end of the transaction; absent where any writing transaction does so. */
  lockTable?(shape: TableShape): Statement;
  /**
   * Locks the rows of these keys, in their order, until the end of the transaction, absent ones too: where the server cannot
   * lock what is not there, by rows of time `markerTime`, which the engine takes away again. Absent where any writing
   * transaction keeps others out.
   */
  lockKeys?(shape: TableShape, keys: readonly (readonly Value[])[], layout: Layout | undefined): readonly Statement[];
  /** Ends the SELECT of a key that is locked, where without it what the lock has waited for may not be in sight yet. */
  readonly lockingRead?: string;
  /** Instead of the engine's own: rows that a tombstone outranks, at most `maxRows` of them; those with patches are left out. */
  heal?(shape: TableShape, maxRows: number): Statement;
  /** Instead of the engine's own: tombstones older than the retention, at most `maxRows`; with soft deletes only those without a row. */
  forget?(shape: TableShape, retentionMs: number, maxRows: number): Statement;
}

export interface SqlDialect<Row extends HotRow = HotRow> {
  /** The sink's kind: `postgres`. */
  readonly kind: string;
  /** For people: `PostgreSQL`. */
  readonly product: string;
  readonly statementsPerTable: number;
  /** kysely writes the statements that are not hot; it never runs them. */
  readonly compiler: Pick<Dialect, 'createAdapter' | 'createQueryCompiler'>;
  /** How an insert passes over a row that is there already. */
  readonly insertOnce: 'on conflict' | 'on duplicate key';
  readonly names: NameRules;
  readonly types: SqlTypes;
  readonly bind: SqlBindings;
  readonly statements: SqlStatements;
  /** How a column of a key is made where that depends on the others. By default `types.key`. */
  keyType?(key: readonly KeyColumn[], at: number): string;
  /** How JSON columns keep numbers that no double holds. By default all digits stay. */
  readonly numbers?: TextPolicy['numbers'];
  /** How many columns a table may have. */
  readonly maxColumns: number;
  /** After the closing bracket of CREATE TABLE. */
  readonly tableSuffix?: string;
  /** The fast way; without it every mutation takes the slow one: lock, read, decide, write. */
  hot?(context: HotContext): HotTable<Row>;
  /** What the server says of itself, and whether it takes writes. */
  introduce(connections: SqlConnections, signal: AbortSignal): Promise<{ readonly server: string; readonly readOnly: boolean }>;
  /** Undefined where there is nothing of that name. */
  describeTable(connections: SqlConnections, table: TableName, signal: AbortSignal): Promise<FoundTable | undefined>;
  schemaExists(connections: SqlConnections, schema: string, signal: AbortSignal): Promise<boolean>;
  createSchema(schema: string): string;
  /** What keeps its user from making tables, as a phrase; undefined: nothing, or nobody can tell. */
  createDenial?(connections: SqlConnections, signal: AbortSignal): Promise<string | undefined>;
  /** Estimates, never a scan of a large table. */
  measure?(connections: SqlConnections, shape: TableShape, signal: AbortSignal): Promise<TableMeasure>;
  /** The fingerprint now, inside a transaction that holds the table; absent where nobody else changes tables under it. */
  fingerprint?(send: Send, table: TableName): Promise<string>;
  /** Total: any thrown value becomes a row's fault or a `SinkError`. */
  sortError(error: unknown): SortedError;
  /** Somebody else made the same table, schema or column first. */
  lostCreateRace(error: SinkError): boolean;
  /** Two writers waited for each other and this one gave way: it is sent again at once. Absent where that cannot be. */
  isDeadlock?(error: SinkError): boolean;
  /** The server takes no further column. */
  isColumnLimit(error: SinkError): boolean;
}

/** The time of a row that stands only for a lock; below every version. */
export const markerTime = '-9223372036854775808';
