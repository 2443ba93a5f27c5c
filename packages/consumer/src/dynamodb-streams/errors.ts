// Sorts what DynamoDB's two clients throw into the catalogue: what they have in common with Kinesis is sorted there. It decides
// no retry.
import { ConsumerError } from '../errors.ts';
import { sortKinesisError } from '../kinesis/errors.ts';
import type { StartAt } from '../source/service.ts';
import type { ShardRef } from '../types.ts';

/** What was asked for, so far as the messages need it. */
export interface Asked {
  readonly stream: string;
  readonly shard?: ShardRef;
  readonly from?: StartAt;
}

function trimmed({ stream, shard, from }: Asked, cause: unknown): ConsumerError {
  const since = from !== undefined && 'sequence' in from ? ` at or after sequence number ${from.sequence}` : '';
  return new ConsumerError(
    'POSITION_GAP',
    `Records of shard ${shard?.shardId ?? ''} of the stream of ${stream}${since} are missing: they were not read within 24 hours, and the stream forgot them. Reading ends, and nothing was moved. Bring the missing changes from elsewhere (a scan of the table has its present state), then go on with onGap: continue, or set the lease's position.`,
    { retryable: false, cause },
  );
}

/** What the streams API throws. Total, as `sortKinesisError` is. */
export function sortStreamsError(error: unknown, asked: Asked): ConsumerError {
  if (error instanceof Error && error.name === 'TrimmedDataAccessException') return trimmed(asked, error);
  return sortKinesisError(error, asked.stream);
}

/** What DescribeTable throws. */
export function sortTableError(error: unknown, table: string): ConsumerError {
  const name = error instanceof Error ? error.name : '';
  if (name !== 'ResourceNotFoundException' && name !== 'ValidationException') return sortKinesisError(error, table);
  return new ConsumerError('STREAM_MISSING', `There is no table ${table}. Reading it ends. Check its name, the region and the endpoint.`, {
    retryable: false,
    cause: error,
  });
}

export function withoutStream(table: string): ConsumerError {
  return new ConsumerError(
    'STREAM_MISSING',
    `Table ${table} has no stream. Reading it ends. Enable one with StreamViewType NEW_AND_OLD_IMAGES; it holds what changes from then on.`,
    { retryable: false },
  );
}
