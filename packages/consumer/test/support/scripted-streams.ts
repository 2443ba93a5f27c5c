// Answers of DynamoDB and its streams for a scripted service, and a stream service that gets them without its pauses. It knows no test.
import type { Machine } from '@shardfold/lease';
import { createStreamsClients } from '../../src/dynamodb-streams/client.ts';
import { createDynamoDbStreamsService } from '../../src/dynamodb-streams/service.ts';
import type { StartAt, StreamService } from '../../src/source/service.ts';
import type { ShardRef } from '../../src/types.ts';
import { type ScriptedAnswer, scriptedService } from './scripted-service.ts';

export const never = new AbortController().signal;
export const tableArn = 'arn:aws:dynamodb:us-east-1:123456789012:table/orders';
export const arn = `${tableArn}/stream/2026-01-01T00:00:00.000`;
export const newArn = `${tableArn}/stream/2026-02-02T00:00:00.000`;
export const shard: ShardRef = { stream: 'orders', shardId: 'shard-a', key: 'shard-a' };
export const horizon: StartAt = { kind: 'trim-horizon' };

export const table = (LatestStreamArn: string | undefined = arn): ScriptedAnswer => ({
  operation: 'DescribeTable',
  body: { Table: { TableName: 'orders', LatestStreamArn } },
});
export const noStream: ScriptedAnswer = { operation: 'DescribeTable', body: { Table: { TableName: 'orders' } } };
export const described = (more: object = {}): ScriptedAnswer => ({
  operation: 'DescribeStream',
  body: { StreamDescription: { StreamArn: arn, TableName: 'orders', StreamStatus: 'ENABLED', CreationRequestDateTime: 1_767_225_600.75, Shards: [], ...more } },
});
export const iterator: ScriptedAnswer = { operation: 'GetShardIterator', body: { ShardIterator: 'one' } };
export const change = (sequence: string, createdAtS: number) => ({
  eventName: 'INSERT',
  dynamodb: { ApproximateCreationDateTime: createdAtS, Keys: { id: { S: 'a' } }, SequenceNumber: sequence },
});
export const answered = (next: string | undefined, ...records: readonly object[]): ScriptedAnswer => ({
  operation: 'GetRecords',
  body: { Records: records, ...(next === undefined ? {} : { NextShardIterator: next }) },
});

const pausesMax = 50;

/** Its pauses take no time, and are written down. */
export function restlessMachine() {
  const pausesMs: number[] = [];
  const machine: Machine = {
    clock: { monotonicMs: () => 0, wallMs: () => 2_000_000 },
    timers: {
      after: () => () => undefined,
      async sleep(delayMs) {
        pausesMs.push(delayMs);
        if (pausesMs.length > pausesMax) throw new Error('It goes on asking long after the script is over.');
      },
    },
    random: { number: () => 0, id: () => '' },
  };
  return { machine, pausesMs };
}

/** What a use of the service resolves with, or the error it throws, beside all that was asked for. What the script does not hold is refused. */
export async function play<T>(script: readonly ScriptedAnswer[], use: (service: StreamService) => Promise<T>) {
  const server = await scriptedService(script);
  const { machine, pausesMs } = restlessMachine();
  const service = createDynamoDbStreamsService({ ...createStreamsClients({ endpoint: server.url, region: 'us-east-1' }), machine });
  try {
    const result = await use(service).catch((error: unknown) => error);
    return { result, pausesMs, asked: server.asked.map(({ operation, input }) => [operation, input]) };
  } finally {
    service.close();
    await server.stop();
  }
}
