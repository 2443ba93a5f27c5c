// What takes many requests of the streams API, when some of them fail: listings of many pages, and the reading of a shard.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { resumed } from '../../src/aggregation/unpack.ts';
import { recordsPerCallMax } from '../../src/dynamodb-streams/service.ts';
import { createByteBudget } from '../../src/memory/byte-budget.ts';
import { createPollingSource } from '../../src/source/polling.ts';
import type { ConsumerEvent, ReadFrom } from '../../src/types.ts';
import { fault, type ScriptedAnswer } from '../support/scripted-service.ts';
import { answered, arn, change, described, iterator, never, newArn, play, restlessMachine, shard, table } from '../support/scripted-streams.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('listings', () => {
  const page = (ShardId: string, last?: string) =>
    described({ Shards: [{ ShardId, SequenceNumberRange: {} }], ...(last === undefined ? {} : { LastEvaluatedShardId: last }) });

  test('go on to the last page, empty ones too, and are no faster than ten pages a second', async () => {
    const empty = described({ LastEvaluatedShardId: 'b' });
    const { result, asked, pausesMs } = await play([page('a', 'a'), empty, page('c')], (service) => service.listShards(arn, never));
    expect(result).toEqual([
      { shardId: 'a', parents: [], closed: false },
      { shardId: 'c', parents: [], closed: false },
    ]);
    expect(asked.map(([, input]) => input)).toEqual([
      { StreamArn: arn },
      { StreamArn: arn, ExclusiveStartShardId: 'a' },
      { StreamArn: arn, ExclusiveStartShardId: 'b' },
    ]);
    expect(pausesMs).toEqual([100, 100]);
  });

  test('go on where they were throttled', async () => {
    const throttled = fault('DescribeStream', 'LimitExceededException');
    const { result, asked, pausesMs } = await play([page('a', 'a'), throttled, throttled, page('b')], (service) => service.listShards(arn, never));
    expect(result).toMatchObject([{ shardId: 'a' }, { shardId: 'b' }]);
    expect(asked.slice(1).map(([, input]) => input)).toEqual(Array(3).fill({ StreamArn: arn, ExclusiveStartShardId: 'a' }));
    expect(pausesMs).toEqual([100, 100, 200]);
  });

  test('are given up when the throttling goes on', async () => {
    const throttled = Array.from({ length: 6 }, () => fault('DescribeStream', 'LimitExceededException'));
    const { result, asked } = await play([...throttled, page('a')], (service) => service.listShards(arn, never));
    expect(result).toMatchObject({ code: 'STREAM_THROTTLED', retryable: true });
    expect(asked).toHaveLength(6);
  });

  test('that fail are no half listings', async () => {
    const { result } = await play([page('a', 'a'), fault('DescribeStream', 'InternalServerError')], (service) => service.listShards(arn, never));
    expect(result).toMatchObject({ code: 'STREAM_UNREACHABLE', retryable: true });
  });

  test('of tables name each once', async () => {
    const streams = (names: readonly string[], last?: string): ScriptedAnswer => ({
      operation: 'ListStreams',
      body: { Streams: names.map((TableName) => ({ TableName, StreamArn: arn })), ...(last === undefined ? {} : { LastEvaluatedStreamArn: last }) },
    });
    const { result, asked } = await play([streams(['orders', 'users'], newArn), streams(['orders'])], (service) => service.list(never));
    expect(result).toEqual(['orders', 'users']);
    expect(asked.map(([, input]) => input)).toEqual([{}, { ExclusiveStartStreamArn: newArn }]);
  });
});

describe('the polling source over it', () => {
  const end = [answered(undefined), described({ StreamStatus: 'DISABLED' })];
  const lastOf = (sequence: string): object => ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: sequence });

  /** Reads to the end, or until it throws. */
  async function readAll(script: readonly ScriptedAnswer[], from: ReadFrom = { kind: 'trim-horizon' }) {
    const { machine } = restlessMachine();
    const budget = createByteBudget(10_000_000);
    const sequences: string[] = [];
    const failures: string[] = [];
    const onEvent = (event: ConsumerEvent) => void (event.kind === 'fetch-failed' && failures.push((event.error as { readonly code?: string }).code ?? ''));
    const { result, asked } = await play([table(), ...script], async (service) => {
      const source = resumed(createPollingSource({ service, recordsPerCallMax, machine, budget, limits: 'aws', pollIntervalMs: 1_000, onEvent }));
      for await (const batch of source.open(shard, from, { signal: never })) {
        sequences.push(...batch.records.map(({ sequence }) => sequence));
        batch.release();
      }
    });
    const iterators = asked.flatMap(([operation, input]) => (operation === 'GetShardIterator' ? [input] : []));
    return { ended: result, sequences, failures, iterators, used: budget.used() };
  }

  test('asks for a new iterator after the last record when one has expired, and for the same page when it was throttled', async () => {
    const expired = fault('GetRecords', 'ExpiredIteratorException');
    const throttled = fault('GetRecords', 'LimitExceededException');
    const read = await readAll([
      iterator,
      answered('two', change('001', 1)),
      expired,
      iterator,
      throttled,
      answered('three', change('002', 1)),
      answered('four'),
      ...end,
    ]);
    expect(read).toMatchObject({ ended: undefined, sequences: ['001', '002'], failures: ['ITERATOR_EXPIRED', 'STREAM_THROTTLED'], used: 0 });
    expect(read.iterators).toMatchObject([{ ShardIteratorType: 'TRIM_HORIZON' }, lastOf('001')]);
  });

  test('does not go on in silence when data was trimmed under it', async () => {
    const read = await readAll([iterator, answered('two', change('001', 1)), fault('GetRecords', 'TrimmedDataAccessException')]);
    expect(read).toMatchObject({ ended: { code: 'POSITION_GAP', retryable: false }, sequences: ['001'], failures: [], used: 0 });
  });

  test('from a position leaves out its record', async () => {
    const read = await readAll([iterator, answered('two', change('007', 1), change('008', 1)), ...end], { kind: 'sequence', sequence: '007', subSequence: 0 });
    expect(read).toMatchObject({ sequences: ['008'], iterators: [{ ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: '007' }] });
  });

  test('from a time leaves out what arrived before its second, and nothing of that second', async () => {
    const pages = [iterator, answered('two', change('1', 1_998)), answered('three', change('2', 1_998), change('3', 1_999), change('4', 2_000)), ...end];
    const read = await readAll(pages, { kind: 'timestamp', atMs: 1_999_500 });
    expect(read).toMatchObject({ sequences: ['3', '4'], iterators: [{ ShardIteratorType: 'TRIM_HORIZON' }] });
  });
});
