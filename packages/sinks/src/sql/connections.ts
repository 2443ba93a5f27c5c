// What the engine asks of a way to a server: statements, transactions, and when to give up. It knows no driver.

/** One statement; named ones are prepared once per connection where the driver can. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

export type Rows = readonly Readonly<Record<string, unknown>>[];

export interface Answer {
  readonly rows: Rows;
  readonly affected: number;
  /** Of an upsert as the server counts, where it does: one for a new row, two for one that was there and changed. */
  readonly counted?: number;
}

/** `statement` is longer than any lock a healthy server holds; `long` is for what walks whole tables. */
export type Patience = 'statement' | 'long';

/** Sends statements, all before it waits for any where the driver can; throws what fails first. */
export type Send = (statements: readonly Statement[]) => Promise<readonly Answer[]>;

/** Everything throws what the server or the driver threw, or `SinkError` when the signal aborts or the server falls silent. */
export interface SqlConnections {
  /** One statement on its own. */
  run(statement: Statement, signal: AbortSignal, patience?: Patience): Promise<Answer>;
  /** All or nothing, READ COMMITTED or what serves as well, in as few round trips as the driver can. */
  transaction(statements: readonly Statement[], signal: AbortSignal, patience?: Patience): Promise<readonly Answer[]>;
  /** A transaction that looks before it goes on; it is rolled back when `body` rejects. */
  session<T>(body: (send: Send) => Promise<T>, signal: AbortSignal, patience?: Patience): Promise<T>;
  status(): { readonly open: number; readonly idle: number; readonly waiting: number; readonly max: number } | undefined;
  close(): Promise<void>;
}
