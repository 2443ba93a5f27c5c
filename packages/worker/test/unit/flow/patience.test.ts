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

test('what works at once is asked for, and over', async () => {
  const { machine, events, patience } = create();
  expect(await patience.insist(async () => 7, never)).toBe(7);
  expect(events).toEqual([
    { kind: 'ask-begun', sink: 'main', ask: 1 },
    { kind: 'ask-over', sink: 'main', ask: 1 },
  ]);
  expect(machine.slept).toEqual([]);
});

test('it tries until it works, says each failure, and says once that it is over', async () => {
  const { machine, events, patience } = create();
  let left = 3;
  const error = new Error('away');
  const done = patience.insist(
    async () => {
      if (left > 0) {
        left -= 1;
        throw error;
      }
      return 'there';
    },
    never,
    'orders',
  );
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await turn();
    await machine.wake();
  }
  expect(await done).toBe('there');
  const asked = { sink: 'main', table: 'orders', ask: 1 };
  expect(events).toEqual([
    ...[0, 75, 225].flatMap((sinceMs, index) => [
      { kind: 'ask-begun', ...asked },
      { kind: 'sink-waiting', ...asked, error, sinceMs, attempt: index + 1 },
    ]),
    { kind: 'ask-begun', ...asked },
    { kind: 'sink-recovered', ...asked },
    { kind: 'ask-over', ...asked },
  ]);
});

test('each that is asked has a number of its own', async () => {
  const { events, patience } = create();
  await Promise.all([patience.insist(turn, never), patience.insist(turn, never)]);
  expect(events.map(({ kind, ...rest }) => [kind, 'ask' in rest ? rest.ask : undefined])).toEqual([
    ['ask-begun', 1],
    ['ask-begun', 2],
    ['ask-over', 1],
    ['ask-over', 2],
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

test.each(['before it starts', 'while it runs', 'while it waits'] as const)(
  'a signal ends it with its reason %s, and nothing is said to be back',
  async (when) => {
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
    const kinds = { 'before it starts': [], 'while it runs': ['ask-begun'], 'while it waits': ['ask-begun', 'sink-waiting'] };
    expect(events.map(({ kind }) => kind)).toEqual([...kinds[when], 'ask-over']);
  },
);

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
  expect(events.map(({ kind }) => kind)).toEqual(['ask-begun', 'sink-waiting', 'ask-begun', 'ask-over']);
});
