// An event of a subscription as a batch of records as they came. It never looks into a payload.
import type { SubscribeToShardEvent } from '@aws-sdk/client-kinesis';
import { ConsumerError } from '../errors.ts';
import { behindOf, childrenOf, pageOf } from '../kinesis/wire/page.ts';
import { separatePayloads, WireRecord } from '../kinesis/wire/record.ts';
import type { Reservation } from '../memory/byte-budget.ts';
import type { RecordBatch, ShardRef } from '../types.ts';

const nothing = new Uint8Array(0);

function childless({ stream, shardId }: ShardRef): ConsumerError {
  return new ConsumerError('STREAM_UNREACHABLE', `Shard ${shardId} of stream ${stream} ended with children that make no sense. Its end is read again.`, {
    retryable: true,
  });
}

/** The reservation becomes what the batch holds, and is given back with it. Throws a retryable error when the children make no sense. */
export function batchOf(shard: ShardRef, event: SubscribeToShardEvent, reservation: Reservation): RecordBatch {
  const given = event.Records ?? [];
  const payloads = separatePayloads(given.map((record) => record.Data ?? nothing));
  const { records, retainedBytes, behindLatestMs, children, free } = pageOf({
    records: given.map(
      ({ SequenceNumber = '', PartitionKey = '', ApproximateArrivalTimestamp: arrival }, index) =>
        new WireRecord(shard, SequenceNumber, PartitionKey, arrival?.getTime() ?? 0, payloads, index, index),
    ),
    next: event.ContinuationSequenceNumber,
    behindLatestMs: behindOf(event.MillisBehindLatest ?? 0),
    children: childrenOf(event.ChildShards, () => childless(shard)),
    payloadBytes: given.reduce((sum, record) => sum + (record.Data?.byteLength ?? 0), 0),
    payloads: [payloads],
  });
  let heldBytes = retainedBytes;
  reservation.resize(heldBytes);
  return {
    records,
    retainedBytes,
    behindLatestMs,
    ...(children === undefined ? {} : { children }),
    charge(bytes) {
      heldBytes += bytes;
      reservation.resize(heldBytes);
    },
    release() {
      free();
      reservation.release();
    },
  };
}
