// Lands rows: in chunks, and around those that the server refuses. It knows no statement and no server.
import { type ChunkLimits, chunks } from './chunks.ts';
import type { SinkError, SinkRowError, WriteReport } from './types.ts';

/** A row's fault is dead-lettered, the rest is thrown. */
export type SortedError = { readonly kind: 'row'; readonly error: SinkRowError } | { readonly kind: 'sink'; readonly error: SinkError };

/** What became of the rows of one statement. */
export interface Sent {
  readonly applied: number;
  readonly unresolved: number;
}

export interface Landing<Row> {
  readonly limits: ChunkLimits;
  sizeOf(row: Row): number;
  /** All or nothing; throws what the server threw. */
  send(rows: readonly Row[]): Promise<Sent>;
  sort(error: unknown): SortedError;
  /** Rows of one statement, done with. */
  onLanded(rows: readonly Row[], sent: Sent): void;
  onRejected(row: Row, error: SinkRowError): void;
}

async function landChunk<Row>(rows: readonly Row[], landing: Landing<Row>): Promise<void> {
  let fault: SinkRowError;
  try {
    landing.onLanded(rows, await landing.send(rows));
    return;
  } catch (error) {
    const sorted = landing.sort(error);
    if (sorted.kind === 'sink') throw sorted.error;
    fault = sorted.error;
  }
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) {
    landing.onRejected(only, fault);
    return;
  }
  const middle = rows.length >> 1;
  await landChunk(rows.slice(0, middle), landing);
  await landChunk(rows.slice(middle), landing);
}

/** One statement a chunk; when a row's fault breaks it, the halves on their own, down to the row. Throws `SinkError`. */
export async function land<Row>(rows: readonly Row[], landing: Landing<Row>): Promise<void> {
  for (const chunk of chunks(rows, (row) => landing.sizeOf(row), landing.limits)) await landChunk(chunk, landing);
}

/** Adds up what becomes of a group. */
export interface Tally {
  applied: number;
  unresolved: number;
  readonly rejected: WriteReport['rejected'][number][];
}

export function reportOf(tally: Tally, groupSize: number): WriteReport {
  const { applied, unresolved } = tally;
  const rejected = [...tally.rejected].sort((left, right) => left.index - right.index);
  return { applied, superseded: groupSize - rejected.length - applied - unresolved, unresolved, rejected };
}
