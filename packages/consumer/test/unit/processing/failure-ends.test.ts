// The ways a shard goes while a batch of it fails: drained, lost, or held up, under every policy.
import { describe, expect, test } from 'vitest';
import type { FailurePolicy } from '../../../src/processing/policy.ts';
import { failingOn, policyOf, taker, textOf } from '../../support/failing.ts';
import { readingOf } from '../../support/reading.ts';

const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 });

describe('while something fails', () => {
  const shapes = (['retry', 'bisect', 'hand-over'] as const).map((policy) => [policy] as const);
  const failureOf = (policy: FailurePolicy['policy'], letters: ReturnType<typeof taker>) => (policy === 'retry' ? { policy } : policyOf(policy, 2, letters));

  test.each(shapes)('%s: a drain in the pause begins no attempt; what is open is left to the next owner', async (policy) => {
    const { processor, given } = failingOn('a');
    const letters = taker();
    const { time, lease, start, put, of, budget } = readingOf(processor, { failure: failureOf(policy, letters) });
    put('a', 'b');
    const reader = start();
    await time.advance(0);
    lease.drain();
    await reader.done;
    await time.advance(60_000);
    expect([given, letters.calls()]).toEqual([['ab'], 0]);
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
    expect([of('shard-stopped').map(({ reason }) => reason), budget.used()]).toEqual([['released'], 0]);
  });

  test.each(shapes)('%s: a drain while the last attempt runs hands nothing over', async (policy) => {
    const gate = Promise.withResolvers<void>();
    const letters = taker();
    let calls = 0;
    const { time, lease, start, put } = readingOf(
      {
        process() {
          calls += 1;
          return calls === 1 ? Promise.reject(new Error('no')) : gate.promise;
        },
      },
      { failure: failureOf(policy, letters) },
    );
    put('a');
    const reader = start();
    await time.advance(1_000);
    expect(calls).toBe(2);
    lease.drain();
    gate.reject(new Error('no'));
    await reader.done;
    await time.advance(60_000);
    expect([calls, letters.calls()]).toEqual([2, 0]);
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
  });

  test('bisect: a drain between two pieces begins no further one; what was done of the batch counts', async () => {
    const given: string[] = [];
    const reading = readingOf(
      {
        async process(batch) {
          given.push(textOf(batch));
          if (batch.records.length > 1) throw new Error('no');
          reading.lease.drain();
        },
      },
      { failure: policyOf('bisect', 1, taker()) },
    );
    reading.put('a', 'b');
    const reader = reading.start();
    await reading.time.advance(60_000);
    await reader.done;
    expect(given).toEqual(['ab', 'a']);
    expect(reading.lease.writes).toEqual([{ kind: 'release', at: at(1) }]);
  });

  test('a lease that is lost while onFailure works acknowledges nothing', async () => {
    const gate = Promise.withResolvers<void>();
    const { time, lease, start, put, of } = readingOf(failingOn('a').processor, { failure: policyOf('hand-over', 1, { onFailure: () => gate.promise }) });
    put('a');
    const reader = start();
    await time.advance(0);
    lease.lose();
    gate.resolve();
    await reader.done;
    expect([reader.openRecords(), lease.sent(), of('records-handed-over')]).toEqual([1, 0, []]);
  });

  test('other batches of the shard go on where that is asked for, and the position waits', async () => {
    const { processor, given } = failingOn('a');
    const { time, lease, start, put } = readingOf(processor, { maxInFlight: 2 });
    put('a', 'b', 'c', 'd', 'e', 'f');
    const reader = start();
    await time.advance(10_000);
    expect(
      given.filter((text) => text !== 'ab'),
      'no further than so many batches',
    ).toEqual(['cd']);
    expect(lease.writes).toEqual([]);
    expect(reader.life()).toMatchObject({ state: 'retrying', trouble: { error: 'no a' } });
    lease.drain();
    await reader.done;
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
  });
});
