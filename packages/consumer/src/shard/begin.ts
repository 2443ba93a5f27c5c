// Begins the reading of a held lease: says what is missing before it, and writes down the moment that a start at the latest means.
// It reads nothing.
import type { HeldLease, Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { ConsumerEvent, OnGap, ReadFrom, ShardRef, StartPosition } from '../types.ts';
import { type Gap, type OpeningInput, planOpening } from './opening.ts';

export interface BeginParts {
  readonly held: HeldLease;
  readonly shard: ShardRef;
  readonly start: StartPosition;
  readonly machine: Machine;
  readonly onGap: OnGap;
  /** How long the stream keeps its records; undefined: it does not say. */
  retentionMs(): number | undefined;
  /** The same, asked now: it may have been raised since. It repeats by itself what is worth repeating. */
  retentionNowMs(signal: AbortSignal): Promise<number | undefined>;
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
    `Shard ${shardId} of stream ${stream} was last read at ${timeText(fromMs)}, and the stream forgot what arrived before ${timeText(toMs)}: what came in between is missing. Reading ends, and nothing was moved. Bring the missing records from elsewhere, then go on with onGap: continue, or set the lease's position. A longer retention of the stream leaves more time.`,
    { retryable: false },
  );
}

/** By the times there is a gap. A record that is still there proves that nothing behind it was forgotten, and so may a longer retention. */
async function confirmed({ held, shard, stillHas, retentionNowMs }: BeginParts, input: OpeningInput, signal: AbortSignal): Promise<Gap | undefined> {
  const { position } = held.lease;
  if (position.kind === 'sequence' && (await stillHas(shard, position.sequence, signal))) return undefined;
  return planOpening({ ...input, retentionMs: await retentionNowMs(signal) }).gap;
}

/**
 * Answers where to read from. Throws POSITION_GAP, what writing the lease throws, or the signal's reason.
 * @param isFirstTry a gap that is found again was told already
 */
export async function begin(parts: BeginParts, readUntil: (wallMs: number) => void, signal: AbortSignal, isFirstTry: boolean): Promise<ReadFrom> {
  const { held, shard, start, machine, onGap, onEvent } = parts;
  const nowMs = machine.clock.wallMs();
  const input = { lease: held.lease, start, retentionMs: parts.retentionMs(), nowMs, timeOf: parts.timeOf };
  const opening = planOpening(input);
  const gap = opening.gap && (await confirmed(parts, input, signal));
  if (gap !== undefined) {
    if (isFirstTry) onEvent({ kind: 'gap-found', shard, ...gap });
    if (gap.certain && onGap === 'stop') throw gapError(shard, gap);
  }
  if (opening.isFirst) {
    readUntil(nowMs);
    await held.checkpoint(held.lease.position);
  }
  return opening.from;
}
