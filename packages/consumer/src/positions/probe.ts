// Asks a shard where something lies in it: the first record since a moment, a record by its number, how much is behind a position. It writes
// nothing and holds no lease.
import type { Lease } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { createByteBudget } from '../memory/byte-budget.ts';
import { planOpening } from '../shard/opening.ts';
import type { ReadLimits } from '../source/pace.ts';
import { createPollingSource } from '../source/polling.ts';
import { type Page, type StartAt, startAt } from '../source/service.ts';
import type { ShardRef, StartPosition } from '../types.ts';
import { ask, type StreamsParts } from './streams.ts';
import type { Found } from './target.ts';

export interface ProbeParts extends StreamsParts {
  readonly limits: ReadLimits;
  readonly start: StartPosition;
}

/** Only the first record is looked at: little is asked for at once. */
const probeBytes = 128 * 1024;
const recordsPerCallMax = 100;
/** What fails so often in a row is not tried any more. */
const failuresMax = 4;
/** So many empty pages in a row are followed: a service gives them where it has to look for a record. */
const emptyPagesMax = 100;

/** Throws `ConsumerError`, or the signal's reason. */
export async function firstSince({ service, machine, limits }: ProbeParts, shard: ShardRef, atMs: number, signal: AbortSignal): Promise<Found> {
  const enough = new AbortController();
  let failures = 0;
  const source = createPollingSource({
    service,
    machine,
    limits,
    recordsPerCallMax,
    pollIntervalMs: 0,
    budget: createByteBudget(probeBytes),
    onEvent(event) {
      if (event.kind !== 'fetch-failed') return;
      failures += 1;
      if (failures >= failuresMax) enough.abort(event.error);
    },
  });
  for await (const batch of source.open(shard, { kind: 'timestamp', atMs }, { signal: AbortSignal.any([signal, enough.signal]) })) {
    failures = 0;
    const [first] = batch.records;
    const found: Found | undefined = first && { kind: 'record', sequence: first.sequence, arrivalMs: first.arrivalMs };
    const isTip = batch.records.length === 0 && batch.behindLatestMs === 0;
    batch.release();
    if (found !== undefined) return found;
    if (isTip) return { kind: 'none', ended: false };
  }
  return { kind: 'none', ended: true };
}

interface Peek {
  /** Undefined: there is none until the tip. */
  readonly sequence: string | undefined;
  /** Behind that record. */
  readonly behindLatestMs: number;
}

/** The first record from there on. */
async function peek(parts: ProbeParts, shard: ShardRef, from: StartAt, signal: AbortSignal): Promise<Peek> {
  const { service } = parts;
  let next: string | undefined = await ask(parts, shard.stream, signal, () => service.iterator(shard, from, signal));
  let behindLatestMs = 0;
  for (let pages = 0; next !== undefined && pages < emptyPagesMax; pages += 1) {
    const iterator: string = next;
    const page: Page = await ask(parts, shard.stream, signal, () => service.page(shard, iterator, 1, signal));
    const [first] = page.records;
    page.free();
    behindLatestMs = page.behindLatestMs;
    if (first !== undefined) return { sequence: first.sequence, behindLatestMs };
    next = behindLatestMs > 0 ? page.next : undefined;
  }
  return { sequence: undefined, behindLatestMs };
}

/** What services say of a number that is not of this shard, or not any more. STREAM_MISSING: of a stream that has just been described. */
const absent: ReadonlySet<string> = new Set(['POSITION_INVALID', 'POSITION_GAP', 'STREAM_MISSING']);

/** False also where the stream does not take the number for one of this shard. Throws what may pass. */
export async function hasRecord(parts: ProbeParts, shard: ShardRef, sequence: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await peek(parts, shard, { kind: 'at-sequence', sequence }, signal)).sequence === sequence;
  } catch (error) {
    if (signal.aborted || !(error instanceof ConsumerError) || !absent.has(error.code)) throw error;
    return false;
  }
}

/** How far a reader of the lease as it stands would be behind. Undefined: there is nothing to read, or the stream cannot tell. */
export async function lagMs(parts: ProbeParts, shard: ShardRef, lease: Lease, signal: AbortSignal): Promise<number | undefined> {
  const { position, readMs } = lease;
  if (position.kind === 'shard-end' || (position.kind === 'latest' && readMs === undefined)) return undefined;
  const nowMs = parts.machine.clock.wallMs();
  const { from } = planOpening({ lease, start: parts.start, retentionMs: undefined, nowMs, timeOf: () => undefined });
  try {
    return (await peek(parts, shard, startAt(from), signal)).behindLatestMs;
  } catch (error) {
    if (signal.aborted || !(error instanceof ConsumerError) || error.retryable) throw error;
    return undefined;
  }
}
