// The version of a row in a DMS record: the place of its change in the source's transactions where the record has it, else
// when DMS made the record and where it lies in the stream.
import type { RawRecord, Version } from '../types.ts';
import { snapshotTime, streamOrder } from '../values/version.ts';
import { isoMicros } from './time.ts';

/** Wide enough for an unsigned int64. */
const orderDigits = 20;
const orderShape = /^(?:0|[1-9]\d{0,19})$/;

function orderOf(id: unknown): string | undefined {
  const digits = typeof id === 'number' || typeof id === 'bigint' ? String(id) : id;
  return typeof digits === 'string' && orderShape.test(digits) ? digits : undefined;
}

/** Transaction, then record within it. Undefined where one of the two is missing: the half would make no order. */
function transactionOrder(metadata: Readonly<Record<string, unknown>>): string | undefined {
  const transaction = orderOf(metadata['transaction-id']);
  const place = orderOf(metadata['transaction-record-id']);
  if (transaction === undefined || place === undefined) return undefined;
  return transaction === '0' ? place : transaction + place.padStart(orderDigits, '0');
}

/** Undefined when the record has no usable time, or a place in the stream that makes no order. */
export function changeVersion(metadata: Readonly<Record<string, unknown>>, record: RawRecord): Version | undefined {
  const committed = metadata['commit-timestamp'] ?? undefined;
  const time = isoMicros(committed ?? metadata.timestamp);
  const seq = (committed === undefined ? undefined : transactionOrder(metadata)) ?? streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time, seq };
}

/** The version of a loaded row: below every change, later loads above earlier ones. */
export function loadVersion(metadata: Readonly<Record<string, unknown>>, record: RawRecord): Version | undefined {
  const time = isoMicros(metadata.timestamp);
  const seq = streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time: snapshotTime(time), seq };
}
