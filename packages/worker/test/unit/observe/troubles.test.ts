// When a trouble is told: at once, once a minute while it lasts, and never so often that it hides the rest.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { againMs, createTroubles, linesMax, reason, troublesMax } from '../../../src/observe/troubles.ts';

function create() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  return { clock, troubles: createTroubles(clock) };
}

test('what was not told is counted', () => {
  const { clock, troubles } = create();
  const at = (nowMs: number) => {
    clock.nowMs = nowMs;
    return troubles.tell('fetch-failed', 'a');
  };
  expect([0, 1, againMs - 1, againMs, againMs + 1, 2 * againMs].map(at)).toEqual([{}, undefined, undefined, { untold: 2 }, undefined, { untold: 1 }]);
});

test('of one event there are so many lines a minute, whatever they are of, and of another as many', () => {
  const { clock, troubles } = create();
  const names = Array.from({ length: 3 * linesMax }, (_, at) => `shard-${at}`);
  const tellAll = () => names.filter((of) => troubles.tell('fetch-failed', of) !== undefined);
  expect(tellAll()).toEqual(names.slice(0, linesMax));
  expect(troubles.tell('batch-failed', 'shard-0')).toEqual({});
  expect(
    [names[0], names[linesMax]].map((of) => troubles.over('fetch-failed', of ?? '')),
    'what was not told has no end that is news',
  ).toEqual([true, false]);
  clock.nowMs = againMs;
  expect(tellAll()).toHaveLength(linesMax);
});

test('a trouble that is over begins anew', () => {
  const { troubles } = create();
  expect(troubles.over('dead-letter', 'x')).toBe(false);
  troubles.tell('dead-letter', 'x');
  troubles.tell('dead-letter', 'x');
  expect([troubles.over('dead-letter', 'x'), troubles.over('dead-letter', 'x'), troubles.tell('dead-letter', 'x')]).toEqual([true, false, {}]);
});

test.each([
  [troublesMax - 1, true],
  [troublesMax, false],
])('after %i others the oldest is remembered: %s', (others, isKnown) => {
  const { troubles } = create();
  troubles.tell('dead-letter', 'x');
  for (let at = 0; at < others; at += 1) troubles.tell('fetch-failed', String(at));
  expect(troubles.over('dead-letter', 'x')).toBe(isKnown);
});

test('law: a trouble is told when it is due and not before, and what was not told is counted', () => {
  const step = fc.record({ of: fc.nat({ max: 4 }).map(String), afterMs: fc.nat({ max: againMs }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { clock, troubles } = create();
      const saidMs = new Map<string, number>();
      const counts = new Map<string, { came: number; told: number }>();
      for (const { of, afterMs } of steps) {
        clock.nowMs += afterMs;
        const count = counts.get(of) ?? { came: 0, told: 0 };
        counts.set(of, count);
        count.came += 1;
        const telling = troubles.tell('fetch-failed', of);
        const due = clock.nowMs - (saidMs.get(of) ?? Number.NEGATIVE_INFINITY) >= againMs;
        expect(telling !== undefined).toBe(due);
        if (telling === undefined) continue;
        count.told += 1 + (telling.untold ?? 0);
        expect(count.told).toBe(count.came);
        saidMs.set(of, clock.nowMs);
      }
    }),
  );
});

test('an error of several lines becomes one', () => {
  expect(reason(new Error('Two faults:\n  a: is none\n  b: neither'))).toBe('Two faults: a: is none b: neither');
});
