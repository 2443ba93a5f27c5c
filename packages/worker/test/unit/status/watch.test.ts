// What is asked while nobody waits for it, under a clock that the test moves.
import type { Machine } from '@shardfold/consumer';
import { memorySink, plainLetter } from '@shardfold/sinks/testing';
import { expect, test } from 'vitest';
import { type WatchParts, watch } from '../../../src/status/watch.ts';

/** Each turn of the loop waits for `tick`, which moves the clock by two seconds. */
function bed(change: Partial<WatchParts> = {}) {
  let nowMs = 0;
  let asked = 0;
  let wake: () => void = () => undefined;
  let lookMs: number | undefined;
  const limits: (() => void)[] = [];
  const asleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const machine: Machine = {
    clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
    timers: {
      after(_delayMs, run) {
        limits.push(run);
        return () => void limits.splice(limits.indexOf(run), 1);
      },
      sleep: (_delayMs, signal) =>
        new Promise((resolve, reject) => {
          wake = resolve;
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    },
    random: { number: () => 0, id: () => '' },
  };
  const memory = memorySink({ clock: machine.clock });
  const sink = {
    ...memory,
    describe: async (signal: AbortSignal) => {
      asked += 1;
      return memory.describe(signal);
    },
  };
  const told: string[] = [];
  const stop = new AbortController();
  const ended = watch(
    {
      machine,
      sinks: new Map([['main', sink]]),
      letters: { kind: 'sinks' },
      lastLookMs: () => lookMs,
      isWaitedFor: () => false,
      onSample: () => told.push('sample'),
      onDescribed: (name, { kind }) => told.push(`${name} is ${kind}`),
      onLetters: (name, { count, isMore }, example) => told.push(`${name} keeps ${count}${isMore ? '+' : ''} ${example?.id ?? ''}`.trim()),
      ...change,
    },
    stop.signal,
  );
  return {
    told,
    memory,
    limits,
    asked: () => asked,
    look: (atMs: number | undefined) => {
      lookMs = atMs;
    },
    async tick(times = 1) {
      for (let time = 0; time < times; time += 1) {
        nowMs += 2_000;
        wake();
        await asleep();
      }
    },
    async end() {
      stop.abort();
      await ended;
    },
  };
}

test('samples each turn; asks the sinks every fifteen seconds while somebody looks', async () => {
  const { told, asked, memory, look, tick, end } = bed();
  await memory.deadLetters().put([plainLetter], new AbortController().signal);
  look(0);
  await tick();
  expect(told).toEqual(['sample', 'sample', 'main is memory', expect.stringMatching(/^main keeps 1 ./)]);
  await tick(7);
  expect(asked()).toBe(1);
  await tick();
  expect(asked()).toBe(2);
  await tick(60);
  const then = asked();
  await tick(60);
  expect([then, asked()]).toEqual([4, 4]);
  look(256_000);
  await tick();
  expect(asked()).toBe(5);
  await end();
});

test('asks nothing before somebody has looked, and nothing of a sink that is waited for', async () => {
  const unseen = bed();
  await unseen.tick(20);
  expect(unseen.asked()).toBe(0);
  await unseen.end();
  const waited = bed({ isWaitedFor: (name) => name === 'main' });
  waited.look(0);
  await waited.tick(20);
  expect(waited.asked()).toBe(0);
  await waited.end();
});

test('a sink that does not answer is given up after its time, and asked again', async () => {
  const memory = memorySink({ clock: { wallMs: () => 0 } });
  let given = 0;
  const silent = {
    ...memory,
    describe: (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })).finally(() => {
        given += 1;
      }),
  };
  const { limits, look, tick, end } = bed({ sinks: new Map([['main', silent]]) });
  look(0);
  await tick(10);
  expect([given, limits.length]).toEqual([0, 1]);
  limits[0]?.();
  await tick(2);
  expect([given, limits.length]).toEqual([1, 1]);
  await end();
  expect([given, limits.length]).toEqual([2, 0]);
});

test.each<readonly [string, number, boolean, string]>([
  ['a file', 3, false, 'there keeps 3 first'],
  ['an empty file', 0, false, 'there keeps 0'],
  ['a bucket of very many', 1_001, false, 'there keeps 1000+ first'],
  ['a queue, of which no letter is taken', 3, true, 'there keeps 3'],
])('letters in a place of their own are counted there: %s', async (_, kept, isQueue, wanted) => {
  const asked: string[] = [];
  const store = {
    ...memorySink({ clock: { wallMs: () => 0 } }).deadLetters(),
    count: async (_signal: AbortSignal, enough = Infinity) => Math.min(kept, enough),
    page: async () => {
      asked.push('page');
      return [{ ...plainLetter, id: 'first' }];
    },
  };
  const { told, look, tick, end } = bed({ letters: { kind: 'place', name: 'there', store, isQueue } });
  await tick(2);
  expect(told).not.toContain(wanted);
  look(4_000);
  await tick();
  expect(told).toContain(wanted);
  expect(told.filter((each) => each.includes('keeps'))).toHaveLength(1);
  expect(asked).toHaveLength(isQueue || kept === 0 ? 0 : 1);
  await end();
});

test('where letters are kept nowhere nobody counts them', async () => {
  const { told, look, tick, end } = bed({ letters: { kind: 'none' } });
  look(0);
  await tick();
  expect(told).toEqual(['sample', 'sample', 'main is memory']);
  await end();
});
