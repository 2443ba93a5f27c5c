// Which stream a configured name stands for: a table has one at a time, and another after it was switched off and on again. It
// reads no stream.
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ConsumerError } from '../errors.ts';
import { sortTableError, withoutStream } from './errors.ts';

export interface StreamArns {
  /** @param stream a table's name or ARN, or a stream's ARN. Throws `ConsumerError`, or the signal's reason. */
  of(stream: string, signal: AbortSignal): Promise<string>;
  /** As `of`, asking the table again. */
  renewed(stream: string, signal: AbortSignal): Promise<string>;
}

/** More tables than an account has; the oldest is asked for again when it is needed. */
const keptMax = 10_000;

const isStreamArn = (stream: string): boolean => /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/[^/]+\/stream\/./.test(stream);

async function latestStream(tables: DynamoDBClient, table: string, signal: AbortSignal): Promise<string> {
  try {
    // An ARN is as good as a name here.
    const { Table } = await tables.send(new DescribeTableCommand({ TableName: table }), { abortSignal: signal });
    if (Table?.LatestStreamArn === undefined) throw withoutStream(table);
    return Table.LatestStreamArn;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ConsumerError ? error : sortTableError(error, table);
  }
}

export function createStreamArns(tables: DynamoDBClient): StreamArns {
  const kept = new Map<string, string>();

  async function renewed(stream: string, signal: AbortSignal): Promise<string> {
    if (isStreamArn(stream)) return stream;
    const arn = await latestStream(tables, stream, signal);
    kept.delete(stream);
    kept.set(stream, arn);
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return arn;
  }

  return { of: async (stream, signal) => kept.get(stream) ?? renewed(stream, signal), renewed };
}
