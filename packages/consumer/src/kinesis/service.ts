// The Kinesis Data Streams API as a stream service: one request a call, what it throws sorted. It knows no pace and no lease.
import {
  DescribeStreamSummaryCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { ShardListing } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { StartAt, StreamDescription, StreamService } from '../source/service.ts';
import type { ShardRef } from '../types.ts';
import { sortKinesisError } from './errors.ts';
import { sequenceTimeMs } from './sequence-time.ts';
import { createRecordsCall, type RecordsCallOptions } from './wire/records-call.ts';

/** AWS gives 1,000 shards a page, emulators 100, and 100 stream names; what is longer than this goes on for ever. */
const pagesMax = 1_000;
const hourMs = 3_600_000;
/** AWS refuses more. */
export const recordsPerCallMax = 10_000;

const isArn = (stream: string): boolean => stream.startsWith('arn:');

/** How a request names a stream: across accounts only an ARN does. */
export function streamIn(stream: string): { readonly StreamARN: string } | { readonly StreamName: string } {
  return isArn(stream) ? { StreamARN: stream } : { StreamName: stream };
}

function listing(shard: Shard): ShardListing {
  const { StartingHashKey: start, EndingHashKey: end } = shard.HashKeyRange ?? {};
  return {
    shardId: shard.ShardId ?? '',
    parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id): id is string => id !== undefined && id !== ''),
    ...(start === undefined || end === undefined ? {} : { hashRange: { start, end } }),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  };
}

export function iteratorRequest(shard: ShardRef, from: StartAt): GetShardIteratorCommandInput {
  const base = { ...streamIn(shard.stream), ShardId: shard.shardId };
  switch (from.kind) {
    case 'trim-horizon':
      return { ...base, ShardIteratorType: 'TRIM_HORIZON' };
    case 'latest':
      return { ...base, ShardIteratorType: 'LATEST' };
    case 'timestamp':
      return { ...base, ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(from.atMs) };
    case 'at-sequence':
      return { ...base, ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: from.sequence };
    case 'after-sequence':
      return { ...base, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: from.sequence };
    default:
      return from satisfies never;
  }
}

/** Follows a listing's token from page to page. */
async function paged<T>(
  ask: (token: string | undefined) => Promise<{ readonly found: readonly T[]; readonly token: string | undefined }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await ask(token);
    all.push(...answer.found);
    token = answer.token;
    if (token === undefined) break;
  }
  return all;
}

async function describe(client: KinesisClient, stream: string, signal: AbortSignal): Promise<StreamDescription> {
  const { StreamDescriptionSummary: summary } = await client.send(new DescribeStreamSummaryCommand(streamIn(stream)), { abortSignal: signal });
  if (summary?.StreamStatus === 'DELETING')
    throw new ConsumerError('STREAM_MISSING', `Stream ${stream} is being deleted. Reading it ends. Check the stream's name.`, { retryable: false });
  const created = summary?.StreamCreationTimestamp?.getTime();
  return {
    name: summary?.StreamName ?? stream,
    arn: summary?.StreamARN ?? stream,
    ...(created === undefined || Number.isNaN(created) ? {} : { createdAtS: Math.trunc(created / 1000) }),
    ...(summary?.RetentionPeriodHours === undefined ? {} : { retentionMs: summary.RetentionPeriodHours * hourMs }),
  };
}

/** Closing it closes the client. */
export function createKinesisService(client: KinesisClient, options: RecordsCallOptions = {}): StreamService {
  const recordsCall = createRecordsCall(client, options);

  async function sorted<T>(stream: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      throw sortKinesisError(error, stream);
    }
  }

  const shardsOf = (stream: string, signal: AbortSignal, openAtMs?: number): Promise<readonly ShardListing[]> =>
    paged(async (token) => {
      // The token stands for the stream and the filter, too.
      const first = {
        ...streamIn(stream),
        ...(openAtMs === undefined ? {} : { ShardFilter: { Type: 'AT_TIMESTAMP' as const, Timestamp: new Date(openAtMs) } }),
      };
      const answer = await client.send(new ListShardsCommand(token === undefined ? first : { NextToken: token }), { abortSignal: signal });
      return { found: (answer.Shards ?? []).map(listing), token: answer.NextToken };
    });

  /** A shard that is gone while its stream is there is another matter than a stream that is gone. */
  async function ofShard<T>(shard: ShardRef, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    try {
      return await sorted(shard.stream, signal, call);
    } catch (error) {
      if (!(error instanceof ConsumerError) || error.code !== 'STREAM_MISSING') throw error;
      const listed = await sorted(shard.stream, signal, () => shardsOf(shard.stream, signal));
      throw listed.some(({ shardId }) => shardId === shard.shardId) ? error : shardGone(shard, error);
    }
  }

  return {
    list: (signal) =>
      sorted('*', signal, () =>
        paged(async (token) => {
          const answer = await client.send(new ListStreamsCommand(token === undefined ? {} : { NextToken: token }), { abortSignal: signal });
          return { found: answer.StreamNames ?? [], token: answer.NextToken };
        }),
      ),
    describe: (stream, signal) => sorted(stream, signal, () => describe(client, stream, signal)),
    listShards: (stream, signal, openAtMs) => sorted(stream, signal, () => shardsOf(stream, signal, openAtMs)),
    iterator: (shard, from, signal) =>
      ofShard(shard, signal, async () => {
        const answer = await client.send(new GetShardIteratorCommand(iteratorRequest(shard, from)), { abortSignal: signal });
        return answer.ShardIterator ?? '';
      }),
    page: (shard, iterator, limit, signal) => ofShard(shard, signal, () => recordsCall(shard, iterator, limit, signal)),
    timeOf: sequenceTimeMs,
    close: () => client.destroy(),
  };
}

export function shardGone(shard: ShardRef, cause: ConsumerError): ConsumerError {
  return new ConsumerError(
    'SHARD_GONE',
    `Shard ${shard.shardId} is not in stream ${shard.stream} any more: its retention passed before it was read to its end. With onGap: continue this is counted, and the shards that follow it are read; otherwise reading ends.`,
    { retryable: false, cause },
  );
}
