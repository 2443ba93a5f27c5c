// A record made by hand: for a Lambda function, a command line, a test. It knows no format.
import type { RawRecord } from '../types.ts';

/** Wraps bytes that did not come from the consumer. `sequence` is decimal digits of at most 56 places; versions are built from it. */
export function rawRecord(parts: {
  readonly bytes: Uint8Array;
  readonly sequence: string;
  readonly subSequence?: number;
  readonly arrivalMs?: number;
  readonly partitionKey?: string;
  /** Name or ARN. */
  readonly stream?: string;
}): RawRecord {
  const { bytes, sequence, subSequence = 0, arrivalMs = 0, partitionKey = '', stream } = parts;
  const shard = stream === undefined ? {} : { shard: { stream } };
  return {
    sequence,
    subSequence,
    arrivalMs,
    partitionKey,
    ...shard,
    bytes: () => bytes,
    text: () => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
  };
}
