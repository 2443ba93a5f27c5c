// What a reader gets of stored records: whole records that share their bytes, until they are let go. It knows no page.
import { separatePayloads, WireRecord } from '../../kinesis/wire/record.ts';
import type { ShardRef, StreamRecord } from '../../types.ts';
import type { Stored } from './log.ts';

/** After `free()` payloads throw BATCH_RELEASED. */
export function readable(shard: ShardRef, all: readonly Stored[]): { readonly records: readonly StreamRecord[]; free(): void } {
  const payloads = separatePayloads(all.map(({ data }) => data));
  return {
    records: all.map(({ sequence, partitionKey, arrivalMs }, index) => new WireRecord(shard, sequence, partitionKey, arrivalMs, payloads, index, index)),
    free: payloads.free,
  };
}
