// When a shard is asked next: the service's limits, quiet shards, failures.
import { describe, expect, test } from 'vitest';
import { freshPace, type PaceState, paceAfterAnswer, paceAfterFailure } from '../../src/kinesis/pace.ts';

const aws = { pollIntervalMs: 1_000, limits: 'aws' } as const;
const none = { pollIntervalMs: 1_000, limits: 'none' } as const;
const empty = { records: 0, bytes: 0, behindLatestMs: 0 };
const quiet = (emptyAnswers: number): PaceState => ({ emptyAnswers, failures: 0 });

describe('after an answer', () => {
  test.each([
    {
      name: 'a busy shard is asked five times a second',
      state: freshPace,
      answer: { records: 9, bytes: 100, behindLatestMs: 0 },
      options: aws,
      waitMs: 200,
      next: freshPace,
    },
    {
      name: 'large answers stay within 2 MB a second',
      state: freshPace,
      answer: { records: 9, bytes: 10_000_000, behindLatestMs: 5 },
      options: aws,
      waitMs: 5_000,
      next: freshPace,
    },
    {
      name: 'without limits a busy shard is read back to back',
      state: quiet(3),
      answer: { records: 1, bytes: 10_000_000, behindLatestMs: 0 },
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
    { name: 'an answer ends a row of failures', state: { emptyAnswers: 0, failures: 7 }, answer: empty, options: aws, waitMs: 200, next: quiet(1) },
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
    expect(paceAfterFailure({ emptyAnswers: 2, failures }, random)).toEqual({ state: { emptyAnswers: 2, failures: Math.min(16, failures + 1) }, waitMs });
  });
});
