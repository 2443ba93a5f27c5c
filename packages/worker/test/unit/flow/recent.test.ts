// What is remembered and what goes.
import { expect, test } from 'vitest';
import { createRecent } from '../../../src/flow/recent.ts';

test('the one that nobody asked for the longest goes, and is told of', () => {
  const gone: string[] = [];
  const recent = createRecent<number, string>(4, { forgotten: (value) => gone.push(value) });
  for (const key of [1, 2, 3, 4]) recent.set(key, `v${key}`);
  expect(recent.get(1)).toBe('v1');
  recent.set(5, 'v5');
  recent.set(6, 'v6');
  expect(gone).toEqual(['v2', 'v3']);
  expect([1, 2, 3, 4, 5, 6].map((key) => recent.get(key))).toEqual(['v1', undefined, undefined, 'v4', 'v5', 'v6']);
});

test('what may not be forgotten stays, and the next one goes', () => {
  const recent = createRecent<number, string>(2, { mayForget: (value) => value !== 'busy' });
  recent.set(1, 'busy');
  recent.set(2, 'idle');
  recent.set(3, 'busy');
  recent.set(4, 'busy');
  expect([1, 2, 3, 4].map((key) => recent.get(key))).toEqual(['busy', undefined, 'busy', 'busy']);
});
