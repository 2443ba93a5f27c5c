// Invariants of what processors get and acknowledge: every record once it is due and in order (6), no more at once than was said (7),
// fencing tokens that rise (1). What is acknowledged goes into the ledger, against which positions are held. It knows no table.
import type { ReadFrom, RecordBatch, ShardContext, StreamRecord } from '@shardfold/consumer';
import type { Ledger } from '../invariants/ledger.ts';
import type { Fail } from '../invariants/watch.ts';
import type { SimWorker } from '../process.ts';
import type { BookedRecord, ConsumerStream } from './stream.ts';

/** One call of a processor. */
export interface Given {
  /** These are done, as far as the lease still counts. */
  done(records: readonly StreamRecord[]): void;
  /** The processor has settled. */
  over(how: 'resolved' | 'rejected'): void;
}

export interface DeliveryWatch {
  /** A worker's reader begins there. */
  started(worker: SimWorker, shardId: string, from: ReadFrom): void;
  /** It asks for a page from this place of the service's records. */
  asked(worker: SimWorker, shardId: string, place: number): void;
  /** It has got one. */
  answered(worker: SimWorker, shardId: string): void;
  given(worker: SimWorker, batch: RecordBatch, shard: ShardContext): Given;
  /** It gives the shard back, or ends it. */
  leaving(worker: SimWorker, shardId: string): void;
  /** `onFailure` took them over. */
  handedOver(worker: SimWorker, records: readonly StreamRecord[], shard: ShardContext): void;
}

export interface DeliveryWatchOptions {
  readonly stream: ConsumerStream;
  readonly ledger: Ledger;
  /** Nothing is owed of a shard until somebody has begun it. */
  readonly fromTheLatest: boolean;
  readonly maxInFlight: number;
  readonly fail: Fail;
}

interface Holding {
  /** Later ones have greater numbers. */
  readonly order: number;
  /** The first record may be this one, or the first that is due after the other; undefined until the service has said where the latest is. */
  first: { readonly least: number; readonly after: number } | undefined;
  readonly from: ReadFrom;
  highest: number | undefined;
  readonly acknowledged: Set<number>;
  /** Given in a call that failed. */
  readonly failed: Set<number>;
  running: number;
  /** Batches of which something is not acknowledged, and those behind one, in the order in which they were given. */
  open: (readonly number[])[];
}

/** How the clocks of a reader and of the service may differ, as an heir at the latest counts on. */
const marginMs = 5_000;
const secondMs = 1_000;

/** Undefined when it is gone. */
function textOf(record: StreamRecord): string | undefined {
  try {
    return record.text();
  } catch {
    return undefined;
  }
}

export function createDeliveryWatch({ stream, ledger, fromTheLatest, maxInFlight, fail }: DeliveryWatchOptions): DeliveryWatch {
  const holdings = new Map<SimWorker, Map<string, Holding>>();
  const places = new Map<SimWorker, Map<string, number>>();
  const tokens = new Map<string, { readonly token: bigint; readonly of: Holding }>();
  const begun = new Set<string>();
  let started = 0;

  function holdingOf(worker: SimWorker, shardId: string): Holding | undefined {
    return holdings.get(worker)?.get(shardId);
  }

  /** The first record after this one that a processor should see. */
  function after(shardId: string, number: number): number {
    const records = stream.booked(shardId);
    let next = number;
    while (records[next]?.leftOut === true) next += 1;
    return next + 1;
  }

  function firstOf(shardId: string, from: ReadFrom): Holding['first'] {
    switch (from.kind) {
      case 'trim-horizon':
        return { least: 1, after: 0 };
      case 'sequence': {
        const number = stream.find(shardId, from.sequence, from.subSequence)?.number ?? Number.NaN;
        return { least: number + 1, after: number };
      }
      case 'timestamp': {
        const trueMs = stream.trueMs(from.atMs);
        // Whole seconds: a service may know no others.
        const secondsMs = stream.trueMs(Math.floor(from.atMs / secondMs) * secondMs);
        return { least: stream.countBefore(shardId, secondsMs) + 1, after: stream.countBefore(shardId, trueMs) };
      }
      case 'latest':
        return undefined;
      default:
        return from satisfies never;
    }
  }

  /** Where the latest was that it began at: not before its moment, and no later than clocks differ, whenever and whatever the service is asked. */
  function countAtLatest(shardId: string, from: ReadFrom, asked: number): number {
    if (from.kind !== 'latest' || from.sinceMs === undefined) return asked;
    const trueMs = stream.trueMs(from.sinceMs);
    return Math.min(Math.max(asked, stream.countBefore(shardId, trueMs)), stream.countBefore(shardId, trueMs + marginMs));
  }

  /** From then on every record is owed. */
  function begins(shardId: string, count: number): void {
    if (!fromTheLatest || begun.has(shardId)) return;
    begun.add(shardId);
    ledger.begunAt(shardId, count);
  }

  function booked(worker: SimWorker, record: StreamRecord): BookedRecord | undefined {
    const known = stream.find(record.shard.shardId, record.sequence, record.subSequence);
    if (known === undefined) fail(6, `${worker.label} is given ${record.sequence} (${record.subSequence}) of ${record.shard.shardId}, which nobody put there.`);
    else if (known.text !== textOf(record)) fail(6, `${worker.label} is given record ${known.number} of ${known.shardId} with another payload.`);
    else if (known.leftOut) fail(6, `${worker.label} is given record ${known.number} of ${known.shardId}, which belongs to another shard.`);
    return known;
  }

  function inOrder(worker: SimWorker, shardId: string, holding: Holding, number: number): void {
    const who = `${worker.label} is given record ${number} of ${shardId}`;
    const { first, highest } = holding;
    if (highest === undefined) {
      const due = first === undefined ? number : after(shardId, first.after);
      if (number > due || number < (first?.least ?? 0)) fail(6, `${who} first, and by its lease record ${due} is due.`);
    } else if (number > highest) {
      const due = after(shardId, highest);
      if (number !== due) fail(6, `${who}, and never was given record ${due}.`);
    } else if (!holding.failed.has(number)) {
      fail(6, `${who} again, after ${highest}, though no call with it had failed.`);
    } else if (holding.acknowledged.has(number)) {
      fail(6, `${who} again, though it had acknowledged it.`);
    }
  }

  function takeUp(worker: SimWorker, holding: Holding, shardId: string, numbers: readonly number[]): void {
    let last = 0;
    const fresh: number[] = [];
    for (const number of numbers) {
      if (number <= last) fail(6, `${worker.label} is given record ${number} of ${shardId} after ${last} in one batch.`);
      inOrder(worker, shardId, holding, number);
      if (holding.highest === undefined || number > holding.highest) {
        fresh.push(number);
        holding.highest = number;
      }
      last = number;
    }
    while (holding.open[0]?.every((number) => holding.acknowledged.has(number))) holding.open.shift();
    if (fresh.length > 0) holding.open.push(fresh);
    if (holding.open.length > maxInFlight) fail(7, `${worker.label} has ${holding.open.length} batches of ${shardId} above its position at once.`);
    if (holding.running > maxInFlight) fail(7, `${worker.label} has ${holding.running} batches of ${shardId} in its processor at once.`);
  }

  /** What an earlier owner has seen is lower. Excused: one that begins after it stood still, which another may have begun after, or with its clock. */
  function checkToken(worker: SimWorker, holding: Holding, { shard, lease }: ShardContext): void {
    const known = tokens.get(shard.shardId);
    const begins = holding.highest === undefined;
    const clockStood = worker.suspendedMs >= 0;
    if (known !== undefined && known.of.order < holding.order && begins && !clockStood && lease.counter <= known.token)
      fail(1, `${worker.label} begins ${shard.shardId} with the fencing token ${lease.counter}, and ${known.token} was seen before.`);
    if (known === undefined || lease.counter > known.token) tokens.set(shard.shardId, { token: lease.counter, of: holding });
  }

  function acknowledge(holding: Holding, records: readonly StreamRecord[], { lost }: ShardContext): void {
    if (lost.aborted) return;
    for (const { shard, sequence, subSequence } of records) {
      const number = stream.find(shard.shardId, sequence, subSequence)?.number;
      if (number === undefined) continue;
      holding.acknowledged.add(number);
      ledger.done(shard.shardId, number - 1, number);
    }
  }

  if (fromTheLatest) stream.watch((shardId) => ledger.begunAt(shardId, Number.POSITIVE_INFINITY));
  return {
    started(worker, shardId, from) {
      started += 1;
      const holding: Holding = {
        order: started,
        first: firstOf(shardId, from),
        from,
        highest: undefined,
        acknowledged: new Set(),
        failed: new Set(),
        running: 0,
        open: [],
      };
      const known = holdings.get(worker) ?? new Map<string, Holding>();
      holdings.set(worker, known.set(shardId, holding));
      // The moment was written down by whoever came before.
      if (from.kind === 'timestamp') begins(shardId, stream.countBefore(shardId, stream.trueMs(from.atMs) + marginMs));
      else if (from.kind === 'trim-horizon') begins(shardId, 0);
    },
    asked(worker, shardId, place) {
      const known = places.get(worker) ?? new Map<string, number>();
      places.set(worker, known.set(shardId, place));
    },
    answered(worker, shardId) {
      const holding = holdingOf(worker, shardId);
      if (holding === undefined || holding.first !== undefined) return;
      const count = countAtLatest(shardId, holding.from, stream.countAt(shardId, places.get(worker)?.get(shardId) ?? 0));
      // An iterator that is renewed before the first record begins a little earlier.
      holding.first = { least: 1, after: count };
      begins(shardId, count);
    },
    given(worker, batch, shard) {
      const { shardId } = shard.shard;
      const holding = holdingOf(worker, shardId);
      if (holding === undefined) {
        fail(6, `${worker.label} is given records of ${shardId}, which it has not begun.`);
        return { done: () => undefined, over: () => undefined };
      }
      holding.running += 1;
      checkToken(worker, holding, shard);
      const numbers = batch.records.flatMap((record) => booked(worker, record)?.number ?? []);
      takeUp(worker, holding, shardId, numbers);
      return {
        done: (records) => acknowledge(holding, records, shard),
        over(how) {
          holding.running -= 1;
          if (how === 'rejected') for (const number of numbers) holding.failed.add(number);
        },
      };
    },
    leaving(worker, shardId) {
      const running = holdingOf(worker, shardId)?.running ?? 0;
      if (running > 0) fail(7, `${worker.label} leaves ${shardId} with ${running} batches in its processor.`);
    },
    handedOver(worker, records, shard) {
      const holding = holdingOf(worker, shard.shard.shardId);
      if (holding !== undefined) acknowledge(holding, records, shard);
    },
  };
}
