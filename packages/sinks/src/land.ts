// Lands rows: in chunks, and around those that the server refuses. It knows no statement and no server.
import { type ChunkLimits, chunks } from './chunks.ts';
import type { SinkError, SinkRowError, WriteReport } from './types.ts';

/**
 * A row's fault is dead-lettered, the rest is thrown. `perhaps`: what to call it where it turns out to be owed to one row, for a
 * fault that nothing is known of.
 */
export type SortedError =
  | { readonly kind: 'row'; readonly error: SinkRowError }
  | { readonly kind: 'sink'; readonly error: SinkError; readonly perhaps?: SinkRowError };

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
  /** The same statements without a row, where there are such: that they pass tells that the server is well. */
  probe?(): Promise<unknown>;
}

/** Statements that fail for a reason nobody knows, before one has landed: then the environment is at fault. */
const maxVainTries = 64;

interface Progress<Row> {
  hasLanded: boolean;
  vainTries: number;
  /** Rows that failed alone, for a reason nobody knows. */
  readonly suspects: { readonly row: Row; readonly error: SinkError }[];
}

async function landChunk<Row>(rows: readonly Row[], landing: Landing<Row>, progress: Progress<Row>): Promise<void> {
  const [only, ...others] = rows;
  if (only === undefined) return;
  try {
    landing.onLanded(rows, await landing.send(rows));
    progress.hasLanded = true;
    return;
  } catch (error) {
    const sorted = landing.sort(error);
    if (sorted.kind === 'sink') {
      progress.vainTries += 1;
      if (sorted.perhaps === undefined || (!progress.hasLanded && progress.vainTries > maxVainTries)) throw sorted.error;
      if (others.length === 0) progress.suspects.push({ row: only, error: sorted.error });
    } else if (others.length === 0) landing.onRejected(only, sorted.error);
  }
  if (others.length === 0) return;
  const middle = rows.length >> 1;
  await landChunk(rows.slice(0, middle), landing, progress);
  await landChunk(rows.slice(middle), landing, progress);
}

/** Whether the server is well, as far as can be told: another row landed, or no row at all does and the fault does not pass by itself. */
async function isWell<Row>({ probe }: Landing<Row>, hasLanded: boolean, { retryable }: SinkError): Promise<boolean> {
  if (hasLanded || retryable || probe === undefined) return hasLanded;
  return probe().then(
    () => true,
    () => false,
  );
}

/** What fails alone, and again, while the server is well, is the row's fault. Throws `SinkError` where it is not. */
async function landSuspects<Row>(landing: Landing<Row>, { suspects, hasLanded }: Progress<Row>): Promise<void> {
  const [first] = suspects;
  if (first === undefined) return;
  if (!(await isWell(landing, hasLanded, first.error))) throw first.error;
  for (const { row } of suspects) {
    try {
      landing.onLanded([row], await landing.send([row]));
    } catch (error) {
      const sorted = landing.sort(error);
      const fault = sorted.kind === 'row' ? sorted.error : sorted.perhaps;
      if (sorted.kind === 'sink' && fault === undefined) throw sorted.error;
      if (fault !== undefined) landing.onRejected(row, fault);
    }
  }
}

/** One statement a chunk; when a row's fault breaks it, the halves on their own, down to the row. Throws `SinkError`. */
export async function land<Row>(rows: readonly Row[], landing: Landing<Row>): Promise<void> {
  const progress: Progress<Row> = { hasLanded: false, vainTries: 0, suspects: [] };
  for (const chunk of chunks(rows, (row) => landing.sizeOf(row), landing.limits)) await landChunk(chunk, landing, progress);
  await landSuspects(landing, progress);
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
