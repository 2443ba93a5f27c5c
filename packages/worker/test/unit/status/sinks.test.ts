// What is known of sinks.
import { SinkError } from '@shardfold/sinks';
import { describe, expect, test } from 'vitest';
import type { ChangeOutcome, WorkerEvent } from '../../../src/observe/events.ts';
import { createSinkStates } from '../../../src/status/sinks.ts';

test.each<[ChangeOutcome, boolean]>([
  ['applied', true],
  // CrateDB and FerretDB do not say more of a row that they took.
  ['unresolved', true],
  ['superseded', false],
  ['filtered', false],
  ['dead_lettered', false],
  ['abandoned', false],
])('%s counts as a row written: %s', (outcome, counts) => {
  const sinks = createSinkStates(['main']);
  for (let second = 1; second <= 5; second += 1) sinks.onEvent({ kind: 'changes', sink: 'main', outcome, count: 100 }, second * 1_000);
  const [view] = sinks.views(5_000);
  expect((view?.rowsPerSecond ?? 0) > 0).toBe(counts);
});

const away = new SinkError('SINK_UNREACHABLE', 'Away.', { retryable: true });
const denied = new SinkError('SINK_DENIED', 'No grant.', { retryable: false });

function waiting(ask: number, error: Error, table?: string, sinceMs = 0): WorkerEvent {
  return { kind: 'sink-waiting', sink: 'main', ask, ...(table === undefined ? {} : { table }), error, sinceMs, attempt: 1 };
}

const wrote: WorkerEvent = { kind: 'sink-write', sink: 'main', outcome: 'ok', durationMs: 1, rows: 1 };

/** What is known at 10,000 ms; each event with its time. */
function viewAfter(...events: readonly (readonly [event: WorkerEvent, atMs: number])[]) {
  const sinks = createSinkStates(['main']);
  for (const [event, atMs] of events) sinks.onEvent(event, atMs);
  return sinks.views(10_000)[0];
}

test('a sink that could not be opened had no write to be timed', () => {
  const failed = { kind: 'sink-write', sink: 'main', outcome: 'failed', durationMs: 5_000, rows: 0 } as const;
  expect(viewAfter([failed, 9_000])?.writes).toBeNull();
  expect(viewAfter([{ ...failed, rows: 1 }, 9_000])?.writes).not.toBeNull();
});

describe('a table that takes no writes', () => {
  test('is told beside its sink, which takes those of others', () => {
    const view = viewAfter([waiting(1, denied, 'orders', 1_000), 5_000], [wrote, 9_000]);
    expect(view).toMatchObject({ state: 'partly', waitingMs: null, lastError: null, blockedCount: 1 });
    expect(view?.blocked).toEqual([{ table: 'orders', waitingMs: 6_000, error: 'No grant.' }]);
  });

  test.each<[string, readonly (readonly [WorkerEvent, number])[], string]>([
    ['nothing mends it but a person', [[waiting(1, denied, 'orders'), 5_000]], 'partly'],
    [
      'it may pass, and nothing was written since',
      [
        [wrote, 4_000],
        [waiting(1, away, 'orders'), 5_000],
      ],
      'waiting',
    ],
    [
      'it may pass, and others were written since',
      [
        [waiting(1, away, 'orders'), 5_000],
        [wrote, 6_000],
      ],
      'partly',
    ],
    [
      'it is the sink itself',
      [
        [waiting(1, denied), 5_000],
        [wrote, 6_000],
      ],
      'waiting',
    ],
    [
      'one of its writes worked, another still fails',
      [
        [waiting(1, denied, 'orders'), 5_000],
        [{ kind: 'ask-over', sink: 'main', ask: 2, table: 'orders' }, 6_000],
      ],
      'partly',
    ],
    [
      'nobody asks any more',
      [
        [waiting(1, denied, 'orders'), 5_000],
        [{ kind: 'ask-over', sink: 'main', ask: 1, table: 'orders' }, 6_000],
      ],
      'ok',
    ],
  ])('or its sink: %s', (_, events, state) => expect(viewAfter(...events)?.state).toBe(state));

  test('once, the one that has waited longest first, and at most 20 by name', () => {
    const events = Array.from({ length: 50 }, (_, index) => [waiting(index, denied, `t${Math.floor(index / 2)}`, index * 10), 9_000] as const);
    const view = viewAfter(...events);
    expect([view?.blockedCount, view?.blocked.length, view?.blocked[0]]).toEqual([25, 20, { table: 't24', waitingMs: 1_490, error: 'No grant.' }]);
  });
});

test('a statement that is not answered shows for how long', () => {
  expect(viewAfter([{ kind: 'ask-begun', sink: 'main', ask: 1 }, 3_000])).toMatchObject({ state: 'ok', silentMs: 7_000 });
  expect(viewAfter([{ kind: 'ask-begun', sink: 'other', ask: 1 }, 3_000])?.silentMs).toBeNull();
});
