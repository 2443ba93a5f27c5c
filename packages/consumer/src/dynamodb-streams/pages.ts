// Follows the long listings of the streams API from page to page, no faster than the service allows. It makes nothing of what is
// listed.
import { DescribeStreamCommand, type DynamoDBStreamsClient, ListStreamsCommand, type Shard, type StreamStatus } from '@aws-sdk/client-dynamodb-streams';
import type { Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { retryDelayMs } from '../retry.ts';
import { sortStreamsError } from './errors.ts';
import type { ListedStream } from './shards.ts';

export interface Listing {
  readonly client: DynamoDBStreamsClient;
  readonly machine: Machine;
  /** As configured, for messages. */
  readonly stream: string;
}

/** DescribeStream is allowed ten times a second, and all workers list the same streams. */
const pageIntervalMs = 100;
/** A page has up to 100 shards: tens of thousands are open in the largest tables, and six generations of them in a day. */
const pagesMax = 10_000;
/** Beginning a listing of a hundred pages again because the last was throttled would never end. */
const attemptsMax = 6;

interface Found<T> {
  readonly found: readonly T[];
  /** Where the next page begins; undefined: this is the last. */
  readonly next: string | undefined;
}

async function askedAgain<T>({ machine, stream }: Listing, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      const sorted = sortStreamsError(error, { stream });
      if (sorted.code !== 'STREAM_THROTTLED' || attempt === attemptsMax) throw sorted;
      await machine.timers.sleep(retryDelayMs(attempt, machine.random.number()), signal);
    }
  }
}

function endless(stream: string): ConsumerError {
  return new ConsumerError(
    'STREAM_UNREACHABLE',
    `The listing of ${stream} has more than ${pagesMax} pages, which no table's has. Half a listing is none: nothing of it is used, and it is asked for again with growing pauses. Look at the endpoint.`,
    { retryable: true },
  );
}

async function paged<T>(listing: Listing, signal: AbortSignal, ask: (from: string | undefined) => Promise<Found<T>>): Promise<readonly T[]> {
  const all: T[] = [];
  let from: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    if (page > 0) await listing.machine.timers.sleep(pageIntervalMs, signal);
    const { found, next } = await askedAgain(listing, signal, () => ask(from));
    for (const each of found) all.push(each);
    if (next === undefined) return all;
    from = next;
  }
  throw endless(listing.stream);
}

/** All shards of a stream. Throws `ConsumerError`, or the signal's reason. */
export async function listedStream(listing: Listing, arn: string, signal: AbortSignal): Promise<ListedStream> {
  let status: StreamStatus | undefined;
  const shards = await paged<Shard>(listing, signal, async (from) => {
    const request = { StreamArn: arn, ...(from === undefined ? {} : { ExclusiveStartShardId: from }) };
    const { StreamDescription: answer } = await listing.client.send(new DescribeStreamCommand(request), { abortSignal: signal });
    status = answer?.StreamStatus;
    return { found: answer?.Shards ?? [], next: answer?.LastEvaluatedShardId };
  });
  return { status, shards };
}

/** Names of the tables that have a stream, each once. Throws likewise. */
export async function tablesWithStream(listing: Listing, signal: AbortSignal): Promise<readonly string[]> {
  const names = await paged<string>(listing, signal, async (from) => {
    const request = from === undefined ? {} : { ExclusiveStartStreamArn: from };
    const { Streams: streams = [], LastEvaluatedStreamArn: next } = await listing.client.send(new ListStreamsCommand(request), { abortSignal: signal });
    return { found: streams.flatMap(({ TableName: name }) => name ?? []), next };
  });
  return [...new Set(names)];
}
