// Processors that keep no promise: nothing of what they do skips a record, ends the program or holds more memory than it may.
import { describe, expect, test } from 'vitest';
import type { Processor, ShardContext, StreamRecord } from '../../../src/types.ts';
import { readingOf } from '../../support/reading.ts';
import { recordAt } from '../../support/records.ts';
import { turn } from '../../support/time.ts';

const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 });
const unsayable = Object.freeze(
  Object.defineProperty({}, 'toString', {
    value() {
      throw new Error('not even that');
    },
  }),
);

/** As a program without types may write it. */
const untyped = (process: (...given: never[]) => unknown): Processor => ({ process }) as unknown as Processor;

describe('a call that fails in its own way is tried again', () => {
  test.each<[string, () => unknown, string]>([
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      'at once',
    ],
    ['rejects with undefined', () => Promise.reject(undefined), 'undefined'],
    ['rejects with a text', () => Promise.reject('a text'), 'a text'],
    ['rejects with what cannot be told', () => Promise.reject(unsayable), 'an error that does not say anything'],
    ['rejects with an error whose message is none', () => Promise.reject(Object.assign(new Error('x'), { message: 7 })), '7'],
  ])('%s', async (_, first, text) => {
    let calls = 0;
    const { time, lease, start, put, of } = readingOf(
      untyped(() => {
        calls += 1;
        return calls === 1 ? first() : Promise.resolve();
      }),
    );
    put('a', 'b');
    const reader = start();
    await time.advance(0);
    expect([calls, reader.lastError(), reader.openRecords()]).toEqual([1, text, 2]);
    expect(reader.life()).toMatchObject({ state: 'retrying', trouble: { attempts: 1, error: text } });
    expect(of('batch-failed')).toHaveLength(1);
    await time.advance(60_000);
    expect([calls, reader.lastError(), reader.life().state]).toEqual([2, undefined, 'running']);
    expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at(2) }]);
    lease.drain();
    await reader.done;
  });
});

test.each([undefined, null, 7, {}])('a call that returns %o and no promise is done when it returns', async (returned) => {
  const { time, lease, start, put } = readingOf(untyped(() => returned));
  put('a');
  const reader = start();
  await time.advance(5_000);
  expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at(1) }]);
  lease.drain();
  await reader.done;
});

describe('a call that never settles', () => {
  const never = untyped(() => new Promise(() => undefined));

  test('keeps the lease and the bytes of what it has, reads no further ahead, and shows for how long', async () => {
    const { time, lease, start, put, of, budget } = readingOf(never);
    for (let batch = 0; batch < 50; batch += 1) put('a', 'b');
    const reader = start();
    await time.advance(3_600_000);
    expect(of('batch-fetched'), 'the one in hand and the one read ahead').toHaveLength(2);
    expect([budget.used(), reader.openRecords(), lease.sent()]).toEqual([4, 2, 0]);
    expect(reader.life()).toEqual({ state: 'running', stateMs: 3_600_000, trouble: undefined, processingMs: 3_600_000 });
    lease.drain();
    await time.advance(3_600_000);
    expect(reader.life()).toMatchObject({ state: 'draining', stateMs: 3_600_000, processingMs: 7_200_000 });
    expect([lease.sent(), budget.used(), of('records-abandoned').map(({ records }) => records)]).toEqual([0, 2, [2]]);
  });

  test('with more batches at once, done ones behind it are remembered no further than so many', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const { time, lease, start, put, budget } = readingOf(
      {
        process() {
          const gate = Promise.withResolvers<void>();
          if (gates.push(gate) > 1) gate.resolve();
          return gate.promise;
        },
      },
      { maxInFlight: 3 },
    );
    for (let batch = 0; batch < 50; batch += 1) put('a', 'b');
    const reader = start();
    await time.advance(60_000);
    expect([gates.length, reader.openRecords()], 'three batches above the watermark, two of them done').toEqual([3, 2]);
    expect(budget.used(), 'the first and the one read ahead').toBe(4);
    expect(lease.writes).toEqual([]);
    gates[0]?.resolve();
    await time.advance(60_000);
    expect([gates.length, reader.openRecords()]).toEqual([50, 0]);
    expect(lease.writes.at(-1)).toEqual({ kind: 'checkpoint', at: at(100) });
    lease.drain();
    await reader.done;
  });
});

test('a call that resolves after the lease is lost has done nothing', async () => {
  const gate = Promise.withResolvers<void>();
  const { time, lease, start, put, of, budget } = readingOf({ process: () => gate.promise });
  put('a');
  const reader = start();
  await time.advance(0);
  lease.lose();
  await time.advance(0);
  gate.resolve();
  await reader.done;
  expect([reader.openRecords(), lease.sent(), budget.used()]).toEqual([1, 0, 0]);
  expect(of('shard-stopped').map(({ reason }) => reason)).toEqual(['lost']);
});

describe('a context that is misused', () => {
  test.each<[string, unknown]>([
    ['a record of another batch', recordAt(999)],
    ['a copy of a record', { ...recordAt(2) }],
    ['nothing', undefined],
    ['no record', 'a'],
  ])('acknowledging %s changes nothing', async (_, foreign) => {
    const { time, lease, start, put } = readingOf({
      async process(_batch, shard) {
        shard.acknowledge(foreign as StreamRecord);
        throw new Error('no');
      },
    });
    put('a', 'b');
    const reader = start();
    await time.advance(0);
    expect(reader.openRecords()).toBe(2);
    lease.drain();
    await reader.done;
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
  });

  test('what a rejected call acknowledges later is not given again', async () => {
    const given: number[] = [];
    const kept: [ShardContext, StreamRecord][] = [];
    const { time, lease, start, put } = readingOf({
      async process({ records }, shard) {
        given.push(records.length);
        const [first] = records;
        if (first !== undefined) kept.push([shard, first]);
        if (given.length === 1) throw new Error('no');
      },
    });
    put('a', 'b');
    const reader = start();
    await time.advance(0);
    for (const [shard, record] of kept) shard.acknowledge(record);
    await time.advance(60_000);
    expect(given).toEqual([2, 1]);
    lease.drain();
    await reader.done;
  });

  test('a checkpoint that nobody waits for ends no program, and one after the end says that the lease is gone', async () => {
    let kept: ShardContext | undefined;
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { time, lease, start, put } = readingOf({
      async process({ records }, shard) {
        kept = shard;
        const [first] = records;
        if (first === undefined) return;
        void shard.checkpoint({ ...first });
        shard.acknowledge(first);
        void shard.checkpoint();
      },
    });
    lease.before = ({ kind }) => {
      if (kind === 'checkpoint') throw new Error('the table is away');
    };
    put('a');
    const reader = start();
    await time.advance(0);
    lease.drain();
    await reader.done;
    await expect(kept?.checkpoint()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    void kept?.checkpoint();
    await turn();
    await turn();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(lease.writes).toEqual([{ kind: 'release', at: at(1) }]);
  });
});
