// DynamoDB Streams as a stream service: tables are its streams. It knows no pace of reading, no lease, and not what a change means.
import { GetShardIteratorCommand, type GetShardIteratorCommandInput } from '@aws-sdk/client-dynamodb-streams';
import type { ChildShard, Machine } from '@shardfold/lease';
import type { Page, StartAt, StreamDescription, StreamService } from '../source/service.ts';
import type { ShardRef } from '../types.ts';
import { readAnswer } from './answer.ts';
import { type Calls, createCalls } from './calls.ts';
import type { StreamsClients } from './client.ts';
import { pageFrom } from './page.ts';
import { listedStream, tablesWithStream } from './pages.ts';
import { recordsBody } from './records-call.ts';
import { followersOf, listingOf } from './shards.ts';

/**
 * What one GetRecords answers at most, next to 1 MB: the API's reference. It names no limit of calls a shard, and the developer guide
 * two readers of a shard at once; AWS Lambda asks four times a second, so that the pace of Kinesis (5 calls, 2 MB) suits it.
 */
export const recordsPerCallMax = 1_000;

/** A stream forgets what is older. */
const retentionMs = 24 * 3_600_000;

export interface DynamoDbStreamsOptions extends StreamsClients {
  readonly machine: Machine;
}

function iteratorRequest(arn: string, { shardId }: ShardRef, from: StartAt): GetShardIteratorCommandInput {
  const base = { StreamArn: arn, ShardId: shardId };
  switch (from.kind) {
    case 'trim-horizon':
    // There is none for a time: whoever reads leaves out what came before.
    case 'timestamp':
      return { ...base, ShardIteratorType: 'TRIM_HORIZON' };
    case 'latest':
      return { ...base, ShardIteratorType: 'LATEST' };
    case 'at-sequence':
      return { ...base, ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: from.sequence };
    case 'after-sequence':
      return { ...base, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: from.sequence };
    default:
      return from satisfies never;
  }
}

async function describe({ description }: Calls, stream: string, signal: AbortSignal): Promise<StreamDescription> {
  const answer = await description(stream, signal, { Limit: 1 });
  const { StreamArn: arn = stream, TableName: name = stream, CreationRequestDateTime: created, StreamViewType: viewType } = answer;
  const createdMs = created?.getTime();
  return {
    name,
    arn,
    retentionMs,
    ...(createdMs === undefined || Number.isNaN(createdMs) ? {} : { createdAtS: Math.trunc(createdMs / 1000) }),
    ...(viewType === undefined ? {} : { viewType }),
  };
}

/** Asks about this one shard: the listing of a large table has a hundred pages. Undefined: look there, it may not be listed yet. */
async function childrenOf({ description }: Calls, { stream, shardId }: ShardRef, signal: AbortSignal): Promise<readonly ChildShard[] | undefined> {
  try {
    const answer = await description(stream, signal, { ShardFilter: { Type: 'CHILD_SHARDS', ShardId: shardId } });
    const { StreamStatus: status, Shards: shards = [], LastEvaluatedShardId: more } = answer;
    return more === undefined ? followersOf(shardId, { status, shards }) : undefined;
  } catch {
    // The records are here: they must not be fetched again because of this.
    signal.throwIfAborted();
    return undefined;
  }
}

/** Closing it closes both clients. */
export function createDynamoDbStreamsService(options: DynamoDbStreamsOptions): StreamService {
  const { streams: client, tables, machine } = options;
  const calls = createCalls(options);

  return {
    retentionMs,
    list: (signal) => tablesWithStream({ client, machine, stream: 'the tables' }, signal),
    describe: (stream, signal) => describe(calls, stream, signal),
    listShards: (stream, signal) => calls.ofStream({ stream }, signal, async (arn) => listingOf(await listedStream({ client, machine, stream }, arn, signal))),
    iterator: (shard, from, signal) =>
      calls.ofShard({ stream: shard.stream, shard, from }, signal, async (arn) => {
        const { ShardIterator: iterator } = await client.send(new GetShardIteratorCommand(iteratorRequest(arn, shard, from)), { abortSignal: signal });
        return iterator ?? '';
      }),
    async page(shard, iterator, limit, signal): Promise<Page> {
      const body = await calls.ofShard({ stream: shard.stream, shard }, signal, () => recordsBody(client, iterator, limit, signal));
      const answer = readAnswer(body);
      const children = answer.next === undefined ? await childrenOf(calls, shard, signal) : undefined;
      return pageFrom({ shard, body, answer, children, nowMs: machine.clock.wallMs() });
    },
    close() {
      client.destroy();
      tables.destroy();
    },
  };
}
