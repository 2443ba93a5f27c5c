// Leaves out what a reader has already, at the beginning of what a service gives. It knows neither services nor aggregates.
import { comparePositions } from '@shardfold/lease';
import type { ReadFrom, StreamRecord } from '../types.ts';

/** DynamoDB Streams gives arrival times in whole seconds, rounded down. */
const arrivalStepMs = 1_000;

/** Undefined: everything is wanted. */
function isBefore(from: ReadFrom): ((record: StreamRecord) => boolean) | undefined {
  switch (from.kind) {
    case 'sequence':
      return ({ sequence, subSequence }) => comparePositions({ kind: 'sequence', sequence, subSequence }, from) <= 0;
    case 'timestamp': {
      const earliestMs = Math.floor(from.atMs / arrivalStepMs) * arrivalStepMs;
      // 0: the service does not say.
      return ({ arrivalMs }) => arrivalMs > 0 && arrivalMs < earliestMs;
    }
    case 'trim-horizon':
    case 'latest':
      return undefined;
    default:
      return from satisfies never;
  }
}

/**
 * To be called with the records of each batch in turn. Leaves out the leading ones that `from` is past: at or before its sequence, or
 * before the second of its time. Looks at no record any more once it has seen the first that is wanted. The same list when all
 * of it is wanted.
 */
export function fromOn(from: ReadFrom): (records: readonly StreamRecord[]) => readonly StreamRecord[] {
  let isLeftOut = isBefore(from);
  return (records) => {
    if (isLeftOut === undefined || records.length === 0) return records;
    const leftOut = isLeftOut;
    const first = records.findIndex((record) => !leftOut(record));
    if (first === -1) return [];
    isLeftOut = undefined;
    return first === 0 ? records : records.slice(first);
  };
}
