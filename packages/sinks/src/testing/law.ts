// What a law of the suite is, and what it is tried on. It knows no sink and no law.
import type { Sink } from '../types.ts';
import type { StoredRow } from './memory-sink.ts';

export interface SinkUnderTest {
  /** Two opened sinks over one empty database, as two processes would have them; they may be the same. */
  readonly sinks: readonly [Sink, Sink];
  /** What a table holds now. */
  rows(table: string): Promise<readonly StoredRow[]>;
  /** Closes what `makeSink` opened. */
  close(): Promise<void>;
}

export interface Law {
  readonly name: string;
  readonly holds: (subject: SinkUnderTest) => Promise<void>;
}

export const neverAborted: AbortSignal = new AbortController().signal;
