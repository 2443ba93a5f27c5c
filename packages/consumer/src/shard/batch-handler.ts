// One batch in the processor: its attempts, its pieces, its acknowledgement. It knows neither where batches come from nor how a
// lease ends, and `processing/pieces.ts` says what follows a failure.
import type { Machine } from '@shardfold/lease';
import { afterFailure, type Piece, wholeBatch } from '../processing/pieces.ts';
import type { FailurePolicy } from '../processing/policy.ts';
import { retryDelayMs } from '../retry.ts';
import { traced } from '../trace.ts';
import type { ConsumerEvent, Processor, RecordBatch, StreamRecord } from '../types.ts';
import type { TrackedBatch } from '../watermark/watermark.ts';
import { type ContextParts, contextOf } from './context.ts';
import type { InHand, ShardLife } from './life.ts';

export interface BatchHandlerParts extends ContextParts {
  readonly processor: Processor;
  readonly failure: FailurePolicy;
  readonly machine: Machine;
  readonly life: ShardLife;
  /** No attempt is begun after it, and the pause before one is cut short; what is in the processor is left to finish. */
  readonly stopping: AbortSignal;
  onEvent(event: ConsumerEvent): void;
}

interface Work {
  readonly parts: BatchHandlerParts;
  readonly batch: RecordBatch;
  /** All of the batch. */
  readonly all: readonly StreamRecord[];
  readonly tracked: TrackedBatch;
  readonly inHand: InHand;
}

/** Records of the batch as a batch of their own, which is not released by whoever gets it. */
function part({ batch, all }: Work, records: readonly StreamRecord[]): RecordBatch {
  const { retainedBytes, behindLatestMs, children } = batch;
  const isEnd = children !== undefined && records.at(-1) === all.at(-1);
  return { records, retainedBytes, behindLatestMs, ...(isEnd ? { children } : {}), release: () => undefined };
}

/** `undefined`: it got through. What a processor throws may itself be undefined. */
async function attempt(work: Work, { records, to, failures }: Piece): Promise<{ readonly error: unknown } | undefined> {
  const { shard, processor } = work.parts;
  const context = contextOf(work.parts, work.tracked, records);
  try {
    if (to.kind === 'on-failure') await to.handler.onFailure({ records, error: to.error, attempts: to.attempts, shard: context });
    else {
      const message = () => ({ shard, records: records.length, attempt: failures + 1 });
      await traced('shardfold:consumer:process', message, async () => processor.process(part(work, records), context));
    }
    return undefined;
  } catch (error) {
    return { error };
  }
}

function gotThrough({ parts, all, tracked }: Work, { records, to }: Piece): void {
  tracked.complete(records === all ? undefined : records);
  parts.checkpointer.progressed();
  if (to.kind === 'on-failure')
    parts.onEvent({ kind: 'records-handed-over', shard: parts.shard, records: records.length, error: to.error, attempts: to.attempts });
}

/** What comes next instead of the piece, after the pause that it needs. */
async function failed({ parts, tracked, inHand }: Work, piece: Piece, error: unknown): Promise<readonly Piece[]> {
  const { shard, machine, stopping, onEvent } = parts;
  const open = tracked.open(piece.records);
  const { pieces, pause } = afterFailure(parts.failure, piece, open, error);
  const attempt = piece.failures + 1;
  const retryInMs = pause ? retryDelayMs(attempt, machine.random.number()) : 0;
  inHand.failed(error);
  onEvent({ kind: piece.to.kind === 'on-failure' ? 'hand-over-failed' : 'batch-failed', shard, error, attempt, retryInMs, records: open.length });
  if (pause) await machine.timers.sleep(retryInMs, stopping).catch(() => undefined);
  return pieces;
}

/** In order, until nothing is left or the shard stops. The line is as long as a batch can be cut in two, at most. */
async function workOff(work: Work): Promise<void> {
  const { held, stopping } = work.parts;
  const line: Piece[] = [wholeBatch(work.all)];
  for (let next = line.shift(); next !== undefined; next = stopping.aborted ? undefined : line.shift()) {
    const piece = { ...next, records: work.tracked.open(next.records) };
    if (piece.records.length === 0) continue;
    const failure = await attempt(work, piece);
    // A processor whose lease went may resolve without having done the work.
    if (held.lost.aborted) return;
    if (failure === undefined) gotThrough(work, piece);
    else line.unshift(...(await failed(work, piece, failure.error)));
  }
}

/**
 * Tracks the batch at once and in call order. Resolves when it is acknowledged, or when the lease goes or drains first: what is
 * not acknowledged then is read again by the next owner. Never skips.
 */
export async function handleBatch(parts: BatchHandlerParts, batch: RecordBatch): Promise<void> {
  const all = batch.records;
  const tracked = parts.watermark.track(all);
  const inHand = parts.life.begin();
  try {
    if (parts.held.lost.aborted) parts.onEvent({ kind: 'records-abandoned', shard: parts.shard, records: all.length });
    else await workOff({ parts, batch, all, tracked, inHand });
  } finally {
    inHand.over();
    batch.release();
  }
}
