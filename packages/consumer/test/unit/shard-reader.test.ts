// One shard while its lease is held: order, retries, the batch read ahead, acknowledgement.
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import type { ShardSource } from '../../src/types.ts';
import { gatedProcessor, readingOf } from '../support/reading.ts';
import { batch, recordAt } from '../support/records.ts';

const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 });

describe('reading on', () => {
  test('batches come in order, one at a time, and one is read ahead', async () => {
    const { processor, began, gate } = gatedProcessor();
    const { time, lease, start, put, of, budget } = readingOf(processor);
    put('a', 'b', 'c', 'd', 'e', 'f');
    const reader = start();
    await time.advance(0);
    expect(began).toEqual([['a', 'b']]);
    expect(of('batch-fetched').map((event) => event.records)).toEqual([2, 2]);
    gate(0).resolve();
    await time.advance(0);
    expect(began).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(of('batch-fetched')).toHaveLength(3);
    expect(reader.caughtUp()).toBe(false);
    gate(1).resolve();
    await time.advance(0);
    gate(2).resolve();
    await time.advance(5_000);
    expect([reader.caughtUp(), reader.openRecords(), reader.behindLatestMs(), budget.used()]).toEqual([true, 0, 0, 0]);
    expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at(6) }]);
    expect(lease.bytes()).toBe(6);
    lease.drain();
    await reader.done;
  });

  test('more batches at once, when that is asked for; the position waits for the first', async () => {
    const { processor, began, gate } = gatedProcessor();
    const { time, lease, start, put } = readingOf(processor, { maxInFlight: 2 });
    put('a', 'b', 'c', 'd');
    const reader = start();
    await time.advance(0);
    expect(began).toHaveLength(2);
    gate(1).resolve();
    await time.advance(5_000);
    expect(lease.writes).toEqual([]);
    gate(0).resolve();
    await time.advance(5_000);
    expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at(4) }]);
    lease.drain();
    await reader.done;
  });

  test('the bytes of answers without records are no throughput', async () => {
    const source: ShardSource = {
      async *open(_shard, _from, { signal }) {
        yield batch([], { retainedBytes: 900 });
        yield batch([recordAt(1)], { retainedBytes: 700 });
        yield batch([], { retainedBytes: 900, behindLatestMs: 0 });
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      },
    };
    const { processor, gate } = gatedProcessor();
    const { time, lease, start, of } = readingOf(processor, { source });
    const reader = start();
    await time.advance(1_000);
    gate(0).resolve();
    await time.advance(1_000);
    expect(of('batch-fetched').map(({ bytes }) => bytes)).toEqual([0, 700, 0]);
    expect(lease.bytes()).toBe(700);
    lease.drain();
    await reader.done;
  });

  test('an answer that comes in several batches is read until when the first was asked for', async () => {
    const portions: ShardSource = {
      async *open(_shard, _from, { signal }) {
        for (const [sequence, behindLatestMs] of [
          [1, 1],
          [2, 1],
          [3, 0],
        ] as const)
          yield batch([recordAt(sequence)], { behindLatestMs });
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      },
    };
    const { processor, gate } = gatedProcessor();
    const { time, machine, lease, start } = readingOf(processor, { source: portions });
    const beganMs = machine.clock.wallMs();
    const reader = start();
    for (const index of [0, 1, 2]) {
      await time.advance(1_000);
      gate(index).resolve();
    }
    await time.advance(0);
    lease.drain();
    await reader.done;
    expect(lease.held.lease).toMatchObject({ position: at(3), readMs: beganMs });
  });

  test('what the processor acknowledges is saved before its batch is done', async () => {
    const done = Promise.withResolvers<void>();
    const { time, lease, start, put } = readingOf({
      async process({ records }, context) {
        const [first] = records;
        if (first !== undefined) context.acknowledge(first);
        await context.checkpoint();
        await done.promise;
      },
    });
    put('a', 'b');
    const reader = start();
    await time.advance(0);
    expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at(1) }]);
    expect(reader.openRecords()).toBe(1);
    done.resolve();
    lease.drain();
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: at(2) });
  });
});

describe('a batch that fails', () => {
  test('is tried again with growing pauses; nothing overtakes it and nothing is skipped', async () => {
    const tried: string[] = [];
    const failures = 6;
    const { time, lease, start, put, of } = readingOf({
      async process({ records }) {
        tried.push(records.map((record) => record.text()).join(''));
        if (tried.length <= failures) throw new Error(`failure ${tried.length}`);
      },
    });
    put('a', 'b', 'c', 'd');
    const reader = start();
    await time.advance(0);
    expect(tried).toEqual(['ab']);
    expect(reader.lastError()).toBe('failure 1');
    await time.advance(5_000);
    expect(lease.writes).toEqual([]);
    await time.advance(60_000);
    expect(tried).toEqual([...Array(failures + 1).fill('ab'), 'cd']);
    expect(of('batch-failed').map((event) => event.attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    const pauses = of('batch-failed').map((event) => event.retryInMs);
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(100 * 2 ** index);
      expect(pause).toBeLessThan(200 * 2 ** index);
    }
    expect(reader.lastError()).toBeUndefined();
    expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at(4) }]);
    lease.drain();
    await reader.done;
  });

  test('gives way to a drain: what was acknowledged of it counts, the rest is the next owner’s', async () => {
    const { time, lease, start, put, of, budget } = readingOf({
      async process({ records }, context) {
        const [first] = records;
        if (first !== undefined) context.acknowledge(first);
        throw new Error('no');
      },
    });
    put('a', 'b', 'c');
    const reader = start();
    await time.advance(0);
    lease.drain();
    await reader.done;
    expect(lease.writes).toEqual([{ kind: 'release', at: at(1) }]);
    expect(of('records-abandoned').map((event) => event.records)).toEqual([1]);
    expect(budget.used()).toBe(0);
  });
});

describe('a stream that cannot be read', () => {
  const error = new ConsumerError('STREAM_DENIED', 'no entry', { retryable: false });
  const failing: ShardSource = {
    async *open() {
      yield batch([recordAt(1), recordAt(2)]);
      throw error;
    },
  };

  test('ends the reader with the error; what is in hand is finished and the lease given back', async () => {
    const { processor, gate } = gatedProcessor();
    const { time, lease, start, of } = readingOf(processor, { source: failing });
    const reader = start();
    const ended = expect(reader.done).rejects.toBe(error);
    await time.advance(0);
    expect(reader.lastError()).toBe('no entry');
    expect(lease.writes).toEqual([]);
    gate(0).resolve();
    await ended;
    expect(lease.writes).toEqual([{ kind: 'release', at: at(2) }]);
    expect(of('shard-stopped').map((event) => event.reason)).toEqual(['failed']);
  });

  test('does not wait for a batch that fails again and again', async () => {
    const { time, lease, start } = readingOf(
      {
        async process() {
          throw new Error('no');
        },
      },
      { source: failing },
    );
    const reader = start();
    const ended = expect(reader.done).rejects.toBe(error);
    await time.advance(0);
    await ended;
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
  });
});

describe('a stream that cannot be read for a while, among several', () => {
  /** Fails so often before each batch, and is at its end after the last. */
  function flaky(failures: readonly number[]): ShardSource {
    const left = [...failures];
    return {
      async *open() {
        for (;;) {
          const [count] = left;
          if (count === undefined) return;
          left[0] = count - 1;
          if (count > 0) throw new ConsumerError('STREAM_DENIED', 'not now', { retryable: false });
          left.shift();
          yield batch([recordAt(failures.length - left.length)], { children: [] });
        }
      },
    };
  }

  test('the pauses grow, and begin anew once a batch has come', async () => {
    const { time, start, of } = readingOf({ process: async () => undefined }, { source: flaky([4, 2]), forEver: true });
    const reader = start();
    await time.advance(60_000);
    await reader.done;
    const pauses = of('fetch-failed').map((event) => event.retryInMs);
    expect(pauses).toHaveLength(6);
    for (const [index, pause] of pauses.entries()) {
      const longest = 200 * 2 ** (index < 4 ? index : index - 4);
      expect(pause).toBeGreaterThanOrEqual(longest / 2);
      expect(pause).toBeLessThan(longest);
    }
  });
});
