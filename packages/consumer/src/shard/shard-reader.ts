// Reads one shard for as long as its lease is held: fetch ahead, hand batches to the processor, acknowledge, checkpoint, and
// at the end finish or release. It holds no policy of ownership and knows no client.
import { type ChildShard, type HeldLease, LeaseError, type Machine } from '@shardfold/lease';
import type { ConsumerEvent, Processor, ReadFrom, RecordBatch, ShardContext, ShardRef, ShardSource } from '../types.ts';
import { createWatermark } from '../watermark/watermark.ts';
import { type CheckpointPolicy, createCheckpointer } from './checkpointer.ts';
import { createInFlight } from './in-flight.ts';
import { retryDelayMs } from './retry.ts';

export interface ShardReaderParts {
  readonly held: HeldLease;
  readonly shard: ShardRef;
  readonly from: ReadFrom;
  readonly source: ShardSource;
  readonly processor: Processor;
  readonly machine: Machine;
  readonly maxInFlight: number;
  readonly checkpoint: CheckpointPolicy;
  /** For services that do not name the children with the last batch. Resolves with none while they are not listed yet. */
  children(signal: AbortSignal): Promise<readonly ChildShard[]>;
  onEvent(event: ConsumerEvent): void;
}

export interface ShardReader {
  /** Resolves when the shard is given up, however; rejects when the stream cannot be read at all. */
  readonly done: Promise<void>;
  behindLatestMs(): number | undefined;
  /** True once everything up to the tip was read and acknowledged. */
  caughtUp(): boolean;
  openRecords(): number;
  lastError(): string | undefined;
}

const childrenRetryMs = 1_000;

export function readShard(parts: ShardReaderParts): ShardReader {
  const { held, shard, machine, processor, onEvent } = parts;
  const watermark = createWatermark();
  const checkpointer = createCheckpointer({ held, shard, watermark, machine, policy: parts.checkpoint, onEvent });
  const inFlight = createInFlight(parts.maxInFlight);
  const stopReading = AbortSignal.any([held.lost, held.drain]);
  let behindLatestMs: number | undefined;
  let tipSeen = false;
  let lastError: string | undefined;
  let drainStartedMs: number | undefined;
  held.drain.addEventListener(
    'abort',
    () => {
      drainStartedMs = machine.clock.monotonicMs();
    },
    { once: true },
  );

  function abandon(batch: RecordBatch): void {
    if (batch.records.length > 0) onEvent({ kind: 'records-abandoned', shard, records: batch.records.length });
    batch.release();
  }

  /** Resolves when the batch is acknowledged, or when the lease goes or drains first. Never skips. */
  async function handle(batch: RecordBatch): Promise<void> {
    const tracked = watermark.track(batch.records);
    const context: ShardContext = {
      shard,
      get lease() {
        return held.lease;
      },
      lost: held.lost,
      drain: held.drain,
      acknowledge(record) {
        tracked.acknowledge(record);
        checkpointer.progressed();
      },
      checkpoint: checkpointer.save,
    };
    try {
      for (let attempt = 1; !held.lost.aborted; attempt += 1) {
        try {
          await processor.process(batch, context);
          tracked.complete();
          checkpointer.progressed();
          lastError = undefined;
          return;
        } catch (error) {
          if (held.lost.aborted) return;
          lastError = error instanceof Error ? error.message : String(error);
          const retryInMs = retryDelayMs(attempt, machine.random.number());
          onEvent({ kind: 'batch-failed', shard, error, attempt, retryInMs });
          await machine.timers.sleep(retryInMs, stopReading);
        }
      }
    } catch {
      // The pause was cut short: what is not acknowledged is read again by the next owner.
    } finally {
      batch.release();
    }
  }

  /** Hands batches on until the shard's end (its children) or the signal (undefined). Reads one batch ahead. */
  async function readAll(): Promise<readonly ChildShard[] | undefined> {
    const iterator = parts.source.open(shard, parts.from, { signal: stopReading })[Symbol.asyncIterator]();
    let children: readonly ChildShard[] = [];
    let ahead = iterator.next();
    for (;;) {
      const next = await ahead;
      if (next.done === true) return children;
      const batch = next.value;
      behindLatestMs = batch.behindLatestMs;
      children = batch.children ?? children;
      onEvent({ kind: 'batch-fetched', shard, records: batch.records.length, bytes: batch.retainedBytes, behindLatestMs: batch.behindLatestMs });
      ahead = iterator.next();
      // It is awaited in the next turn; until then its rejection is nobody's surprise.
      ahead.catch(() => undefined);
      if (batch.records.length === 0) batch.release();
      else if (await inFlight.slot(stopReading)) inFlight.run(handle(batch));
      else abandon(batch);
      if (batch.behindLatestMs === 0) tipSeen = true;
      if (stopReading.aborted) {
        const last = await ahead.catch(() => undefined);
        if (last?.done === false) {
          onEvent({
            kind: 'batch-fetched',
            shard,
            records: last.value.records.length,
            bytes: last.value.retainedBytes,
            behindLatestMs: last.value.behindLatestMs,
          });
          abandon(last.value);
        }
        return undefined;
      }
    }
  }

  /** A shard that ended has children; a listing that does not show them yet is asked again. */
  async function childrenAtEnd(given: readonly ChildShard[]): Promise<readonly ChildShard[]> {
    let children = given;
    while (children.length === 0) {
      children = await parts.children(stopReading);
      if (children.length === 0) await machine.timers.sleep(childrenRetryMs, stopReading);
    }
    return children;
  }

  function drainedMs(): { readonly drainMs?: number } {
    return drainStartedMs === undefined ? {} : { drainMs: machine.clock.monotonicMs() - drainStartedMs };
  }

  /** Ends the lease as the shard ended: lost, finished, or released at the watermark. */
  async function giveUp(children: readonly ChildShard[] | undefined): Promise<void> {
    await inFlight.idle();
    await checkpointer.stop();
    const released = () => held.release(watermark.position() ?? held.lease.position);
    if (held.lost.aborted) return onEvent({ kind: 'shard-stopped', shard, reason: 'lost', ...drainedMs() });
    if (children === undefined || watermark.openRecords() > 0) {
      await released();
      return onEvent({ kind: 'shard-stopped', shard, reason: 'released', ...drainedMs() });
    }
    try {
      await held.finish(await childrenAtEnd(children));
      onEvent({ kind: 'shard-stopped', shard, reason: 'finished', ...drainedMs() });
    } catch (error) {
      if (!held.drain.aborted || held.lost.aborted) throw error;
      await released();
      onEvent({ kind: 'shard-stopped', shard, reason: 'released', ...drainedMs() });
    }
  }

  async function run(): Promise<void> {
    onEvent({ kind: 'shard-started', shard, from: parts.from });
    try {
      let children: readonly ChildShard[] | undefined;
      let failure: unknown;
      try {
        children = await readAll();
      } catch (error) {
        if (!stopReading.aborted) failure = error;
      }
      await giveUp(failure === undefined ? children : undefined);
      if (failure !== undefined) throw failure;
    } catch (error) {
      if (held.lost.aborted || (error instanceof LeaseError && error.code === 'LEASE_LOST'))
        return onEvent({ kind: 'shard-stopped', shard, reason: 'lost', ...drainedMs() });
      onEvent({ kind: 'shard-stopped', shard, reason: 'failed' });
      throw error;
    }
  }

  return {
    done: run(),
    behindLatestMs: () => behindLatestMs,
    caughtUp: () => tipSeen && watermark.openRecords() === 0,
    openRecords: watermark.openRecords,
    lastError: () => lastError,
  };
}
