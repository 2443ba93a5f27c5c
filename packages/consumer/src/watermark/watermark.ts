// The low watermark of a shard: the highest position below which every record is acknowledged, and until when the shard was read
// with that. Pure bookkeeping: it saves nothing and knows no lease.
import type { Position } from '@shardfold/lease';
import type { StreamRecord } from '../types.ts';

export interface TrackedBatch {
  /** This record is done. Records of other batches and repetitions change nothing. */
  acknowledge(record: StreamRecord): void;
  /** These records of the batch are done; without any named: all of it. */
  complete(records?: readonly StreamRecord[]): void;
  /** Those of these records of the batch that are not done, in their order. */
  open(records: readonly StreamRecord[]): readonly StreamRecord[];
}

export interface Watermark {
  /** Batches are tracked in the order of the shard. */
  track(records: readonly StreamRecord[]): TrackedBatch;
  /** With what is tracked so far, everything that had arrived by then was read. In milliseconds since 1970. */
  tipSeen(wallMs: number): void;
  /** Undefined until a first record is acknowledged. */
  position(): Position | undefined;
  /**
   * Milliseconds since 1970: what arrived before then lies below the watermark, as far as arrival times tell. It never goes back;
   * undefined until a first record is acknowledged or a tip was seen.
   */
  readMs(): number | undefined;
  /** Records below the watermark, for "save every so many". */
  acknowledgedRecords(): number;
  /** Records handed out that are not done, and those behind one in its batch. */
  openRecords(): number;
}

interface Open {
  readonly records: readonly StreamRecord[];
  /** Index of the first record that is not done. */
  next: number;
  done: Uint8Array | undefined;
  indexes: Map<StreamRecord, number> | undefined;
  /** When the tip was seen behind this batch. */
  tipMs: number | undefined;
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

function openOf({ records: all, next, done, indexes }: Open, records: readonly StreamRecord[]): readonly StreamRecord[] {
  if (next === all.length) return [];
  return done === undefined ? records : records.filter((record) => done[indexes?.get(record) ?? -1] === 0);
}

export function createWatermark(): Watermark {
  const line: Open[] = [];
  let last: StreamRecord | undefined;
  let acknowledged = 0;
  let readMs: number | undefined;

  function readUntil(atMs: number): void {
    readMs = readMs === undefined ? atMs : Math.max(readMs, atMs);
  }

  /** The record that the watermark stands on. */
  function lowest(): StreamRecord | undefined {
    const head = line[0];
    return head === undefined || head.next === 0 ? last : head.records[head.next - 1];
  }

  function advance(): void {
    for (let head = line[0]; head !== undefined && head.next === head.records.length; head = line[0]) {
      last = head.records.at(-1) ?? last;
      acknowledged += head.records.length;
      if (head.tipMs !== undefined) readUntil(head.tipMs);
      line.shift();
    }
    const at = lowest();
    if (at !== undefined) readUntil(at.arrivalMs);
  }

  return {
    track(records) {
      const open: Open = { records, next: 0, done: undefined, indexes: undefined, tipMs: undefined };
      line.push(open);
      advance();
      return {
        acknowledge(record) {
          markDone(open, record);
          advance();
        },
        complete(done = records) {
          if (done === records) open.next = records.length;
          else for (const record of done) markDone(open, record);
          advance();
        },
        open: (asked) => openOf(open, asked),
      };
    },
    tipSeen(wallMs) {
      const behind = line.at(-1);
      if (behind === undefined) readUntil(wallMs);
      else behind.tipMs = Math.max(behind.tipMs ?? wallMs, wallMs);
    },
    position() {
      const record = lowest();
      return record === undefined ? undefined : { kind: 'sequence', sequence: record.sequence, subSequence: record.subSequence };
    },
    readMs: () => readMs,
    acknowledgedRecords: () => acknowledged + (line[0]?.next ?? 0),
    openRecords: () => line.reduce((sum, open) => sum + open.records.length - open.next, 0),
  };
}
