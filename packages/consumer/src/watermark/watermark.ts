// The low watermark of a shard: the highest position below which every record is acknowledged. Pure bookkeeping: it saves
// nothing and knows no lease.
import type { Position } from '@shardfold/lease';
import type { StreamRecord } from '../types.ts';

export interface TrackedBatch {
  /** This record is done. Records of other batches and repetitions change nothing. */
  acknowledge(record: StreamRecord): void;
  /** All of the batch is done. */
  complete(): void;
}

export interface Watermark {
  /** Batches are tracked in the order of the shard. */
  track(records: readonly StreamRecord[]): TrackedBatch;
  /** Undefined until a first record is acknowledged. */
  position(): Position | undefined;
  /** Records below the watermark, for "save every so many". */
  acknowledgedRecords(): number;
  /** Records handed out above the watermark. */
  openRecords(): number;
}

interface Open {
  readonly records: readonly StreamRecord[];
  /** Index of the first record that is not done. */
  next: number;
  done: Uint8Array | undefined;
  indexes: Map<StreamRecord, number> | undefined;
}

/** A batch's lookup is made only when single records of it are acknowledged. */
function markDone(open: Open, record: StreamRecord): void {
  open.indexes ??= new Map(open.records.map((each, index) => [each, index]));
  open.done ??= new Uint8Array(open.records.length);
  const index = open.indexes.get(record);
  if (index === undefined) return;
  open.done[index] = 1;
  while (open.next < open.records.length && open.done[open.next] === 1) open.next += 1;
}

export function createWatermark(): Watermark {
  const line: Open[] = [];
  let last: StreamRecord | undefined;
  let acknowledged = 0;

  function advance(): void {
    for (let head = line[0]; head !== undefined; head = line[0]) {
      if (head.next < head.records.length) return;
      last = head.records.at(-1) ?? last;
      acknowledged += head.records.length;
      line.shift();
    }
  }

  return {
    track(records) {
      const open: Open = { records, next: 0, done: undefined, indexes: undefined };
      line.push(open);
      advance();
      return {
        acknowledge(record) {
          markDone(open, record);
          advance();
        },
        complete() {
          open.next = records.length;
          advance();
        },
      };
    },
    position() {
      const head = line[0];
      const record = head === undefined || head.next === 0 ? last : head.records[head.next - 1];
      return record === undefined ? undefined : { kind: 'sequence', sequence: record.sequence, subSequence: record.subSequence };
    },
    acknowledgedRecords: () => acknowledged + (line[0]?.next ?? 0),
    openRecords: () => line.reduce((sum, open) => sum + open.records.length - open.next, 0),
  };
}
