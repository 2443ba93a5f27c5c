// What the Kinesis service, the polling source and patient asking make of an endpoint that refuses: new iterators, pauses, clear ends.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { createKinesisService } from '../../src/kinesis/service.ts';
import { createByteBudget } from '../../src/memory/byte-budget.ts';
import { patiently } from '../../src/source/asking.ts';
import type { StreamService } from '../../src/source/service.ts';
import type { ConsumerEvent } from '../../src/types.ts';
import { shard } from '../support/records.ts';
import { fault, type ScriptedAnswer, scriptedService } from '../support/scripted-service.ts';
import { hurriedMachine, sourceOver } from '../support/sources-under-test.ts';

const iterator = (name: string): ScriptedAnswer => ({ operation: 'GetShardIterator', body: { ShardIterator: name } });
const answer = (next: string | undefined, ...sequences: readonly string[]): ScriptedAnswer => ({
  operation: 'GetRecords',
  body: {
    Records: sequences.map((SequenceNumber) => ({ SequenceNumber, Data: 'YQ==', PartitionKey: 'key', ApproximateArrivalTimestamp: 1 })),
    MillisBehindLatest: 0,
    ...(next === undefined ? {} : { NextShardIterator: next }),
  },
});
const listing = (ids: readonly string[], token?: string): ScriptedAnswer => ({
  operation: 'ListShards',
  body: {
    Shards: ids.map((ShardId) => ({
      ShardId,
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
      SequenceNumberRange: { StartingSequenceNumber: '1' },
    })),
    ...(token === undefined ? {} : { NextToken: token }),
  },
});
const missing = (operation: string): ScriptedAnswer => fault(operation, 'ResourceNotFoundException');
const never = new AbortController().signal;

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** What was asked of an endpoint that answers by the script; what that was not prepared for it refuses as denied. */
async function against<T>(script: readonly ScriptedAnswer[], use: (service: StreamService) => Promise<T>) {
  const endpoint = await scriptedService(script);
  const service = createKinesisService(createKinesisClient({ endpoint: endpoint.url, region: 'us-east-1' }));
  try {
    return { result: await use(service), asked: endpoint.asked };
  } finally {
    service.close();
    await endpoint.stop();
  }
}

/** Reads to the end of the script. */
async function readAll(script: readonly ScriptedAnswer[]) {
  const events: ConsumerEvent[] = [];
  const budget = createByteBudget(1_000_000);
  const sequences: string[] = [];
  const { result: ended, asked } = await against(script, async (service) => {
    const source = sourceOver({ service, budget, onEvent: (event) => events.push(event) });
    try {
      for await (const batch of source.open(shard, { kind: 'trim-horizon' }, { signal: never })) {
        sequences.push(...batch.records.map((record) => record.sequence));
        batch.release();
      }
      return 'ended' as unknown;
    } catch (error) {
      return error;
    }
  });
  const failures = events.flatMap((event) => (event.kind === 'fetch-failed' ? [{ error: event.error, retryInMs: event.retryInMs }] : []));
  return { asked, failures, sequences, ended, used: budget.used() };
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
    ['AccessDeniedException', 'STREAM_DENIED'],
    ['InvalidArgumentException', 'POSITION_INVALID'],
  ])('ends with %s for a position as %s, and gives its bytes back', async (type, code) => {
    const { ended, failures, used } = await readAll([fault('GetShardIterator', type)]);
    expect(ended).toMatchObject({ code, retryable: false });
    expect([failures, used]).toEqual([[], 0]);
  });

  test.each<[string, string, readonly ScriptedAnswer[]]>([
    ['SHARD_GONE', 'before the first page, while the stream lists other shards', [missing('GetShardIterator'), listing(['another'])]],
    ['SHARD_GONE', 'between two pages, while the stream lists other shards', [iterator('one'), missing('GetRecords'), listing(['another'])]],
    ['SHARD_GONE', 'while the stream lists no shard at all', [missing('GetShardIterator'), listing([])]],
    ['STREAM_MISSING', 'while there is no such stream', [missing('GetShardIterator'), missing('ListShards')]],
    ['STREAM_MISSING', 'while the stream lists this shard', [iterator('one'), missing('GetRecords'), listing([shard.shardId])]],
    ['STREAM_DENIED', 'while the listing is denied', [missing('GetShardIterator'), fault('ListShards', 'AccessDeniedException')]],
  ])('a shard that is not found ends with %s %s', async (code, _when, script) => {
    const { ended, asked, used } = await readAll(script);
    expect(ended).toMatchObject({ code, retryable: false });
    expect([asked.length, used]).toEqual([script.length, 0]);
  });

  test('whether a missing shard is gone is asked again when the listing is throttled', async () => {
    const { ended, failures } = await readAll([
      missing('GetShardIterator'),
      fault('ListShards', 'LimitExceededException'),
      missing('GetShardIterator'),
      listing(['another']),
    ]);
    expect(failures).toMatchObject([{ error: { code: 'STREAM_THROTTLED' } }]);
    expect(ended).toMatchObject({ code: 'SHARD_GONE' });
  });
});

describe('the Kinesis service', () => {
  test('a listing at a time asks for that time once, and goes through its pages likewise', async () => {
    const { result, asked } = await against([listing(['a'], 'more'), listing(['b'])], (service) => service.listShards('orders', never, 1_700_000_000_500));
    expect(result.map(({ shardId }) => shardId)).toEqual(['a', 'b']);
    expect(asked.map(({ input }) => input)).toEqual([
      { StreamName: 'orders', ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: 1_700_000_000.5 } },
      { NextToken: 'more' },
    ]);
  });

  test('a listing says whose children the shards are, and which take no more', async () => {
    const hash = { HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' } };
    const Shards = [
      { ShardId: 'a', ...hash, SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '2' } },
      { ShardId: 'b', ParentShardId: 'a', AdjacentParentShardId: 'c', ...hash, SequenceNumberRange: { StartingSequenceNumber: '3' } },
    ];
    const { result } = await against([{ operation: 'ListShards', body: { Shards } }], (service) => service.listShards('orders', never));
    const hashRange = { start: '0', end: '9' };
    expect(result).toEqual([
      { shardId: 'a', parents: [], hashRange, closed: true },
      { shardId: 'b', parents: ['a', 'c'], hashRange, closed: false },
    ]);
  });

  test('the names of all streams come from page to page', async () => {
    const pages: readonly ScriptedAnswer[] = [
      { operation: 'ListStreams', body: { StreamNames: ['a', 'b'], HasMoreStreams: true, NextToken: 'more' } },
      { operation: 'ListStreams', body: { StreamNames: ['c'], HasMoreStreams: false } },
    ];
    const { result, asked } = await against(pages, (service) => service.list(never));
    expect(result).toEqual(['a', 'b', 'c']);
    expect(asked.map(({ input }) => input)).toEqual([{}, { NextToken: 'more' }]);
  });

  test('a stream of another account is asked for by its ARN, and says its name, age and retention', async () => {
    const arn = 'arn:aws:kinesis:us-east-1:111122223333:stream/orders';
    const StreamDescriptionSummary = { StreamName: 'orders', StreamARN: arn, StreamCreationTimestamp: 1_700_000_000.75, RetentionPeriodHours: 24 };
    const { result, asked } = await against([{ operation: 'DescribeStreamSummary', body: { StreamDescriptionSummary } }], (service) =>
      service.describe(arn, never),
    );
    expect(result).toEqual({ name: 'orders', arn, createdAtS: 1_700_000_000, retentionMs: 86_400_000 });
    expect(asked.map(({ input }) => input)).toEqual([{ StreamARN: arn }]);
  });

  test('an abort is the signal’s reason, not an error of the stream', async () => {
    const reason = new Error('stop it');
    const { result } = await against([], (service) => service.listShards('orders', AbortSignal.abort(reason)).catch((error: unknown) => error));
    expect(result).toBe(reason);
  });
});

/** Lists the shards for as long as it takes. */
async function listPatiently(script: readonly ScriptedAnswer[], more: { readonly forEver?: boolean } = {}) {
  const events: ConsumerEvent[] = [];
  const asking = { stream: 'orders', machine: hurriedMachine, onEvent: (event: ConsumerEvent) => events.push(event), ...more };
  const { result, asked } = await against(script, (service) =>
    patiently(asking, never, () => service.listShards('orders', never)).then(
      (shards) => shards.map(({ shardId }) => shardId),
      (error: unknown) => error,
    ),
  );
  return { result, asked: asked.map(({ input }) => input), events };
}

describe('asking patiently', () => {
  test('a listing goes through its pages, and starts anew when it was throttled', async () => {
    const { result, asked, events } = await listPatiently([
      listing(['a'], 'more'),
      fault('ListShards', 'LimitExceededException'),
      listing(['a'], 'more'),
      listing(['b']),
    ]);
    expect(result).toEqual(['a', 'b']);
    expect(events).toMatchObject([{ kind: 'listing-failed', stream: 'orders', error: { code: 'STREAM_THROTTLED' } }]);
    expect(asked).toEqual([{ StreamName: 'orders' }, { NextToken: 'more' }, { StreamName: 'orders' }, { NextToken: 'more' }]);
  });

  test('what no repetition mends is said at once', async () => {
    const { result, events } = await listPatiently([missing('ListShards'), listing(['a'])]);
    expect(result).toMatchObject({ code: 'STREAM_MISSING' });
    expect(events).toEqual([]);
  });

  test('among many streams even that is asked again', async () => {
    const { result, events } = await listPatiently([missing('ListShards'), fault('ListShards', 'AccessDeniedException'), listing(['a'])], { forEver: true });
    expect(result).toEqual(['a']);
    expect(events).toMatchObject([{ error: { code: 'STREAM_MISSING' } }, { error: { code: 'STREAM_DENIED' } }]);
  });
});
