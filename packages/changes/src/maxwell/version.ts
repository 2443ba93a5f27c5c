// The version of a row in a Maxwell record: the place of its change in the source's binlog where Maxwell was told to send it,
// else its place in the stream. Never `ts`: that is the second in which a statement began, and one that began earlier may change
// the row later. Nor `xid`, which counts statements, nor `gtid`, which has no order among servers.
import type { RawRecord, Version } from '../types.ts';
import { zero } from '../values/characters.ts';
import { snapshotTime, streamOrder } from '../values/version.ts';

type Fields = Readonly<Record<string, unknown>>;

const microsPerSecond = 1_000_000;
const binlogPlace = /\.(\d{1,10}):(\d{1,13})$/;
const offsetDigits = 13;
const rowDigits = 9;
const lastRow = 999_999_999;
/** What is left of the 56 digits of a sequence number. */
const sequenceDigits = 24;
const sequenceShape = /^\d{1,56}$/;
/** 2^185: Kinesis' own numbers are not below it. They have 186 bits, and the lowest 80 of them count nothing: shard, second and version. */
const firstKinesis = '49039857307708443467467104868809893875799651909875269632';
/** Together 2^80. Each times a limb is a safe integer. */
const constantParts = [2 ** 27, 2 ** 27, 2 ** 26];
/** A sequence number of Kinesis is eight numbers of seven digits. */
const limbDigits = 7;
const limb = 10 ** limbDigits;

function eventPlace({ position }: Fields): string | undefined {
  const place = typeof position === 'string' ? binlogPlace.exec(position) : null;
  return place === null ? undefined : (place[1] ?? '') + (place[2] ?? '').padStart(offsetDigits, '0');
}

/** The row's place in its transaction: `xoffset`, and `commit` on the last row, which has no offset. */
function rowPlace({ xoffset, commit }: Fields): string {
  const offset = typeof xoffset === 'number' && xoffset >= 0 ? Math.min(Math.floor(xoffset), lastRow - 1) : 0;
  return String(commit === true ? lastRow : offset).padStart(rowDigits, '0');
}

/** The last digits of a sequence number of Kinesis divided by 2^80. By hand: as a bigint it takes longer than the rest of the version. */
function countingDigits(sequence: string): string {
  const limbs: number[] = [];
  for (let at = 0; at < sequence.length; at += limbDigits) {
    let whole = 0;
    for (let digit = at; digit < at + limbDigits; digit += 1) whole = whole * 10 + sequence.charCodeAt(digit) - zero;
    limbs.push(whole);
  }
  for (const divisor of constantParts) {
    let rest = 0;
    for (let at = 0; at < limbs.length; at += 1) {
      const part = rest * limb + (limbs[at] ?? 0);
      const quotient = Math.floor(part / divisor);
      limbs[at] = quotient;
      rest = part - quotient * divisor;
    }
  }
  const [, , , , fifth = 0, sixth = 0, seventh = 0, eighth = 0] = limbs;
  const high = (fifth % 10 ** (sequenceDigits - 3 * limbDigits)) * limb + sixth;
  return String(high).padStart(sequenceDigits - 2 * limbDigits, '0') + String(seventh * limb + eighth).padStart(2 * limbDigits, '0');
}

/** What orders the rows of one binlog event, which lie close together in the stream: the digits that count them there. */
function nearPlace(sequence: string): string {
  const isKinesis = sequence.length === firstKinesis.length && sequence >= firstKinesis;
  return isKinesis ? countingDigits(sequence) : sequence.slice(-sequenceDigits).padStart(sequenceDigits, '0');
}

/** Where the change is: in the binlog where the record has that, else in the stream. */
function placeOf(tree: Fields, record: RawRecord): Pick<RawRecord, 'sequence' | 'subSequence'> {
  const event = eventPlace(tree);
  if (event === undefined || !sequenceShape.test(record.sequence)) return record;
  return { sequence: event + rowPlace(tree) + nearPlace(record.sequence), subSequence: record.subSequence };
}

/** Maxwell's `ts` of a row is whole seconds. */
function timeOf({ ts }: Fields): number | undefined {
  const micros = typeof ts === 'number' ? ts * microsPerSecond : Number.NaN;
  return Number.isSafeInteger(ts) && Number.isSafeInteger(micros) && micros >= 0 ? micros : undefined;
}

/** The versions of a record's events, by their index in it. Undefined for a place in the stream that makes no order. */
export function changeVersions(tree: Fields, record: RawRecord): (index: number) => Version | undefined {
  const place = placeOf(tree, record);
  return (index) => {
    const seq = streamOrder(place, index);
    return seq === undefined ? undefined : { time: 0, seq };
  };
}

/** The version of a row that a bootstrap read: below every change. Undefined without a usable `ts` or place in the stream. */
export function bootstrapVersion(tree: Fields, record: RawRecord): Version | undefined {
  const time = timeOf(tree);
  const seq = streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time: snapshotTime(time), seq };
}
