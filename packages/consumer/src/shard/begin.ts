// Begins the reading of a held lease: says what is missing before it, and writes down the moment that a start at the latest means.
// It reads nothing.
import type { HeldLease, Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { ConsumerEvent, OnGap, ReadFrom, ShardRef, StartPosition } from '../types.ts';
import { type Gap, planOpening } from './opening.ts';

export interface BeginParts {
  readonly held: HeldLease;
  readonly shard: ShardRef;
  readonly start: StartPosition;
  readonly machine: Machine;
  readonly onGap: OnGap;
  /** How long the stream keeps its records; undefined: it does not say. */
  retentionMs(): number | undefined;
  timeOf(sequence: string): number | undefined;
  /** Whether the stream still has this record. It repeats by itself what is worth repeating. */
  stillHas(shard: ShardRef, sequence: string, signal: AbortSignal): Promise<boolean>;
  onEvent(event: ConsumerEvent): void;
}

/** @param ms since 1970 */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function gapError({ stream, shardId }: ShardRef, { fromMs, toMs }: Gap): ConsumerError {
  return new ConsumerError(
    'POSITION_GAP',
    `Shard ${shardId} of stream ${stream} was last read at ${timeText(fromMs)}, and the stream forgot what arrived before ${timeText(toMs)}: what came in between is missing. Reading ends, and nothing was moved. Bring the missing records from elsewhere, then go on with onGap: continue, or set a position (checkpoint set). A longer retention of the stream leaves more time.`,
    { retryable: false },
  );
}

/** By the times there is a gap. A record that is still there proves that nothing behind it was forgotten. */
async function isMissing({ held, shard, stillHas }: BeginParts, signal: AbortSignal): Promise<boolean> {
  const { position } = held.lease;
  return position.kind !== 'sequence' || !(await stillHas(shard, position.sequence, signal));
}

/**
 * Answers where to read from. Throws POSITION_GAP, what writing the lease throws, or the signal's reason.
 * @param isFirstTry a gap that is found again was told already
 */
export async function begin(parts: BeginParts, readUntil: (wallMs: number) => void, signal: AbortSignal, isFirstTry: boolean): Promise<ReadFrom> {
  const { held, shard, start, machine, onGap, onEvent } = parts;
  const nowMs = machine.clock.wallMs();
  const { from, isFirst, gap } = planOpening({ lease: held.lease, start, retentionMs: parts.retentionMs(), nowMs, timeOf: parts.timeOf });
  if (gap !== undefined && (await isMissing(parts, signal))) {
    if (isFirstTry) onEvent({ kind: 'gap-found', shard, ...gap });
    if (gap.certain && onGap === 'stop') throw gapError(shard, gap);
  }
  if (isFirst) {
    readUntil(nowMs);
    await held.checkpoint(held.lease.position);
  }
  return from;
}
