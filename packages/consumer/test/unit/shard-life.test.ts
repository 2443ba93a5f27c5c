// The states of a shard as people see them: which may follow which, and what a reader shows on its way.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createShardLife, type InHand, mayMove, reportOf } from '../../src/shard/life.ts';
import type { ShardSource, ShardState } from '../../src/types.ts';
import { gatedProcessor, readingOf } from '../support/reading.ts';
import { batch, recordAt, row } from '../support/records.ts';

const after: Readonly<Record<ShardState, readonly ShardState[]>> = {
  waiting: ['granted', 'done'],
  granted: ['running', 'draining', 'done'],
  running: ['retrying', 'draining', 'done'],
  retrying: ['running', 'draining', 'done'],
  draining: ['done'],
  done: [],
};
const states = Object.keys(after) as readonly ShardState[];

test.each(states)('from %s', (from) => {
  expect(states.filter((to) => mayMove(from, to))).toEqual(states.filter((to) => after[from].includes(to)));
});

test('law: whatever happens in whatever order, no other move is made, and an end is an end', () => {
  const happening = fc.oneof(
    fc.record({ kind: fc.constantFrom('answered' as const, 'begin' as const) }),
    fc.record({ kind: fc.constantFrom('failed' as const, 'over' as const), which: fc.nat(3) }),
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('drains' as const, 'ends' as const) }) },
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40, size: 'max' }), (happenings) => {
      let nowMs = 0;
      const life = createShardLife({ monotonicMs: () => nowMs, wallMs: () => 0 });
      const batches: InHand[] = [];
      let before = life.report();
      for (const each of happenings) {
        nowMs += 10;
        if (each.kind === 'begin') batches.push(life.begin());
        else if (each.kind === 'failed' || each.kind === 'over') {
          const chosen = batches[each.which];
          if (each.kind === 'failed') chosen?.failed('no');
          else chosen?.over();
        } else life[each.kind]();
        const now = life.report();
        const moved = now.state !== before.state;
        if (moved) expect(after[before.state]).toContain(now.state);
        expect(now.stateMs).toBe(moved ? 0 : (before.stateMs ?? 0) + 10);
        before = now;
      }
    }),
    { numRuns: 300 },
  );
});

test('a shard that is not held waits, unless it is read to its end', () => {
  expect(reportOf(row)).toMatchObject({ state: 'waiting', stateMs: undefined });
  expect(reportOf({ position: { kind: 'shard-end' } })).toMatchObject({ state: 'done' });
});

test('granted, running, draining, done, with how long each lasts', async () => {
  const { processor, gate } = gatedProcessor();
  const answer = Promise.withResolvers<void>();
  const source: ShardSource = {
    async *open(_shard, _from, { signal }) {
      await answer.promise;
      yield batch([recordAt(1)]);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  const { time, lease, start } = readingOf(processor, { source });
  const reader = start();
  expect(reader.life()).toEqual({ state: 'granted', stateMs: 0, trouble: undefined, processingMs: undefined });
  await time.advance(700);
  expect(reader.life()).toMatchObject({ state: 'granted', stateMs: 700 });
  answer.resolve();
  await time.advance(0);
  await time.advance(300);
  expect(reader.life()).toEqual({ state: 'running', stateMs: 300, trouble: undefined, processingMs: 300 });
  lease.drain();
  await time.advance(200);
  expect(reader.life()).toMatchObject({ state: 'draining', stateMs: 200, processingMs: 500 });
  gate(0).resolve();
  await reader.done;
  expect(reader.life()).toMatchObject({ state: 'done', processingMs: undefined });
});

test('a batch that fails shows how often, why and since when, until it is through', async () => {
  let calls = 0;
  const { time, lease, start, put, of } = readingOf({
    async process() {
      calls += 1;
      if (calls <= 3) throw new Error(`failure ${calls}`);
    },
  });
  put('a');
  const reader = start();
  await time.advance(250);
  expect(reader.life()).toMatchObject({ state: 'retrying', trouble: { attempts: 2, error: 'failure 2', sinceMs: 250 } });
  expect(reader.lastError()).toBe('failure 2');
  await time.advance(10_000);
  expect(of('batch-failed')).toHaveLength(3);
  expect(reader.life()).toMatchObject({ state: 'running', trouble: undefined, processingMs: undefined });
  expect(reader.lastError()).toBeUndefined();
  lease.drain();
  await reader.done;
});

test('of several batches that fail, the first tells', async () => {
  const { time, lease, start, put } = readingOf(
    {
      async process({ records }) {
        throw new Error(`no ${records[0]?.text()}`);
      },
    },
    { maxInFlight: 2 },
  );
  put('a', 'b', 'c', 'd');
  const reader = start();
  await time.advance(20_000);
  expect(reader.life().trouble).toMatchObject({ error: 'no a', sinceMs: 20_000 });
  lease.drain();
  await reader.done;
});
