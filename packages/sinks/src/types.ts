// The seam between the flow of changes and a database: what may be asked of a table, and what it answers. It knows no
// database and no stream.
import type { Key, RowImage, SourceTable, Version } from '@shardfold/changes';

/** Where a mutation came from, for dead letters. */
export interface Origin {
  readonly stream: string;
  readonly shard: string;
  readonly sequence: string;
  readonly subSequence: number;
}

export type Mutation = { readonly version: Version; readonly bytes: number; readonly origin: Origin } & (
  | { readonly kind: 'put'; readonly key: Key; readonly row: RowImage }
  | { readonly kind: 'patch'; readonly key: Key; readonly columns: RowImage }
  | { readonly kind: 'delete'; readonly key: Key }
  /** A table without a key: addressed by its place in the stream. */
  | { readonly kind: 'append'; readonly position: string; readonly row: RowImage }
);

/** `text`, `number` and `binary` are DynamoDB's three; the rest serves relational keys. */
export type KeyType = 'text' | 'number' | 'integer' | 'binary' | 'boolean';

/** The columns that this program keeps beside the user's own, by what they are for. */
export interface BookkeepingNames {
  /** The version's two halves. */
  readonly time: string;
  readonly seq: string;
  /** Soft deletes: true once the source's row is gone. */
  readonly deleted: string;
  /** Which columns came alone, and their versions: `{"name":[time,"seq"]}`. */
  readonly partial: string;
  /** The key of a table that has none: a row's place in the stream. */
  readonly position: string;
  /** Layout `columns`: what fits no column. */
  readonly extra: string;
}

export const defaultBookkeeping: BookkeepingNames = {
  time: 'cdc_time',
  seq: 'cdc_seq',
  deleted: 'cdc_deleted',
  partial: 'cdc_partial',
  position: 'cdc_position',
  extra: '_extra',
};

/** A target table as configuration and the first change of it describe it. */
export interface TargetTable {
  readonly source: SourceTable;
  /** As configured, dots between its parts: `orders`, `public.orders`. */
  readonly name: string;
  readonly layout: 'document' | 'columns';
  readonly key: readonly { readonly name: string; readonly type: KeyType }[];
  readonly deletes: 'hard' | 'soft';
  readonly createTables: boolean;
  readonly tombstoneRetentionMs: number;
  readonly columns: { readonly drop: readonly string[]; readonly rename: Readonly<Record<string, string>> };
  /** Changes that leave columns out may come: the table is made with room for their versions. */
  readonly patches: boolean;
  readonly bookkeeping: BookkeepingNames;
}

/** A row's fault. `code` is the server's own (`22P05`), or ours in capitals. */
export interface SinkRowError {
  readonly code: string;
  readonly message: string;
}

/** A row's fault is a value; the environment's fault is thrown as `SinkError`. `unresolved`: the server does not say which. */
export interface WriteReport {
  readonly applied: number;
  readonly superseded: number;
  readonly unresolved: number;
  readonly rejected: readonly { readonly index: number; readonly error: SinkRowError }[];
}

export interface Table {
  /** Distinct keys, sorted by key. The signal is the process's, not a lease's. */
  write(group: readonly Mutation[], signal: AbortSignal): Promise<WriteReport>;
  /** Raises a floor: what is at or below it goes, and never comes back. */
  truncate(before: Version, signal: AbortSignal): Promise<void>;
  /** One bounded round: deletes rows that a tombstone outranks, forgets tombstones past their retention. For now and then. */
  sweep(signal: AbortSignal): Promise<SweepReport>;
}

/** Rows that a stale writer had left, and tombstones past their retention. */
export interface SweepReport {
  readonly healed: number;
  readonly forgotten: number;
  /** The round ended at its limit, and the next one goes on from there. Absent: it came to the end, or began where it would begin again. */
  readonly more?: true;
}

/** A record or change that cannot be applied, with everything needed to replay it. */
export interface DeadLetter {
  readonly id: string;
  readonly failedAtMs: number;
  readonly application: string;
  readonly worker: string;
  readonly stream: string;
  readonly shard: string;
  readonly sequence: string;
  readonly subSequence: number;
  readonly arrivalMs: number;
  /** The record's, where some formats have the row's key. Absent: of a version that did not keep it, or one that the place cannot hold as it is. */
  readonly partitionKey?: string | undefined;
  readonly stage: 'decode' | 'route' | 'write';
  readonly sink: string | undefined;
  readonly target: string | undefined;
  /** The row's key as JSON text. */
  readonly key: string | undefined;
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly attempts: number;
  readonly raw: Uint8Array;
  /** The change as JSON text, when decoded. */
  readonly event: string | undefined;
}

/** Where dead letters go. Writing the same `id` twice keeps one. */
export interface DeadLetterStore {
  put(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void>;
  /** `enough`: a place that walks through them to count stops there. */
  count(signal: AbortSignal, enough?: number): Promise<number>;
  /** At most so many, by `id`; after the letter of that id, which need not be there any more. */
  page(options: { readonly limit: number; readonly after?: string }, signal: AbortSignal): Promise<readonly DeadLetter[]>;
  find(id: string, signal: AbortSignal): Promise<DeadLetter | undefined>;
  /** How many of them were there. */
  discard(ids: readonly string[], signal: AbortSignal): Promise<number>;
}

export interface TableStatus {
  /** As configured. */
  readonly name: string;
  /** As the server estimates them; absent where it does not. */
  readonly rows?: number;
  readonly bytes?: number;
  readonly tombstones?: number;
  /** What a person should know of it, such as a second unique index: sentences. */
  readonly problems: readonly string[];
}

export interface SinkStatus {
  readonly kind: string;
  /** What the server says of itself: product and version. */
  readonly server: string;
  /** One round trip. */
  readonly latencyMs: number;
  readonly connections?: { readonly open: number; readonly idle: number; readonly waiting: number; readonly max: number };
  readonly tables: readonly TableStatus[];
  /** What its user may not do and the sink needs, where the server tells: `insert, remove on "orders"`. */
  readonly denied?: readonly string[];
  /** What a person should know of the server, such as a disk that is nearly full: sentences. */
  readonly problems?: readonly string[];
}

export interface Sink {
  readonly kind: string;
  /** How many writes of one table, with different rows, the server gains by having in hand at once. */
  readonly statementsPerTable: number;
  /** Connects once; throws `SinkError` with what a person can do. */
  open(signal: AbortSignal): Promise<void>;
  /** Creates or checks the table. */
  table(target: TargetTable, signal: AbortSignal): Promise<Table>;
  deadLetters(): DeadLetterStore;
  describe(signal: AbortSignal): Promise<SinkStatus>;
  /** What keeps its user from making tables, as a phrase; undefined: nothing, or nobody can tell. It makes none. */
  createDenial?(signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

export type SinkErrorCode =
  | 'SINK_UNREACHABLE'
  | 'SINK_BUSY'
  | 'SINK_READ_ONLY'
  | 'SINK_DENIED'
  | 'SINK_TABLE_MISSING'
  | 'SINK_TABLE_MISMATCH'
  | 'SINK_CLOSED'
  | 'SINK_UNEXPECTED';

/** Of SINK_TABLE_MISSING, for whoever only looks. */
export interface MissingTables {
  /** As they are shown in a message. */
  readonly names: readonly string[];
  /** As in `TableStatus`, of the target's table where that is there. */
  readonly problems: readonly string[];
}

/** `retryable`: the environment's fault, waited for with the lease kept. */
export class SinkError extends Error {
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  /** Undefined where it is not known what is missing, and for every other code. */
  readonly missing: MissingTables | undefined;
  constructor(code: SinkErrorCode, message: string, options: { readonly retryable: boolean; readonly cause?: unknown; readonly missing?: MissingTables }) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'SinkError';
    this.code = code;
    this.retryable = options.retryable;
    this.missing = options.missing;
  }
}
