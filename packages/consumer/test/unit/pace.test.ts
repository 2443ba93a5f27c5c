// When a shard is asked next: the service's limits, quiet shards, failures, other readers of the same shard.
import { describe, expect, test } from 'vitest';
import { freshPace, type PaceState, paceAfterAnswer, paceAfterFailure } from '../../src/source/pace.ts';

const aws = { pollIntervalMs: 1_000, limits: 'aws' } as const;
const none = { pollIntervalMs: 1_000, limits: 'none' } as const;
const empty = { records: 0, bytes: 0, behindLatestMs: 0 };
const busy = { records: 9, bytes: 100, behindLatestMs: 0 };
const quiet = (emptyAnswers: number): PaceState => ({ ...freshPace, emptyAnswers });

describe('after an answer', () => {
  test.each([
    { name: 'a busy shard is asked five times a second', state: freshPace, answer: busy, options: aws, waitMs: 200, next: freshPace },
    {
      name: 'large answers stay within 2 MB a second',
      state: freshPace,
      answer: { ...busy, bytes: 10_000_000 },
      options: aws,
      waitMs: 5_000,
      next: freshPace,
    },
    {
      name: 'without limits a busy shard is read back to back',
      state: quiet(3),
      answer: { ...busy, bytes: 10_000_000 },
      options: none,
      waitMs: 0,
      next: freshPace,
    },
    {
      name: 'an empty answer before the tip is no quiet shard',
      state: quiet(3),
      answer: { ...empty, behindLatestMs: 1 },
      options: aws,
      waitMs: 200,
      next: freshPace,
    },
    { name: 'the first empty answer', state: freshPace, answer: empty, options: aws, waitMs: 200, next: quiet(1) },
    { name: 'the second doubles', state: quiet(1), answer: empty, options: aws, waitMs: 400, next: quiet(2) },
    { name: 'up to the poll interval', state: quiet(3), answer: empty, options: aws, waitMs: 1_000, next: quiet(4) },
    { name: 'for ever', state: quiet(16), answer: empty, options: aws, waitMs: 1_000, next: quiet(16) },
    {
      name: 'a short poll interval holds without limits',
      state: freshPace,
      answer: empty,
      options: { ...none, pollIntervalMs: 20 },
      waitMs: 20,
      next: quiet(1),
    },
    { name: '... and is lifted to the limit with them', state: freshPace, answer: empty, options: { ...aws, pollIntervalMs: 20 }, waitMs: 200, next: quiet(1) },
    { name: 'an answer ends a row of failures', state: { ...freshPace, failures: 7 }, answer: empty, options: aws, waitMs: 200, next: quiet(1) },
    {
      name: 'half a share asks half as often, and takes a little more next time',
      state: { ...freshPace, share: 0.5 },
      answer: busy,
      options: aws,
      waitMs: 400,
      next: { ...freshPace, share: 0.52 },
    },
    {
      name: '... and reads half as much',
      state: { ...freshPace, share: 0.5 },
      answer: { ...busy, bytes: 2_000_000 },
      options: aws,
      waitMs: 2_000,
      next: { ...freshPace, share: 0.52 },
    },
  ])('$name', ({ state, answer, options, waitMs, next }) => {
    expect(paceAfterAnswer(state, answer, options)).toEqual({ state: next, waitMs });
  });
});

describe('after a failure', () => {
  test.each([
    { failures: 0, random: 0, waitMs: 100 },
    { failures: 0, random: 0.5, waitMs: 150 },
    { failures: 1, random: 0, waitMs: 200 },
    { failures: 5, random: 0, waitMs: 3_200 },
    { failures: 6, random: 0, waitMs: 5_000 },
    { failures: 16, random: 0.5, waitMs: 7_500 },
  ])('number $failures and chance $random: $waitMs ms', ({ failures, random, waitMs }) => {
    const state = { emptyAnswers: 2, failures, share: 1 };
    expect(paceAfterFailure(state, { random, throttled: false })).toEqual({ state: { ...state, failures: Math.min(16, failures + 1) }, waitMs });
  });

  test.each([
    [1, 0.5],
    [0.5, 0.25],
    [0.12, 0.1],
  ])('a throttled reader with a share of %d takes %d', (share, next) => {
    expect(paceAfterFailure({ ...freshPace, share }, { random: 0, throttled: true }).state.share).toBe(next);
  });
});

/** Readers of one shard that allows five calls a second; a call takes a while to arrive, more or less. */
function callsOf(readers: number, ms: number): { readonly calls: readonly number[]; readonly throttled: number } {
  const states = Array.from({ length: readers }, () => freshPace);
  const sentMs = states.map(() => 0);
  const arriveMs = states.map((_, at) => at);
  const calls = states.map(() => 0);
  let [tokens, beforeMs, throttled, seed] = [5, 0, 0, 1];
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  for (;;) {
    const at = arriveMs.indexOf(Math.min(...arriveMs));
    const nowMs = arriveMs[at] ?? 0;
    if (nowMs > ms) return { calls, throttled };
    tokens = Math.min(5, tokens + (nowMs - beforeMs) / 200);
    beforeMs = nowMs;
    const allowed = tokens >= 1;
    if (allowed) tokens -= 1;
    calls[at] = (calls[at] ?? 0) + Number(allowed);
    throttled += Number(!allowed);
    const state = states[at] ?? freshPace;
    const next = allowed ? paceAfterAnswer(state, busy, aws) : paceAfterFailure(state, { random: random(), throttled: true });
    states[at] = next.state;
    sentMs[at] = Math.max((sentMs[at] ?? 0) + next.waitMs, nowMs);
    arriveMs[at] = (sentMs[at] ?? 0) + 5 + 35 * random();
  }
}

test('three applications on one shard are all served, and use most of what it allows', () => {
  const { calls, throttled } = callsOf(3, 600_000);
  const total = calls.reduce((sum, each) => sum + each, 0);
  expect(total).toBeGreaterThan(0.9 * 3_000);
  expect(Math.max(...calls) / Math.min(...calls)).toBeLessThan(2.5);
  expect(throttled / total).toBeLessThan(0.25);
});

test('alone on its shard, a reader is never throttled', () => {
  expect(callsOf(1, 600_000).throttled).toBe(0);
});
