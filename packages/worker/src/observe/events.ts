// The words in which the flow of changes tells what happens to it; with the consumer's own events they are all that metrics,
// log and status know. It knows none of these three.
import type { SourceTable } from '@shardfold/changes';
import type { ConsumerEvent } from '@shardfold/consumer';

export type RecordOutcome = 'decoded' | 'ignored' | 'dead_lettered' | 'abandoned';
export type ChangeOutcome = 'applied' | 'superseded' | 'unresolved' | 'filtered' | 'dead_lettered' | 'abandoned';

/** The database took the row; some servers do not say whether it was newer than what they had. */
export function isStored(outcome: ChangeOutcome): boolean {
  return outcome === 'applied' || outcome === 'unresolved';
}

/** `sink` is the name in the configuration. Durations are milliseconds. */
export type FlowEvent =
  | { readonly kind: 'records'; readonly stream: string; readonly outcome: RecordOutcome; readonly count: number }
  | { readonly kind: 'changes'; readonly sink: string; readonly outcome: ChangeOutcome; readonly count: number }
  | { readonly kind: 'sink-write'; readonly sink: string; readonly outcome: 'ok' | 'failed'; readonly durationMs: number; readonly rows: number }
  /** From a record's arrival in the stream to its acknowledgement. */
  | { readonly kind: 'latency'; readonly stream: string; readonly ms: number }
  /** `reason` is an error code: ours in capitals, or the server's. */
  | { readonly kind: 'dead-letter'; readonly sink: string; readonly reason: string; readonly count: number }
  /** After every failed attempt; `sinceMs` counts from the first of them. */
  | { readonly kind: 'sink-waiting'; readonly sink: string; readonly error: unknown; readonly sinceMs: number; readonly attempt: number }
  | { readonly kind: 'sink-recovered'; readonly sink: string }
  /** `healed`: rows that a stale writer had left under a tombstone; `forgotten`: tombstones past their retention. */
  | { readonly kind: 'table-swept'; readonly sink: string; readonly target: string; readonly healed: number; readonly forgotten: number }
  /** It is tried again. */
  | { readonly kind: 'sweep-failed'; readonly sink: string; readonly target: string; readonly error: unknown }
  /** Once per table. */
  | { readonly kind: 'table-without-key'; readonly source: SourceTable; readonly keyless: 'append' | 'dead-letter' }
  | { readonly kind: 'format-chosen'; readonly stream: string; readonly format: string };

/** Everything that is told while the worker runs. */
export type WorkerEvent = ConsumerEvent | FlowEvent;
