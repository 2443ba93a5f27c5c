// The version of a row in a DMS record: the place of its change in the source's transactions where the record has it, else
// when DMS made the record and where it lies in the stream.
import { exactNumber, type LongNumbers } from '../records/long-numbers.ts';
import type { RawRecord, Version } from '../types.ts';
import { microsOfIsoText } from '../values/time-text.ts';
import { snapshotTime, streamOrder } from '../values/version.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Wide enough for an unsigned int64. */
const orderDigits = 20;
const orderShape = /^(?:0|[1-9]\d{0,19})$/;

function orderOf(metadata: Fields, name: 'transaction-id' | 'transaction-record-id', numbers: LongNumbers | undefined): string | undefined {
  const id = metadata[name];
  const exact = typeof id === 'number' ? exactNumber(id, name, numbers) : id;
  const digits = typeof exact === 'number' || typeof exact === 'bigint' ? String(exact) : exact;
  return typeof digits === 'string' && orderShape.test(digits) ? digits : undefined;
}

/** Transaction, then record within it. Undefined where one of the two is missing: the half would make no order. */
function transactionOrder(metadata: Fields, numbers: LongNumbers | undefined): string | undefined {
  const transaction = orderOf(metadata, 'transaction-id', numbers);
  const place = orderOf(metadata, 'transaction-record-id', numbers);
  if (transaction === undefined || place === undefined) return undefined;
  return transaction === '0' ? place : transaction + place.padStart(orderDigits, '0');
}

/** Undefined when the record has no usable time, or a place in the stream that makes no order. */
export function changeVersion(metadata: Fields, record: RawRecord, numbers: LongNumbers | undefined): Version | undefined {
  const committed = metadata['commit-timestamp'] ?? undefined;
  const time = microsOfIsoText(committed ?? metadata.timestamp);
  const seq = (committed === undefined ? undefined : transactionOrder(metadata, numbers)) ?? streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time, seq };
}

/** The version of a loaded row: below every change, later loads above earlier ones. */
export function loadVersion(metadata: Fields, record: RawRecord): Version | undefined {
  const time = microsOfIsoText(metadata.timestamp);
  const seq = streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time: snapshotTime(time), seq };
}
