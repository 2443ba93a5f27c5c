// Calls about a configured stream: which one it is now, what becomes of one that is gone, what the client throws sorted. It knows no
// answer.
import { DescribeStreamCommand, type DescribeStreamCommandInput, type StreamDescription } from '@aws-sdk/client-dynamodb-streams';
import { ConsumerError } from '../errors.ts';
import { shardGone } from '../kinesis/service.ts';
import type { ShardRef } from '../types.ts';
import type { StreamsClients } from './client.ts';
import { type Asked, sortStreamsError } from './errors.ts';
import { createStreamArns } from './stream-arns.ts';

export interface Calls {
  /** Throws `ConsumerError`, or the signal's reason. */
  ofStream<T>(asked: Asked, signal: AbortSignal, call: (arn: string) => Promise<T>): Promise<T>;
  /** As `ofStream`; SHARD_GONE for a shard that is gone while its stream is there. */
  ofShard<T>(asked: Asked & { readonly shard: ShardRef }, signal: AbortSignal, call: (arn: string) => Promise<T>): Promise<T>;
  /** One page. Throws as `ofStream`. */
  description(stream: string, signal: AbortSignal, request: Omit<DescribeStreamCommandInput, 'StreamArn'>): Promise<StreamDescription>;
}

const isMissing = (error: unknown): error is ConsumerError => error instanceof ConsumerError && error.code === 'STREAM_MISSING';

export function createCalls({ streams, tables }: StreamsClients): Calls {
  const arns = createStreamArns(tables);

  /** A table that was given another stream meanwhile is found out by the old one being gone. */
  async function ofStream<T>(asked: Asked, signal: AbortSignal, call: (arn: string) => Promise<T>): Promise<T> {
    const sorted = async (arn: string): Promise<T> => {
      try {
        return await call(arn);
      } catch (error) {
        signal.throwIfAborted();
        throw sortStreamsError(error, asked);
      }
    };
    const known = await arns.of(asked.stream, signal);
    try {
      return await sorted(known);
    } catch (error) {
      if (!isMissing(error)) throw error;
      const now = await arns.renewed(asked.stream, signal);
      if (now === known) throw error;
      return sorted(now);
    }
  }

  const description: Calls['description'] = (stream, signal, request) =>
    ofStream({ stream }, signal, async (arn) => {
      const { StreamDescription: answer } = await streams.send(new DescribeStreamCommand({ ...request, StreamArn: arn }), { abortSignal: signal });
      return { StreamArn: arn, ...answer };
    });

  return {
    ofStream,
    description,
    async ofShard(asked, signal, call) {
      try {
        return await ofStream(asked, signal, call);
      } catch (error) {
        if (!isMissing(error)) throw error;
        await description(asked.stream, signal, { Limit: 1 });
        throw shardGone(asked.shard, error);
      }
    },
  };
}
