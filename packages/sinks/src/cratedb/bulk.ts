// One statement for many rows, and what became of each of them. The server answers row by row, but tells only ten reasons a shard
// and refuses all of a request that it cannot read: rows without a reason go again in tens, and requests in halves.
import { chunks } from '../chunks.ts';
import { land } from '../land.ts';
import { SinkError, type SinkRowError } from '../types.ts';
import type { Connection } from './connection.ts';
import { CrateFailure, needsRefresh, sortError } from './errors.ts';
import type { RowResult } from './http.ts';

/** Bodies of more than 64 MiB are refused; a character is three bytes at most. */
const limits = { maxItems: 5_000, maxSize: 8 * 1024 * 1024 };
const reasonsPerShard = 10;
/** A refresh makes rows readable; more than one is needed only where they are written anew all the time. */
const maxRefreshes = 5;

/** `conflict`: the row is not the one that was read. */
export type Outcome = { readonly kind: 'changed' | 'unchanged' | 'conflict' } | { readonly kind: 'refused'; readonly error: SinkRowError };

export interface Bulk {
  readonly connection: Connection;
  /** The table, quoted, for refreshes. */
  readonly table: string;
  readonly statement: string;
  readonly signal: AbortSignal;
}

const versionConflict = 4092;
const documentMissing = 40_411;

interface Prepared<Row> {
  readonly row: Row;
  readonly args: string;
}

function preparedOf<Row>(rows: readonly Row[], argsOf: (row: Row) => readonly string[]): Prepared<Row>[] {
  return rows.map((row) => {
    let args = '';
    // Not `join`, which copies what the body copies once more.
    for (const arg of argsOf(row)) args += args === '' ? `[${arg}` : `,${arg}`;
    return { row, args: `${args}]` };
  });
}

interface Sorting<Row> {
  readonly outcomes: Map<Row, Outcome>;
  /** The server did not say why. */
  readonly untold: Prepared<Row>[];
  readonly unreadable: Prepared<Row>[];
  /** The environment's fault, if it said one. */
  wrong: SinkError | undefined;
}

function sortResult<Row>(sorting: Sorting<Row>, prepared: Prepared<Row>, result: RowResult): void {
  const { outcomes } = sorting;
  if (result.kind === 'done') {
    outcomes.set(prepared.row, { kind: result.changed ? 'changed' : 'unchanged' });
    return;
  }
  const { failure } = result;
  if (failure === undefined) sorting.untold.push(prepared);
  else if (failure.code === versionConflict || failure.code === documentMissing) outcomes.set(prepared.row, { kind: 'conflict' });
  else if (needsRefresh(failure)) sorting.unreadable.push(prepared);
  else {
    const sorted = sortError(failure);
    if (sorted.kind === 'row') outcomes.set(prepared.row, { kind: 'refused', error: sorted.error });
    else sorting.wrong ??= sorted.error;
  }
}

async function sendOnce<Row>({ connection, statement, signal }: Bulk, rows: readonly Prepared<Row>[], sorting: Sorting<Row>): Promise<void> {
  await land(rows, {
    limits,
    sizeOf: ({ args }) => args.length,
    async send(some) {
      const results = await connection.bulk(
        statement,
        some.map(({ args }) => args),
        signal,
      );
      for (const [index, prepared] of some.entries()) sortResult(sorting, prepared, results[index] ?? { kind: 'failed', failure: undefined });
      return { applied: 0, unresolved: 0 };
    },
    sort: sortError,
    onLanded: () => {},
    onRejected: ({ row }, error) => sorting.outcomes.set(row, { kind: 'refused', error }),
  });
}

function busy(problem: string): SinkError {
  return new SinkError('SINK_BUSY', `CrateDB: ${problem}. The write is retried. Look into the server’s log.`, { retryable: true });
}

/** `argsOf` gives a row's arguments as JSON texts. Throws `SinkError` for the environment's fault, after all rows were tried. */
export async function sendBulk<Row>(bulk: Bulk, rows: readonly Row[], argsOf: (row: Row) => readonly string[]): Promise<Map<Row, Outcome>> {
  const outcomes = new Map<Row, Outcome>();
  let waiting: readonly Prepared<Row>[] = preparedOf(rows, argsOf);
  for (let round = 0; waiting.length > 0; round += 1) {
    const sorting: Sorting<Row> = { outcomes, untold: [], unreadable: [], wrong: undefined };
    await sendOnce(bulk, waiting, sorting);
    const untold = sorting.untold.splice(0);
    for (const some of chunks(untold, () => 1, { maxItems: reasonsPerShard, maxSize: reasonsPerShard })) await sendOnce(bulk, some, sorting);
    if (sorting.wrong !== undefined) throw sorting.wrong;
    if (sorting.untold.length > 0) throw busy('rows were refused without a reason');
    waiting = sorting.unreadable;
    if (waiting.length === 0) break;
    if (round === maxRefreshes) throw busy('rows whose names have characters beyond the BMP could not be read');
    await refresh(bulk);
  }
  return outcomes;
}

/** Sends each row once. Answers those that were not written, whatever the reason; throws `SinkError` for the environment's fault that broke a whole request. */
export async function sendOptimistic<Row>(
  { connection, statement, signal }: Bulk,
  rows: readonly Row[],
  argsOf: (row: Row) => readonly string[],
): Promise<Row[]> {
  const unwritten: Row[] = [];
  for (const some of chunks(preparedOf(rows, argsOf), ({ args }) => args.length, limits)) {
    let results: readonly RowResult[] = [];
    try {
      results = await connection.bulk(
        statement,
        some.map(({ args }) => args),
        signal,
      );
    } catch (error) {
      const sorted = sortError(error);
      if (sorted.kind === 'sink') throw sorted.error;
    }
    for (const [index, { row }] of some.entries()) {
      const result = results[index];
      if (result?.kind !== 'done' || !result.changed) unwritten.push(row);
    }
  }
  return unwritten;
}

/** Makes everything written so far visible to scans. Throws `SinkError`. */
export async function refresh({ connection, table, signal }: Pick<Bulk, 'connection' | 'table' | 'signal'>): Promise<void> {
  await connection.ask(`REFRESH TABLE ${table}`, signal);
}

/** Answers a question by key, after a refresh where the server cannot read a row before one. Throws `SinkError`. */
export async function askReadable(
  bulk: Pick<Bulk, 'connection' | 'table' | 'signal'>,
  question: string,
  args: readonly string[],
): Promise<readonly (readonly unknown[])[]> {
  for (let round = 0; ; round += 1) {
    try {
      return (await bulk.connection.ask(question, bulk.signal, args)).rows;
    } catch (error) {
      const isUnreadable = error instanceof SinkError && error.cause instanceof CrateFailure && needsRefresh(error.cause);
      if (!isUnreadable || round === maxRefreshes) throw error;
    }
    await refresh(bulk);
  }
}
