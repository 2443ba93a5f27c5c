// The version of a row in a Maxwell record: the second of its change, then its place in the source's binlog where Maxwell was
// told to send it, then its place in the stream. Maxwell's `xid` counts statements, not commits, so it orders nothing.
import type { RawRecord, Version } from '../types.ts';
import { snapshotTime, streamOrder } from '../values/version.ts';

type Fields = Readonly<Record<string, unknown>>;

const microsPerSecond = 1_000_000;
const binlogPlace = /\.(\d{1,10}):(\d{1,13})$/;
/** MySQL's `uuid:number`, MariaDB's `domain-server-number`. */
const gtidNumber = /[:-](\d{1,20})$/;
const offsetDigits = 13;
const rowDigits = 9;
const lastRow = 999_999_999;
/** What is left of the 56 digits of a sequence; records of one binlog event lie close together, so they differ in these. */
const sequenceDigits = 24;
const maxSequenceLength = 56;

function eventPlace({ position, gtid }: Fields): string | undefined {
  const place = typeof position === 'string' ? binlogPlace.exec(position) : null;
  if (place !== null) return (place[1] ?? '') + (place[2] ?? '').padStart(offsetDigits, '0');
  const transaction = typeof gtid === 'string' ? gtidNumber.exec(gtid) : null;
  return transaction?.[1];
}

/** The row's place in its transaction: `xoffset`, and `commit` on the last row, which has no offset. */
function rowPlace({ xoffset, commit }: Fields): string {
  const offset = typeof xoffset === 'number' && xoffset >= 0 ? Math.min(Math.floor(xoffset), lastRow - 1) : 0;
  return String(commit === true ? lastRow : offset).padStart(rowDigits, '0');
}

/** Only its last digits are used; the others must not hide that it is none. */
function isSequence(sequence: string): boolean {
  return sequence.length > 0 && sequence.length <= maxSequenceLength;
}

function orderOf(tree: Fields, record: RawRecord, index: number): string | undefined {
  const event = eventPlace(tree);
  if (event === undefined || !isSequence(record.sequence)) return streamOrder(record, index);
  const sequence = event + rowPlace(tree) + record.sequence.slice(-sequenceDigits).padStart(sequenceDigits, '0');
  return streamOrder({ sequence, subSequence: record.subSequence }, index);
}

/** Maxwell's `ts` of a row is whole seconds. */
function timeOf({ ts }: Fields): number | undefined {
  const micros = typeof ts === 'number' ? ts * microsPerSecond : Number.NaN;
  return Number.isSafeInteger(ts) && Number.isSafeInteger(micros) && micros >= 0 ? micros : undefined;
}

/** `index` orders the events of one record. Undefined when the record has no usable time, or a place in the stream that makes no order. */
export function changeVersion(tree: Fields, record: RawRecord, index: number): Version | undefined {
  const time = timeOf(tree);
  const seq = orderOf(tree, record, index);
  return time === undefined || seq === undefined ? undefined : { time, seq };
}

/** The version of a row that a bootstrap read: below every change. */
export function bootstrapVersion(tree: Fields, record: RawRecord): Version | undefined {
  const time = timeOf(tree);
  const seq = streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time: snapshotTime(time), seq };
}
