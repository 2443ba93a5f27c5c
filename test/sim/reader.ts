// Reads a held lease's shard as a shard reader of the product does: batch by batch, checkpointing now and then, draining when
// told, stopping at once when the lease is lost, finishing at the shard's end. It judges nothing: its hooks do.
import { type HeldLease, type Lease, LeaseError, type Position } from '@shardfold/lease';
import type { VirtualMachine } from '@shardfold/lease/testing';
import type { Chance } from './chance.ts';
import { recordAt, type SimShard, type SimStream, sequenceOf } from './stream.ts';

export interface ReaderHabits {
  readonly pauseMs: number;
  /** Between receiving a batch and having done it. */
  readonly workMs: number;
  readonly checkpointEveryMs: number;
  readonly maxBatch: number;
  /** Of the readers, how many never heed a request to drain. */
  readonly deaf: number;
  readonly bytesPerRecord: number;
}

export interface ReaderHooks {
  /** Records after `from` up to `to` go into the target. */
  onRead(held: HeldLease, shard: SimShard, from: number, to: number): void;
  /** They are there. */
  onDone(shard: SimShard, from: number, to: number): void;
  /** It reads nothing more. */
  onEnd(held: HeldLease): void;
  /** A call of the lease's failed in a way that none may. */
  onFault(text: string): void;
}

export interface ReaderTools {
  readonly stream: SimStream;
  readonly machine: VirtualMachine;
  readonly chance: Chance;
  readonly habits: ReaderHabits;
  readonly hooks: ReaderHooks;
  readonly trueMs: () => number;
}

/** At the tip an heir goes on from where the reader before it knows to have been. */
function startOf({ position, readMs }: Lease, shard: SimShard, { stream, trueMs }: ReaderTools): number {
  if (position.kind === 'sequence') return recordAt(shard, position.sequence) ?? 0;
  return position.kind === 'latest' ? stream.count(shard, readMs ?? trueMs()) : 0;
}

/** Reads until the lease is lost or given back. */
export function startReader(held: HeldLease, tools: ReaderTools): void {
  const { stream, machine, chance, habits, hooks, trueMs } = tools;
  const shard = stream.shard(held.lease.shardId);
  if (shard === undefined) {
    hooks.onFault(`A lease for ${held.lease.shardId} was given, which no stream has.`);
    return;
  }
  const begun = startOf(held.lease, shard, tools);
  const deaf = chance.hits(habits.deaf);
  let done = begun;
  /** True time by which everything was there that is done. */
  let readMs: number | undefined;
  let busy = false;
  let over = false;
  let savedMs = machine.clock.monotonicMs();
  let cancel = (): void => undefined;

  const end = (): void => {
    if (over) return;
    over = true;
    cancel();
    hooks.onEnd(held);
  };
  /** Where it stands; a shard of which nothing was done keeps the position it began with. */
  const position = (): Position => (done === begun ? held.lease.position : { kind: 'sequence', sequence: sequenceOf(shard, done), subSequence: 0 });
  const tolerate = (what: string) => (error: unknown) => {
    const expected = error instanceof LeaseError && (error.code === 'LEASE_LOST' || error.retryable);
    if (!expected) hooks.onFault(`${what} of ${held.lease.key} failed: ${String(error)}`);
  };
  const giveBack = (): void => {
    const at = position();
    end();
    held.release(at).catch(tolerate('The release'));
  };
  const finish = (): void => {
    end();
    held.finish(stream.children(shard)).catch(tolerate('The end'));
  };
  const next = (delayMs: number, run: () => void): void => {
    cancel = machine.timers.after(delayMs, run);
  };
  const save = (): void => {
    const nowMs = machine.clock.monotonicMs();
    if (nowMs - savedMs < habits.checkpointEveryMs) return;
    savedMs = nowMs;
    held.checkpoint(position()).catch(tolerate('A checkpoint'));
  };
  const read = (to: number, untilMs: number | undefined): void => {
    const from = done;
    hooks.onRead(held, shard, from, to);
    held.reportBytes((to - from) * habits.bytesPerRecord);
    busy = true;
    next(habits.workMs * chance.between(0.5, 1.5), () => {
      busy = false;
      done = to;
      hooks.onDone(shard, from, to);
      readMs = untilMs ?? readMs;
      save();
      if (!over) next(held.drain.aborted && !deaf ? 0 : habits.pauseMs * chance.between(0.5, 1.5), turn);
    });
  };
  const turn = (): void => {
    const nowMs = trueMs();
    const there = stream.count(shard, nowMs);
    const to = Math.min(there, done + habits.maxBatch);
    if (to === done) readMs = nowMs;
    if (held.drain.aborted && !deaf) giveBack();
    else if (to > done) read(to, to === there ? nowMs : undefined);
    else if (shard.closedMs !== undefined) finish();
    else next(habits.pauseMs, turn);
  };
  const drain = (): void => {
    if (over || busy || deaf) return;
    cancel();
    next(0, turn);
  };
  held.carry({ position: () => undefined, saved: () => undefined, readMs: () => readMs });
  held.lost.addEventListener('abort', end, { once: true });
  held.drain.addEventListener('abort', drain, { once: true });
  next(chance.between(0, habits.pauseMs), turn);
}
