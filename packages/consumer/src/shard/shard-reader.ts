// Reads one shard for as long as its lease is held: fetch ahead, hand batches to the processor, and at the end finish or
// release. It holds no policy of ownership and knows no client.
import { type ChildShard, LeaseError, type PreparedCheckpoint } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { errorText } from '../processing/error-text.ts';
import type { FailurePolicy } from '../processing/policy.ts';
import { retryDelayMs } from '../retry.ts';
import { fromOn } from '../source/resume.ts';
import type { Processor, ReadFrom, RecordBatch, ShardSource } from '../types.ts';
import { createWatermark, type Watermark } from '../watermark/watermark.ts';
import { handleBatch } from './batch-handler.ts';
import { type BeginParts, begin } from './begin.ts';
import { type Checkpointer, type CheckpointPolicy, createCheckpointer } from './checkpointer.ts';
import { findChildren } from './children.ts';
import { earlier } from './earlier.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { createShardLife, type LifeReport, type ShardLife } from './life.ts';

export interface ShardReaderParts extends BeginParts {
  readonly source: ShardSource;
  readonly processor: Processor;
  readonly failure: FailurePolicy;
  /** What no repetition mends is tried again all the same: one of several streams must not end the others. */
  readonly forEver: boolean;
  readonly maxInFlight: number;
  readonly checkpoint: CheckpointPolicy;
  /** For services that do not name the children with the last batch. Resolves with none while they are not listed yet. */
  children(signal: AbortSignal): Promise<readonly ChildShard[]>;
}

export interface ShardReader {
  /** Resolves when the shard is given up, however; rejects when the stream cannot be read at all. */
  readonly done: Promise<void>;
  behindLatestMs(): number | undefined;
  /** True once everything up to the tip was read and acknowledged. */
  caughtUp(): boolean;
  openRecords(): number;
  lastError(): string | undefined;
  life(): LifeReport;
}

/** Changed by the functions of this file only. */
interface Reading {
  readonly parts: ShardReaderParts;
  readonly watermark: Watermark;
  readonly checkpointer: Checkpointer;
  readonly inFlight: InFlight;
  readonly life: ShardLife;
  /** What an owner before prepared and did not commit. */
  readonly prepared: PreparedCheckpoint | undefined;
  /** Aborted when the stream cannot be read: what is in hand is finished, nothing is tried again. */
  readonly broken: AbortController;
  readonly stopping: AbortSignal;
  /** Where reading would go on; undefined: nobody has begun. */
  next: ReadFrom | undefined;
  behindLatestMs: number | undefined;
  tipSeen: boolean;
  lastError: string | undefined;
  /** Since the last batch. */
  failures: number;
  /** How far its beginning was put back last; see `earlier`. */
  backMs: number;
  drainStartedMs: number | undefined;
}

/** Why no further batch is read. */
type End =
  /** `children`: none if nothing will ever follow; undefined if its source did not say what does. */
  | { readonly kind: 'ended'; readonly children: readonly ChildShard[] | undefined }
  /** The stream does not have the shard any more, and it was said that this may be. */
  | { readonly kind: 'gone' }
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
    life: createShardLife(machine.clock),
    prepared: held.lease.prepared,
    broken,
    stopping: AbortSignal.any([held.lost, held.drain, broken.signal]),
    next: undefined,
    behindLatestMs: undefined,
    tipSeen: false,
    lastError: undefined,
    failures: 0,
    backMs: 0,
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
  const { records, behindLatestMs } = batch;
  // An answer without records has bytes, too.
  const bytes = records.length === 0 ? 0 : batch.retainedBytes;
  reading.behindLatestMs = behindLatestMs;
  reading.lastError = undefined;
  reading.failures = 0;
  reading.life.answered();
  held.reportBytes(bytes);
  onEvent({ kind: 'batch-fetched', shard, records: records.length, bytes, behindLatestMs });
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
  inFlight.run(handleBatch({ ...reading, ...parts }, batch));
  return true;
}

/** A service may send a page twice; what was handed on already is left out. */
function unread({ next }: Reading, batch: RecordBatch): RecordBatch {
  const records = next === undefined ? batch.records : fromOn(next)(batch.records);
  return records === batch.records ? batch : { ...batch, records };
}

/** Hands batches on until the shard's end or the signal. One batch is read ahead while the processor is busy. */
async function readFrom(reading: Reading, from: ReadFrom): Promise<End> {
  const { parts, stopping, watermark } = reading;
  const batches = parts.source.open(parts.shard, from, { signal: stopping })[Symbol.asyncIterator]();
  let children: readonly ChildShard[] | undefined;
  let askedMs: number | undefined;
  for (;;) {
    // An answer may come in several batches, of which only the last is at the tip: the tip of when the first was asked for.
    askedMs ??= parts.machine.clock.wallMs();
    const step = await batches.next();
    if (step.done === true) break;
    const batch = unread(reading, step.value);
    fetched(reading, batch);
    children = batch.children ?? children;
    const last = batch.records.at(-1);
    if (!(await handOn(reading, batch))) {
      await batches.return?.();
      return { kind: 'stopped' };
    }
    if (last !== undefined) reading.next = { kind: 'sequence', sequence: last.sequence, subSequence: last.subSequence };
    if (batch.behindLatestMs === 0) {
      reading.tipSeen = true;
      watermark.tipSeen(askedMs);
      askedMs = undefined;
    }
  }
  reading.tipSeen = true;
  return { kind: 'ended', children };
}

/** What to do about a shard that cannot be read as it was meant: read on from elsewhere, end it, or neither. */
function mend(reading: Reading, error: unknown): 'again' | 'gone' | undefined {
  const { shard, onGap, onEvent } = reading.parts;
  if (!(error instanceof ConsumerError) || onGap === 'stop') return undefined;
  if (error.code !== 'SHARD_GONE' && error.code !== 'POSITION_GAP') return undefined;
  onEvent({ kind: 'gap-found', shard, certain: true });
  if (error.code === 'SHARD_GONE') return 'gone';
  reading.next = { kind: 'trim-horizon' };
  return 'again';
}

/** Where the next try begins. The latest of now is not where it began: the moment of that is written down, and what came since must come. */
function resumeFrom(reading: Reading, isRefused: boolean): 'earlier' | 'there' {
  const { parts, next, backMs } = reading;
  const back = isRefused ? earlier(next, backMs, parts.machine.clock.wallMs()) : undefined;
  if (back === undefined) {
    if (next?.kind === 'latest') reading.next = undefined;
    return 'there';
  }
  reading.next = back.from;
  reading.backMs = back.backMs;
  return 'earlier';
}

/** True: the next try may do better. A moment that is refused is one of a worker's clock, unless the configuration names it. */
function mayTryAgain(reading: Reading, error: unknown): error is ConsumerError {
  if (!(error instanceof ConsumerError)) return false;
  const isRefused = error.code === 'POSITION_INVALID' && reading.parts.held.lease.position.kind !== 'at-timestamp';
  return resumeFrom(reading, isRefused) === 'earlier' || reading.parts.forEver;
}

/** Tells of it, and waits. */
async function pauseAfter(reading: Reading, error: ConsumerError): Promise<void> {
  const { parts, stopping } = reading;
  reading.failures += 1;
  const retryInMs = retryDelayMs(reading.failures, parts.machine.random.number());
  parts.onEvent({ kind: 'fetch-failed', shard: parts.shard, error, retryInMs });
  await parts.machine.timers.sleep(retryInMs, stopping).catch(() => undefined);
}

async function readToEnd(reading: Reading): Promise<End> {
  const { parts, stopping, watermark } = reading;
  const { shard, onEvent } = parts;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (reading.next === undefined) {
        reading.next = await begin(parts, watermark.tipSeen, stopping, attempt === 1);
        onEvent({ kind: 'shard-started', shard, from: reading.next });
      }
      return await readFrom(reading, reading.next);
    } catch (error) {
      if (stopping.aborted) return { kind: 'stopped' };
      const mended = mend(reading, error);
      if (mended === 'gone') return { kind: 'gone' };
      if (mended === 'again') continue;
      reading.lastError = errorText(error);
      if (!mayTryAgain(reading, error)) {
        reading.broken.abort(error);
        return { kind: 'failed', error };
      }
      await pauseAfter(reading, error);
      if (stopping.aborted) return { kind: 'stopped' };
    }
  }
}

/** What follows a shard that is gone may be gone as well; what follows one that has ended is listed sooner or later. */
async function childrenAfter({ parts, stopping }: Reading, end: Extract<End, { kind: 'ended' | 'gone' }>): Promise<readonly ChildShard[]> {
  if (end.kind === 'gone') return parts.children(stopping);
  return end.children ?? findChildren(parts, stopping);
}

/** Ends the lease as the shard ended. Rejects with what makes the stream unreadable, after the release. */
async function giveUp(reading: Reading, end: End): Promise<'lost' | 'finished' | 'released'> {
  const { parts, watermark } = reading;
  const { held } = parts;
  reading.life.drains();
  await reading.inFlight.idle();
  await reading.checkpointer.stop();
  if (held.lost.aborted) return 'lost';
  let failure = end.kind === 'failed' ? end : undefined;
  if ((end.kind === 'ended' || end.kind === 'gone') && watermark.openRecords() === 0) {
    try {
      await held.finish(await childrenAfter(reading, end));
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
  reading.life.ends();
  onEvent({ kind: 'shard-stopped', shard, reason, ...(drainStartedMs === undefined ? {} : { drainMs: machine.clock.monotonicMs() - drainStartedMs }) });
}

async function run(reading: Reading): Promise<void> {
  const { held } = reading.parts;
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
    lastError: () => reading.life.report().trouble?.error ?? reading.lastError,
    life: reading.life.report,
  };
}
