// What a consumer refuses to be told: everything that is wrong, at once, before anything was contacted.
import { describe, expect, test } from 'vitest';
import { type ConsumerOptions, checkChoices, withDefaults } from '../../src/options.ts';

const right: ConsumerOptions = { application: 'a', streams: ['s'], start: { kind: 'latest' }, processor: { process: async () => undefined } };

function faults(change: object): string {
  try {
    checkChoices(withDefaults({ ...right, ...change }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

test('the least that must be said is enough', () => {
  expect(faults({})).toBe('');
});

describe('refused', () => {
  test.each([
    [{ application: ' ' }, 'application is missing'],
    [{ streams: [] }, 'at least one name'],
    [{ streams: ['a', ''] }, 'at least one name'],
    [{ streams: 'orders' }, 'at least one name'],
    [{ streams: ['a', 'b', 'a'] }, 'names one twice'],
    [{ streams: ['arn:aws:kinesis:us-east-1:000000000000:stream/orders-*'] }, 'a pattern in an ARN'],
    [{ start: undefined }, 'start is missing'],
    [{ start: { kind: 'yesterday' } }, 'start is missing'],
    [{ start: { kind: 'timestamp', atMs: Number.NaN } }, 'start.atMs'],
    [{ processor: {} }, 'process(batch, shard)'],
    [{ mode: 'push' }, 'mode is push'],
    [{ kind: 'kafka' }, 'kind is kafka'],
    [{ kind: 'dynamodb-streams', mode: 'fan-out' }, 'DynamoDB Streams does not have'],
    [{ maxInFlight: 0 }, 'maxInFlight is 0'],
    [{ bufferBytes: -1 }, 'bufferBytes is -1'],
    [{ pollIntervalMs: '1s' }, 'pollIntervalMs is 1s'],
    [{ lease: { durationMs: 10 } }, 'lease.durationMs is 10; it is a number of 1000 or more'],
    [{ lease: { maxPerWorker: 0 } }, 'lease.maxPerWorker is 0'],
    [{ lease: { joinDelayMs: -1 } }, 'lease.joinDelayMs is -1'],
    [{ checkpoint: { records: 0, intervalMs: 0 } }, 'checkpoint.records is 0'],
  ])('%j', (change, text) => {
    expect(faults(change)).toContain(text);
  });
});

test('all faults are named at once, with what was done and what to do', () => {
  const text = faults({ application: '', maxInFlight: Number.POSITIVE_INFINITY, drainTimeoutMs: -1 });
  expect(text).toContain('application is missing');
  expect(text).toContain('maxInFlight is Infinity');
  expect(text).toContain('drainTimeoutMs is -1');
  expect(text).toContain('Nothing was started.');
});
