// Reads one shard for as long as its lease is held: fetch ahead, hand batches to the processor, and at the end finish or
// release. It holds no policy of ownership and knows no client.
import { type ChildShard, type HeldLease, LeaseError, type Machine } from '@shardfold/lease';
import type { ConsumerEvent, Processor, ReadFrom, RecordBatch, ShardRef, ShardSource } from '../types.ts';
import { createWatermark, type Watermark } from '../watermark/watermark.ts';
import { handleBatch } from './batch-handler.ts';
import { type Checkpointer, type CheckpointPolicy, createCheckpointer } from './checkpointer.ts';
import { findChildren } from './children.ts';
import { createInFlight, type InFlight } from './in-flight.ts';

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

/** Changed by the functions of this file only. */
interface Reading {
  readonly parts: ShardReaderParts;
  readonly watermark: Watermark;
  readonly checkpointer: Checkpointer;
  readonly inFlight: InFlight;
  /** Aborted when the stream cannot be read: what is in hand is finished, nothing is tried again. */
  readonly broken: AbortController;
  readonly stopping: AbortSignal;
  behindLatestMs: number | undefined;
  tipSeen: boolean;
  lastError: string | undefined;
  drainStartedMs: number | undefined;
}

/** Why no further batch is read. */
type End =
  | { readonly kind: 'ended'; readonly children: readonly ChildShard[] }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: unknown };

function startReading(parts: ShardReaderParts): Reading {
  const { held, shard, machine, onEvent } = parts;
  const watermark = createWatermark();
  const broken = new AbortController();
  const reading: Reading = {
    parts,
    watermark,
    checkpointer: createCheckpointer({ held, shard, watermark, machine, policy: parts.checkpoint, onEvent }),
    inFlight: createInFlight(parts.maxInFlight),
    broken,
    stopping: AbortSignal.any([held.lost, held.drain, broken.signal]),
    behindLatestMs: undefined,
    tipSeen: false,
    lastError: undefined,
    drainStartedMs: undefined,
  };
  const drainStarts = () => {
    reading.drainStartedMs = machine.clock.monotonicMs();
  };
  held.drain.addEventListener('abort', drainStarts, { once: true });
  return reading;
}

function fetched(reading: Reading, batch: RecordBatch): void {
  const { shard, held, onEvent } = reading.parts;
  const { retainedBytes: bytes, behindLatestMs } = batch;
  reading.behindLatestMs = behindLatestMs;
  held.reportBytes(bytes);
  onEvent({ kind: 'batch-fetched', shard, records: batch.records.length, bytes, behindLatestMs });
}

function noteOutcome(reading: Reading, error: unknown): void {
  reading.lastError = error === undefined ? undefined : error instanceof Error ? error.message : String(error);
}

/** Waits for a place in the processor and gives it the batch. False when the shard stops first: the batch is abandoned then. */
async function handOn(reading: Reading, batch: RecordBatch): Promise<boolean> {
  const { parts, inFlight, stopping } = reading;
  if (batch.records.length === 0) {
    batch.release();
    return true;
  }
  if (!(await inFlight.slot(stopping))) {
    parts.onEvent({ kind: 'records-abandoned', shard: parts.shard, records: batch.records.length });
    batch.release();
    return false;
  }
  inFlight.run(handleBatch({ ...reading, ...parts, onOutcome: (error) => noteOutcome(reading, error) }, batch));
  return true;
}

/** Hands batches on until the shard's end or the signal. One batch is read ahead while the processor is busy. */
async function readAll(reading: Reading): Promise<End> {
  const { parts, stopping } = reading;
  let children: readonly ChildShard[] = [];
  for await (const batch of parts.source.open(parts.shard, parts.from, { signal: stopping })) {
    fetched(reading, batch);
    children = batch.children ?? children;
    if (!(await handOn(reading, batch))) return { kind: 'stopped' };
    if (batch.behindLatestMs === 0) reading.tipSeen = true;
  }
  reading.tipSeen = true;
  return { kind: 'ended', children };
}

async function readToEnd(reading: Reading): Promise<End> {
  try {
    return await readAll(reading);
  } catch (error) {
    if (reading.stopping.aborted) return { kind: 'stopped' };
    noteOutcome(reading, error);
    reading.broken.abort(error);
    return { kind: 'failed', error };
  }
}

/** Ends the lease as the shard ended. Rejects with what makes the stream unreadable, after the release. */
async function giveUp(reading: Reading, end: End): Promise<'lost' | 'finished' | 'released'> {
  const { parts, watermark } = reading;
  const { held } = parts;
  await reading.inFlight.idle();
  await reading.checkpointer.stop();
  if (held.lost.aborted) return 'lost';
  let failure = end.kind === 'failed' ? end : undefined;
  if (end.kind === 'ended' && watermark.openRecords() === 0) {
    try {
      await held.finish(end.children.length > 0 ? end.children : await findChildren(parts, reading.stopping));
      return 'finished';
    } catch (error) {
      if (held.lost.aborted) return 'lost';
      if (!held.drain.aborted) failure = { kind: 'failed', error };
    }
  }
  await held.release(watermark.position() ?? held.lease.position);
  if (failure !== undefined) throw failure.error;
  return 'released';
}

function stopped(reading: Reading, reason: 'lost' | 'finished' | 'released' | 'failed'): void {
  const { shard, machine, onEvent } = reading.parts;
  const { drainStartedMs } = reading;
  onEvent({ kind: 'shard-stopped', shard, reason, ...(drainStartedMs === undefined ? {} : { drainMs: machine.clock.monotonicMs() - drainStartedMs }) });
}

async function run(reading: Reading): Promise<void> {
  const { held, shard, from, onEvent } = reading.parts;
  onEvent({ kind: 'shard-started', shard, from });
  try {
    stopped(reading, await giveUp(reading, await readToEnd(reading)));
  } catch (error) {
    if (held.lost.aborted || (error instanceof LeaseError && error.code === 'LEASE_LOST')) return stopped(reading, 'lost');
    stopped(reading, 'failed');
    throw error;
  }
}

export function readShard(parts: ShardReaderParts): ShardReader {
  const reading = startReading(parts);
  return {
    done: run(reading),
    behindLatestMs: () => reading.behindLatestMs,
    caughtUp: () => reading.tipSeen && reading.watermark.openRecords() === 0,
    openRecords: reading.watermark.openRecords,
    lastError: () => reading.lastError,
  };
}
