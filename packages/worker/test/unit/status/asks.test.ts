// What is asked of one place: what fails, what owes an answer.
import { SinkError } from '@shardfold/sinks';
import { expect, test } from 'vitest';
import { createAsks } from '../../../src/status/asks.ts';

const main = (ask: number, table?: string) => ({ sink: 'main', ask, ...(table === undefined ? {} : { table }) });
const begun = (ask: number) => ({ kind: 'ask-begun', ...main(ask) }) as const;
const over = (ask: number) => ({ kind: 'ask-over', ...main(ask) }) as const;

test('what has no answer yet: the oldest attempt counts, and one that failed has had its answer', () => {
  const asks = createAsks();
  expect(asks.silentSinceMs()).toBeUndefined();
  asks.onEvent(begun(1), 100);
  asks.onEvent(begun(2), 200);
  expect(asks.silentSinceMs()).toBe(100);
  asks.onEvent({ kind: 'sink-waiting', ...main(1), error: new Error('no'), sinceMs: 0, attempt: 1 }, 300);
  expect(asks.silentSinceMs()).toBe(200);
  asks.onEvent(begun(1), 400);
  asks.onEvent(over(2), 500);
  expect(asks.silentSinceMs()).toBe(400);
  asks.onEvent(over(1), 600);
  expect(asks.silentSinceMs()).toBeUndefined();
});

test.each(['sink-recovered', 'ask-over'] as const)('what fails is known with its table, since the first time, until %s', (kind) => {
  const asks = createAsks();
  const refused = new SinkError('SINK_DENIED', 'denied at postgres://u:hunter2@h', { retryable: false });
  asks.onEvent({ kind: 'sink-waiting', ...main(1, 'orders'), error: refused, sinceMs: 40, attempt: 2 }, 1_000);
  asks.onEvent({ kind: 'ask-begun', ...main(1, 'orders') }, 1_100);
  asks.onEvent({ kind: 'sink-waiting', ...main(2), error: new SinkError('SINK_BUSY', 'locked', { retryable: true }), sinceMs: 0, attempt: 1 }, 1_200);
  expect(asks.failing()).toEqual([
    { table: 'orders', error: 'denied at postgres://u:********@h', isForGood: true, sinceMs: 960 },
    { table: undefined, error: 'locked', isForGood: false, sinceMs: 1_200 },
  ]);
  asks.onEvent({ kind, ...main(1, 'orders') }, 1_300);
  expect(asks.failing()).toHaveLength(1);
});
