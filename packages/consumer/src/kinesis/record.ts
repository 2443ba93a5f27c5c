// One record of a GetRecords answer as the flow sees it. It never looks into the payload.
import type { _Record } from '@aws-sdk/client-kinesis';
import type { ShardRef, StreamRecord } from '../types.ts';

const nothing = new Uint8Array(0);
/** What a record's names and object cost besides its payload, roughly. */
const overheadBytes = 200;

function textOf(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
}

export function streamRecord(shard: ShardRef, record: _Record): StreamRecord {
  const data = record.Data ?? nothing;
  return {
    shard,
    sequence: record.SequenceNumber ?? '',
    subSequence: 0,
    arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
    partitionKey: record.PartitionKey ?? '',
    bytes: () => data,
    text: () => textOf(data),
  };
}

/** What a record holds in memory. */
export function payloadBytes(record: StreamRecord): number {
  return record.bytes().byteLength + overheadBytes;
}
