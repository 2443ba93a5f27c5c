// The option that says what becomes of a failing batch: its defaults, and what is wrong with it.
import { expect, test } from 'vitest';
import { failureFaults, failurePolicy } from '../../../src/processing/policy.ts';
import type { FailureOptions } from '../../../src/types.ts';

const onFailure = async () => undefined;

test('without the option a batch is tried again for ever', () => {
  expect(failurePolicy()).toEqual({ policy: 'retry' });
  expect(failureFaults(failurePolicy())).toEqual([]);
});

test.each(['bisect', 'hand-over'] as const)('%s has five attempts unless told otherwise, and keeps the object that onFailure belongs to', (policy) => {
  const options = { policy, onFailure };
  expect(failurePolicy(options)).toEqual({ policy, attempts: 5, handler: options });
  expect(failurePolicy({ ...options, attempts: 2 })).toMatchObject({ attempts: 2 });
  expect(failureFaults(failurePolicy(options))).toEqual([]);
});

test.each<[object, RegExp]>([
  [{ policy: 'bisect', onFailure, attempts: 0 }, /failure\.attempts is 0/],
  [{ policy: 'bisect', onFailure, attempts: 1.5 }, /failure\.attempts is 1\.5/],
  [{ policy: 'hand-over' }, /onFailure/],
  [{ policy: 'skip', onFailure }, /failure\.policy is skip/],
])('%o is refused', (options, fault) => {
  const faults = failureFaults(failurePolicy(options as FailureOptions));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(fault);
});
