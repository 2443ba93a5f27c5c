// A dead letter as the record that it was. Pure.
import type { Codec, RawRecord } from '@shardfold/changes';
import type { RecordBatch, StreamRecord } from '@shardfold/consumer';
import type { DeadLetter } from '@shardfold/sinks';

/** With the position it had, from which formats without an order of their own take the version. Letters of old have no partition key. */
export function recordOf({ stream, shard, sequence, subSequence, arrivalMs, partitionKey, raw }: DeadLetter): StreamRecord {
  return {
    shard: { stream, shardId: shard, key: shard },
    sequence,
    subSequence,
    arrivalMs,
    partitionKey: partitionKey ?? '',
    bytes: () => raw,
    text: () => new TextDecoder().decode(raw),
  };
}

export function batchOf(record: StreamRecord): RecordBatch {
  return { records: [record], retainedBytes: 0, behindLatestMs: 0, release: () => undefined };
}

/** The version by which a record's change is told from its others. Undefined: the letter is of the whole record. */
function seqOf({ event }: DeadLetter): string | undefined {
  if (event === undefined) return undefined;
  try {
    const { version } = JSON.parse(event) as { readonly version?: { readonly seq?: unknown } };
    return typeof version?.seq === 'string' ? version.seq : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Of a record with several changes, the one that the letter is of: the others landed, or have letters of their own. Where none is of its
 * version, as after another format was configured, all of them: those that landed are superseded.
 */
export function narrowed(codec: Codec, letterOf: (record: RawRecord) => DeadLetter | undefined): Codec {
  return {
    ...codec,
    decode(record) {
      const decoded = codec.decode(record);
      const letter = letterOf(record);
      const seq = letter && seqOf(letter);
      if (decoded.kind !== 'changes' || seq === undefined) return decoded;
      const events = decoded.events.filter((event) => event.version.seq === seq);
      return events.length === 0 ? decoded : { kind: 'changes', events };
    },
  };
}
