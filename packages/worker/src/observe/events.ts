// The words in which the flow of changes tells what happens to it; with the consumer's own events they are all that metrics,
// log and status know. It knows none of these three.
import type { SourceTable } from '@shardfold/changes';
import type { ConsumerEvent, ShardRef } from '@shardfold/consumer';

export type RecordOutcome = 'decoded' | 'ignored' | 'dead_lettered' | 'abandoned';
export type ChangeOutcome = 'applied' | 'superseded' | 'unresolved' | 'filtered' | 'dead_lettered' | 'abandoned';

/** The database took the row; some servers do not say whether it was newer than what they had. */
export function isStored(outcome: ChangeOutcome): boolean {
  return outcome === 'applied' || outcome === 'unresolved';
}

/** So many came, and so many of them have each outcome. */
export interface Tally {
  readonly came: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

/** One thing that is asked of a sink until it works, and its number, which no other has at that sink. */
export interface Ask {
  /** Empty: the place of the dead letters, where they do not lie in the sinks. */
  readonly sink: string;
  /** The only table that it concerns. */
  readonly table?: string;
  readonly ask: number;
}

/** `sink` is the name in the configuration. Durations are milliseconds. */
export type FlowEvent =
  | { readonly kind: 'records'; readonly shard: ShardRef; readonly outcome: RecordOutcome; readonly count: number }
  /** So many changes are to have an outcome each; `sink` is empty where the configuration names none. */
  | { readonly kind: 'changes-routed'; readonly sink: string; readonly count: number }
  | { readonly kind: 'changes'; readonly sink: string; readonly outcome: ChangeOutcome; readonly count: number }
  /** Without rows: the sink could not be opened. */
  | { readonly kind: 'sink-write'; readonly sink: string; readonly outcome: 'ok' | 'failed'; readonly durationMs: number; readonly rows: number }
  /** From a record's arrival in the stream to its acknowledgement. */
  | { readonly kind: 'latency'; readonly stream: string; readonly ms: number }
  /** `shard`: of the record. `reason` is an error code: ours in capitals, or the server's. */
  | { readonly kind: 'dead-letter'; readonly shard: ShardRef; readonly sink: string; readonly reason: string; readonly count: number }
  /** An attempt is on its way. */
  | ({ readonly kind: 'ask-begun' } & Ask)
  /** After every failed attempt; `sinceMs` counts from the first of them. */
  | ({ readonly kind: 'sink-waiting'; readonly error: unknown; readonly sinceMs: number; readonly attempt: number } & Ask)
  | ({ readonly kind: 'sink-recovered' } & Ask)
  /** It worked, or nobody waits for it any more. Once for each. */
  | ({ readonly kind: 'ask-over' } & Ask)
  /** `healed`: rows that a stale writer had left under a tombstone; `forgotten`: tombstones past their retention. */
  | { readonly kind: 'table-swept'; readonly sink: string; readonly target: string; readonly healed: number; readonly forgotten: number }
  /** It is tried again. */
  | { readonly kind: 'sweep-failed'; readonly sink: string; readonly target: string; readonly error: unknown }
  /** Once per table; `shard`: where its first row was. */
  | { readonly kind: 'table-without-key'; readonly shard: ShardRef; readonly source: SourceTable; readonly keyless: 'append' | 'dead-letter' }
  /** At a drain: what was read, of one shard or of all, or what was routed, is not what became of it. */
  | { readonly kind: 'counts-off'; readonly of: 'records' | 'changes'; readonly place: string; readonly tally: Tally }
  | { readonly kind: 'format-chosen'; readonly stream: string; readonly format: string };

/** Everything that is told while the worker runs. */
export type WorkerEvent = ConsumerEvent | FlowEvent;
