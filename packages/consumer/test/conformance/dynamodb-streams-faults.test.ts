// What the DynamoDB Streams service asks for, and what it makes of answers that no emulator gives: trimmed data, a stream that was
// switched off and on again, a shard that is gone.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStreamsClients } from '../../src/dynamodb-streams/client.ts';
import { createDynamoDbStreamsService } from '../../src/dynamodb-streams/service.ts';
import type { StartAt, StreamService } from '../../src/source/service.ts';
import { fault, type ScriptedAnswer, scriptedService } from '../support/scripted-service.ts';
import {
  answered,
  arn,
  change,
  described,
  horizon,
  iterator,
  never,
  newArn,
  noStream,
  play,
  restlessMachine,
  shard,
  table,
  tableArn,
} from '../support/scripted-streams.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a configured stream', () => {
  test.each([['orders'], [tableArn]])('%s is the latest stream of the table, which is asked once', async (stream) => {
    const { result, asked } = await play([table(), described(), described()], async (service) => {
      await service.describe(stream, never);
      return service.describe(stream, never);
    });
    expect(result).toEqual({ name: 'orders', arn, createdAtS: 1_767_225_600, retentionMs: 86_400_000 });
    expect(asked).toEqual([
      ['DescribeTable', { TableName: stream }],
      ['DescribeStream', { StreamArn: arn, Limit: 1 }],
      ['DescribeStream', { StreamArn: arn, Limit: 1 }],
    ]);
  });

  test("a stream's own ARN needs no table", async () => {
    const { result, asked } = await play([described()], (service) => service.describe(arn, never));
    expect(result).toMatchObject({ name: 'orders', arn });
    expect(asked.map(([operation]) => operation)).toEqual(['DescribeStream']);
  });

  test.each([
    ['a table without a stream', noStream, /^Table orders has no stream\. .*NEW_AND_OLD_IMAGES/],
    ['no such table', fault('DescribeTable', 'ResourceNotFoundException'), /^There is no table orders\./],
    ['a name that no table can have', fault('DescribeTable', 'ValidationException'), /^There is no table orders\./],
  ])('%s is a missing stream', async (_what, answer, message) => {
    const { result } = await play([answer], (service) => service.describe('orders', never));
    expect(result).toMatchObject({ code: 'STREAM_MISSING', retryable: false, message: expect.stringMatching(message) });
  });

  test('a table that may not be looked at is a denial', async () => {
    const { result } = await play([fault('DescribeTable', 'AccessDeniedException')], (service) => service.describe('orders', never));
    expect(result).toMatchObject({ code: 'STREAM_DENIED', retryable: false });
  });

  test('a table whose stream is gone is asked for its new one', async () => {
    const gone = fault('DescribeStream', 'ResourceNotFoundException');
    const { result, asked } = await play(
      [table(), gone, table(newArn), described({ StreamArn: newArn }), described({ StreamArn: newArn })],
      async (service) => {
        const first = await service.describe('orders', never);
        return [first.arn, (await service.describe('orders', never)).arn];
      },
    );
    expect(result).toEqual([newArn, newArn]);
    expect(asked.map(([operation, input]) => [operation, (input as { readonly StreamArn?: string }).StreamArn])).toEqual([
      ['DescribeTable', undefined],
      ['DescribeStream', arn],
      ['DescribeTable', undefined],
      ['DescribeStream', newArn],
      ['DescribeStream', newArn],
    ]);
  });

  test('a stream that is gone and has no successor is missing', async () => {
    const { result } = await play([table(), fault('DescribeStream', 'ResourceNotFoundException'), table()], (service) => service.describe('orders', never));
    expect(result).toMatchObject({ code: 'STREAM_MISSING', retryable: false });
  });
});

describe('an iterator', () => {
  test.each<[StartAt, object]>([
    [horizon, { ShardIteratorType: 'TRIM_HORIZON' }],
    [{ kind: 'latest' }, { ShardIteratorType: 'LATEST' }],
    [{ kind: 'timestamp', atMs: 1 }, { ShardIteratorType: 'TRIM_HORIZON' }],
    [
      { kind: 'at-sequence', sequence: '007' },
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: '007' },
    ],
    [
      { kind: 'after-sequence', sequence: '007' },
      { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '007' },
    ],
  ])('from %j is asked for with %j', async (from, request) => {
    const { result, asked } = await play([table(), iterator], (service) => service.iterator(shard, from, never));
    expect(result).toBe('one');
    expect(asked.at(-1)).toEqual(['GetShardIterator', { StreamArn: arn, ShardId: 'shard-a', ...request }]);
  });

  test('from a position that was trimmed is a gap, and says from where on', async () => {
    const { result } = await play([table(), fault('GetShardIterator', 'TrimmedDataAccessException')], (service) =>
      service.iterator(shard, { kind: 'at-sequence', sequence: '007' }, never),
    );
    expect(result).toMatchObject({
      code: 'POSITION_GAP',
      retryable: false,
      message: expect.stringMatching(/shard shard-a .* at or after sequence number 007 are missing/),
    });
  });

  test('of a shard that is gone, in a stream that is there, is another matter than a stream that is gone', async () => {
    const gone = fault('GetShardIterator', 'ResourceNotFoundException');
    const shardGone = await play([table(), gone, table(), described()], (service) => service.iterator(shard, horizon, never));
    expect(shardGone.result).toMatchObject({ code: 'SHARD_GONE', retryable: false });
    const streamGone = await play([table(), gone, table(), fault('DescribeStream', 'ResourceNotFoundException'), table()], (service) =>
      service.iterator(shard, horizon, never),
    );
    expect(streamGone.result).toMatchObject({ code: 'STREAM_MISSING', retryable: false });
  });
});

describe('a page', () => {
  const read = (script: readonly ScriptedAnswer[]) => play([table(), ...script], (service) => service.page(shard, 'one', 1_000, never));

  test('asks for so many records, and holds them as they came', async () => {
    const first = change('100000000000000000001', 1_990);
    const { result, asked } = await play([table(), answered('two', first, change('100000000000000000002', 1_995.5))], async (service) => {
      const page = await service.page(shard, 'one', 1_000, never);
      const { records } = page;
      const [record] = records;
      const seen = { text: record?.text(), bytes: Buffer.from(record?.bytes() ?? []).toString('utf8') };
      page.free();
      page.free();
      return { page, records, seen };
    });
    type Page = Awaited<ReturnType<StreamService['page']>>;
    const { page, records, seen } = result as { readonly page: Page; readonly records: Page['records']; readonly seen: object };
    expect(asked.at(-1)).toEqual(['GetRecords', { ShardIterator: 'one', Limit: 1_000 }]);
    expect(seen).toEqual({ text: JSON.stringify(first), bytes: JSON.stringify(first) });
    const [record] = records;
    expect(record).toMatchObject({ shard, sequence: '100000000000000000001', subSequence: 0, arrivalMs: 1_990_000, partitionKey: '{"id":{"S":"a"}}' });
    expect(records[1]?.arrivalMs).toBe(1_995_500);
    expect([page.next, page.behindLatestMs]).toEqual(['two', 4_500]);
    expect(page.retainedBytes).toBeGreaterThan(JSON.stringify(first).length * 2);
    const released = expect.objectContaining({ code: 'BATCH_RELEASED' });
    expect(() => record?.text()).toThrow(released);
    expect(() => record?.bytes()).toThrow(released);
  });

  test.each([
    ['nothing is the tip', [], 0],
    ['a record of this very moment may have others behind it', [change('1', 2_000)], 1],
    ['a record of a clock that is fast, too', [change('1', 2_009)], 1],
  ])('says how far behind it is: %s', async (_what, records, behindLatestMs) => {
    expect((await read([answered('two', ...records)])).result).toMatchObject({ behindLatestMs });
  });

  test.each([
    ['the shards that follow', described({ Shards: [{ ShardId: 'b', ParentShardId: 'shard-a' }] }), [{ shardId: 'b', parents: ['shard-a'] }]],
    ['that nothing follows in a stream that was switched off', described({ StreamStatus: 'DISABLED' }), []],
    ['nothing while none is listed yet', described(), undefined],
    ['nothing when there is more to list', described({ Shards: [{ ShardId: 'b', ParentShardId: 'shard-a' }], LastEvaluatedShardId: 'b' }), undefined],
    ['nothing when it cannot be asked', fault('DescribeStream', 'LimitExceededException'), undefined],
  ])('at the end of the shard names %s', async (_what, children, expected) => {
    const { result, asked } = await read([answered(undefined, change('1', 1)), children]);
    const page = result as Awaited<ReturnType<StreamService['page']>>;
    expect([page.next, page.records.length, page.children]).toEqual([undefined, 1, expected]);
    expect(asked.at(-1)).toEqual(['DescribeStream', { StreamArn: arn, ShardFilter: { Type: 'CHILD_SHARDS', ShardId: 'shard-a' } }]);
  });

  test.each([
    ['TrimmedDataAccessException', 'POSITION_GAP', false],
    ['ExpiredIteratorException', 'ITERATOR_EXPIRED', true],
    ['LimitExceededException', 'STREAM_THROTTLED', true],
    ['InternalServerError', 'STREAM_UNREACHABLE', true],
    ['ValidationException', 'POSITION_INVALID', false],
    ['AccessDeniedException', 'STREAM_DENIED', false],
  ])('that is refused with %s is %s', async (type, code, retryable) => {
    const { result } = await read([fault('GetRecords', type)]);
    expect(result).toMatchObject({ code, retryable, cause: { name: type } });
  });

  test('without records is no end of the shard', async () => {
    expect((await read([{ operation: 'GetRecords', body: {} }])).result).toMatchObject({ code: 'STREAM_UNREACHABLE', retryable: true });
  });
});

test.each<[string, (service: StreamService, signal: AbortSignal) => Promise<unknown>]>([
  ["a table's latest stream", (service, signal) => service.describe('orders', signal)],
  ['a description', (service, signal) => service.describe(arn, signal)],
  ['a listing', (service, signal) => service.listShards(arn, signal)],
  ['the names', (service, signal) => service.list(signal)],
  ['an iterator', (service, signal) => service.iterator({ ...shard, stream: arn }, horizon, signal)],
  ['a page', (service, signal) => service.page({ ...shard, stream: arn }, 'one', 1_000, signal)],
])("%s that is asked for in vain rejects with the signal's reason", async (_what, ask) => {
  const reason = new Error('stop it');
  const { result } = await play([], (service) => ask(service, AbortSignal.abort(reason)));
  expect(result).toBe(reason);
});

test('an abort while the children are asked for ends the page with the reason', async () => {
  const stop = new AbortController();
  const reason = new Error('stop it');
  const server = await scriptedService([answered(undefined), described()]);
  const clients = createStreamsClients({ endpoint: server.url, region: 'us-east-1' });
  clients.streams.middlewareStack.add(
    (next, { commandName }) =>
      (given) => {
        if (commandName === 'DescribeStreamCommand') stop.abort(reason);
        return next(given);
      },
    { step: 'initialize' },
  );
  const service = createDynamoDbStreamsService({ ...clients, machine: restlessMachine().machine });
  try {
    await expect(service.page({ ...shard, stream: arn }, 'one', 1_000, stop.signal)).rejects.toBe(reason);
  } finally {
    service.close();
    await server.stop();
  }
});
