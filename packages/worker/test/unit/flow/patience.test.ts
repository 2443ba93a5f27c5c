// Waiting for the environment: how long, what is said, and what ends it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPatience, Forsaken } from '../../../src/flow/patience.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';
import { stillMachine, turn } from './support.ts';

function create(number = 0.5) {
  const machine = stillMachine(number);
  const events: FlowEvent[] = [];
  return { machine, events, patience: createPatience({ sink: 'main', machine, onEvent: (event) => events.push(event) }) };
}

const never = new AbortController().signal;

test('what works at once says nothing', async () => {
  const { machine, events, patience } = create();
  expect(await patience.insist(async () => 7, never)).toBe(7);
  expect(events).toEqual([]);
  expect(machine.slept).toEqual([]);
});

test('it tries until it works, says each failure, and says once that it is over', async () => {
  const { machine, events, patience } = create();
  let left = 3;
  const error = new Error('away');
  const done = patience.insist(async () => {
    if (left > 0) {
      left -= 1;
      throw error;
    }
    return 'there';
  }, never);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await turn();
    await machine.wake();
  }
  expect(await done).toBe('there');
  expect(events).toEqual([
    { kind: 'sink-waiting', sink: 'main', error, sinceMs: 0, attempt: 1 },
    { kind: 'sink-waiting', sink: 'main', error, sinceMs: 75, attempt: 2 },
    { kind: 'sink-waiting', sink: 'main', error, sinceMs: 225, attempt: 3 },
    { kind: 'sink-recovered', sink: 'main' },
  ]);
});

test('the pause doubles from 100 ms to 15 s, less a random part of at most a half', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (number) => {
      const { machine, patience } = create(number);
      const stop = new AbortController();
      const done = patience.insist(() => Promise.reject(new Error('away')), stop.signal).catch(() => 'ended');
      for (let attempt = 0; attempt < 40; attempt += 1) {
        await turn();
        await machine.wake();
      }
      stop.abort();
      expect(await done).toBe('ended');
      for (const [index, ms] of machine.slept.entries()) {
        const ceilingMs = Math.min(15_000, 100 * 2 ** index);
        expect(ms).toBeGreaterThanOrEqual(ceilingMs / 2);
        expect(ms).toBeLessThanOrEqual(ceilingMs);
      }
    }),
    { numRuns: 5 },
  );
});

test.each(['before it starts', 'while it runs', 'while it waits'])('a signal ends it with its reason %s, and nothing is said to be over', async (when) => {
  const { machine, events, patience } = create();
  const stop = new AbortController();
  const reason = new Error('enough');
  let runs = 0;
  if (when === 'before it starts') stop.abort(reason);
  const done = patience.insist(async () => {
    runs += 1;
    if (when === 'while it runs') stop.abort(reason);
    throw new Error('away');
  }, stop.signal);
  const ended = expect(done).rejects.toBe(reason);
  await turn();
  stop.abort(reason);
  await ended;
  expect(runs).toBe(when === 'before it starts' ? 0 : 1);
  expect(machine.sleeping()).toBe(0);
  expect(events.map(({ kind }) => kind)).toEqual(when === 'while it waits' ? ['sink-waiting'] : []);
});

test('when nobody waits any more it ends, and does not say that the sink is back', async () => {
  const { machine, events, patience } = create();
  let runs = 0;
  const done = patience.insist(async () => {
    runs += 1;
    throw runs === 1 ? new Error('away') : new Forsaken();
  }, never);
  const ended = expect(done).rejects.toBeInstanceOf(Forsaken);
  await turn();
  await machine.wake();
  await ended;
  expect(events.map(({ kind }) => kind)).toEqual(['sink-waiting']);
});
