// What the polling source and the listing make of a service that refuses: new iterators, pauses, and clear ends.
import { systemMachine } from '@shardfold/lease';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { createPollingSource } from '../../src/kinesis/polling-source.ts';
import { listShardsAtPatiently, listShardsPatiently } from '../../src/kinesis/shards.ts';
import { createByteBudget } from '../../src/memory/byte-budget.ts';
import type { ConsumerEvent } from '../../src/types.ts';
import { shard } from '../support/records.ts';
import { fault, type ScriptedAnswer, scriptedService } from '../support/scripted-service.ts';

const iterator = (name: string): ScriptedAnswer => ({ operation: 'GetShardIterator', body: { ShardIterator: name } });
const answer = (next: string | undefined, ...sequences: readonly string[]): ScriptedAnswer => ({
  operation: 'GetRecords',
  body: {
    Records: sequences.map((SequenceNumber) => ({ SequenceNumber, Data: 'YQ==', PartitionKey: 'key', ApproximateArrivalTimestamp: 1 })),
    MillisBehindLatest: 0,
    ...(next === undefined ? {} : { NextShardIterator: next }),
  },
});
const never = new AbortController().signal;

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Reads to the end of the script; what it was not prepared for is refused as denied. */
async function readAll(script: readonly ScriptedAnswer[]) {
  const service = await scriptedService(script);
  const client = createKinesisClient({ endpoint: service.url, region: 'us-east-1' });
  const events: ConsumerEvent[] = [];
  const budget = createByteBudget(1_000_000);
  const source = createPollingSource({ client, machine: systemMachine, budget, limits: 'none', pollIntervalMs: 5, onEvent: (event) => events.push(event) });
  const sequences: string[] = [];
  let ended: unknown = 'ended';
  try {
    for await (const batch of source.open(shard, { kind: 'trim-horizon' }, { signal: never })) {
      sequences.push(...batch.records.map((record) => record.sequence));
      batch.release();
    }
  } catch (error) {
    ended = error;
  } finally {
    client.destroy();
    await service.stop();
  }
  const failures = events.flatMap((event) => (event.kind === 'fetch-failed' ? [{ error: event.error, retryInMs: event.retryInMs }] : []));
  return { asked: service.asked, failures, sequences, ended, used: budget.used() };
}

describe('the polling source', () => {
  test.each(['ExpiredIteratorException', 'InvalidArgumentException'])(
    'asks for a new iterator after the last record when one is refused with %s',
    async (type) => {
      const { asked, failures, sequences, ended } = await readAll([
        iterator('one'),
        answer('two', '1', '2'),
        fault('GetRecords', type),
        iterator('three'),
        answer(undefined, '3'),
      ]);
      expect(ended).toBe('ended');
      expect(sequences).toEqual(['1', '2', '3']);
      expect(failures.map((failure) => failure.retryInMs)).toEqual([0]);
      expect(asked[3]).toMatchObject({ operation: 'GetShardIterator', input: { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '2' } });
    },
  );

  test('does not spin when every new iterator is refused', async () => {
    const refused = [iterator('again'), fault('GetRecords', 'ExpiredIteratorException')];
    const { failures } = await readAll([...refused, ...refused, ...refused]);
    expect(failures.map((failure) => failure.retryInMs > 0)).toEqual([false, true, true]);
  });

  test('keeps its iterator through what passes, and pauses', async () => {
    const { asked, failures, sequences, used } = await readAll([
      iterator('one'),
      fault('GetRecords', 'ProvisionedThroughputExceededException'),
      { operation: 'GetRecords', status: 500, body: { __type: 'InternalFailure' } },
      answer(undefined, '1'),
    ]);
    expect(asked.map((each) => each.input.ShardIterator ?? each.operation)).toEqual(['GetShardIterator', 'one', 'one', 'one']);
    expect(failures).toMatchObject([{ error: { code: 'STREAM_THROTTLED' } }, { error: { code: 'STREAM_UNREACHABLE' } }]);
    expect(failures.every((failure) => failure.retryInMs > 0)).toBe(true);
    expect([sequences, used]).toEqual([['1'], 0]);
  });

  test.each([
    ['ResourceNotFoundException', 'STREAM_MISSING'],
    ['AccessDeniedException', 'STREAM_DENIED'],
    ['InvalidArgumentException', 'POSITION_INVALID'],
  ])('ends with %s for a position as %s, and gives its bytes back', async (type, code) => {
    const { ended, failures, used } = await readAll([fault('GetShardIterator', type)]);
    expect(ended).toMatchObject({ code });
    expect([failures, used]).toEqual([[], 0]);
  });
});

const page = (id: string, token?: string): ScriptedAnswer => ({
  operation: 'ListShards',
  body: {
    Shards: [{ ShardId: id, HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' }, SequenceNumberRange: { StartingSequenceNumber: '1' } }],
    ...(token === undefined ? {} : { NextToken: token }),
  },
});

test('a listing at a time asks for that time once, and goes through its pages likewise', async () => {
  const service = await scriptedService([page('a', 'more'), page('b')]);
  const client = createKinesisClient({ endpoint: service.url, region: 'us-east-1' });
  try {
    const listing = await listShardsAtPatiently({ client, stream: 'orders', machine: systemMachine, onEvent: () => undefined }, 1_700_000_000_500, never);
    expect(listing.map((shard) => shard.shardId)).toEqual(['a', 'b']);
    expect(service.asked.map((each) => each.input)).toEqual([
      { StreamName: 'orders', ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: 1_700_000_000.5 } },
      { NextToken: 'more' },
    ]);
  } finally {
    client.destroy();
    await service.stop();
  }
});

test('a listing goes through its pages, and starts anew when it was throttled', async () => {
  const service = await scriptedService([page('a', 'more'), fault('ListShards', 'LimitExceededException'), page('a', 'more'), page('b')]);
  const client = createKinesisClient({ endpoint: service.url, region: 'us-east-1' });
  const events: ConsumerEvent[] = [];
  try {
    const listing = await listShardsPatiently({ client, stream: 'orders', machine: systemMachine, onEvent: (event) => events.push(event) }, never);
    const common = { parents: [], hashRange: { start: '0', end: '9' }, closed: false };
    expect(listing).toEqual([
      { shardId: 'a', ...common },
      { shardId: 'b', ...common },
    ]);
    expect(events).toMatchObject([{ kind: 'listing-failed', stream: 'orders', error: { code: 'STREAM_THROTTLED' } }]);
    expect(service.asked.map((each) => each.input)).toEqual([{ StreamName: 'orders' }, { NextToken: 'more' }, { StreamName: 'orders' }, { NextToken: 'more' }]);
  } finally {
    client.destroy();
    await service.stop();
  }
});
