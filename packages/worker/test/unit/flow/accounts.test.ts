// When counts add up and when it is said that they do not: rows of events, and what is said of them.
import type { ShardRef } from '@shardfold/consumer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAccounts, missing } from '../../../src/flow/accounts.ts';
import type { WorkerEvent } from '../../../src/observe/events.ts';

const shard: ShardRef = { stream: 's', shardId: 'shard-1', key: 'shard-1' };
const other: ShardRef = { stream: 's', shardId: 'shard-2', key: 'shard-2' };
const fetched = (records: number, of = shard): WorkerEvent => ({ kind: 'batch-fetched', shard: of, records, bytes: 1, behindLatestMs: 0 });
const decoded = (count: number, of = shard): WorkerEvent => ({ kind: 'records', shard: of, outcome: 'decoded', count });
const drained = (of = shard): WorkerEvent => ({ kind: 'shard-stopped', shard: of, reason: 'released' });
const routed = (count: number, sink = 'main'): WorkerEvent => ({ kind: 'changes-routed', sink, count });
const applied = (count: number, sink = 'main'): WorkerEvent => ({ kind: 'changes', sink, outcome: 'applied', count });

function told(...events: readonly WorkerEvent[]) {
  const accounts = createAccounts();
  const atDrains = events.flatMap((event) => accounts.onEvent(event));
  return { atDrains, atEnd: accounts.judge(), totals: accounts.totals() };
}

test.each<[string, number, Readonly<Record<string, number>>, number]>([
  ['nothing of nothing', 0, {}, 0],
  ['all of it', 3, { decoded: 1, ignored: 1, abandoned: 1 }, 0],
  ['one without an outcome', 3, { decoded: 2 }, 1],
  ['one with two', 3, { decoded: 3, abandoned: 1 }, -1],
])('%s', (_, came, outcomes, open) => {
  expect(missing({ came, outcomes })).toBe(open);
});

describe('the records of a shard at its drain', () => {
  test.each<[string, readonly WorkerEvent[], number]>([
    ['that came and were decoded', [fetched(2), decoded(2), drained()], 0],
    ['that were read ahead and left', [fetched(5), decoded(2), { kind: 'records-abandoned', shard, records: 3 }, drained()], 0],
    ['of which one has no outcome', [fetched(2), decoded(1), drained()], 1],
    ['of which one has two', [fetched(2), decoded(3), drained()], 1],
    ['beside another shard with one too many', [fetched(2), fetched(2, other), decoded(3), decoded(1, other), drained(), drained(other)], 2],
    ['which was lost: they may be told of late', [fetched(2), { kind: 'shard-stopped', shard, reason: 'lost' }, decoded(2)], 0],
    ['that were told of when the shard was read anew', [fetched(2), decoded(2), drained(), decoded(1), fetched(1, { ...shard }), drained({ ...shard })], 0],
    ['that was never read', [drained()], 0],
  ])('%s', (_, events, off) => {
    expect(told(...events).atDrains.length).toBe(off);
  });

  test('are said with their numbers', () => {
    expect(told(fetched(3), decoded(1), { kind: 'records', shard, outcome: 'ignored', count: 1 }, drained()).atDrains).toEqual([
      { kind: 'counts-off', of: 'records', place: 'of shard shard-1 of s', tally: { came: 3, outcomes: { decoded: 1, ignored: 1 } } },
    ]);
  });
});

describe('at the end', () => {
  test.each<[string, readonly WorkerEvent[], readonly string[]]>([
    ['nothing came', [], []],
    ['all has its outcome', [fetched(2), decoded(2), routed(3), applied(3)], []],
    ['a lost shard told nothing of a record', [fetched(2), decoded(1)], ['records of all shards']],
    ['a change of one sink has none, one of another two', [routed(1), routed(1, 'two'), applied(2, 'two')], ['changes for sink main', 'changes for sink two']],
    ['a change without a sink has none', [routed(1, '')], ['changes without a sink']],
  ])('%s', (_, events, off) => {
    expect(told(...events).atEnd.map(({ of, place }) => `${of} ${place}`)).toEqual(off);
  });

  test('the totals leave out what is zero', () => {
    const letters: WorkerEvent = { kind: 'records', shard, outcome: 'dead_lettered', count: 1 };
    expect(told(fetched(3), decoded(2), letters, routed(2), routed(1, 'two'), applied(2), applied(1, 'two'), applied(0)).totals).toEqual({
      recordsRead: 3,
      recordsDecoded: 2,
      recordsDeadLettered: 1,
      changesRouted: 3,
      changesApplied: 3,
    });
    expect(told().totals).toEqual({});
  });
});

test('law: whatever is counted in whatever order, it is said exactly when something is missing or there twice', () => {
  const outcome = fc.constantFrom('decoded' as const, 'ignored' as const, 'dead_lettered' as const, 'abandoned' as const);
  const happening = fc.oneof(
    fc.record({ came: fc.nat(4), of: fc.constantFrom(shard, other) }),
    fc.record({ outcome, count: fc.nat(4), of: fc.constantFrom(shard, other) }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 12 }), (happenings) => {
      const accounts = createAccounts();
      const open = new Map([
        [shard, 0],
        [other, 0],
      ]);
      for (const each of happenings) {
        accounts.onEvent('came' in each ? fetched(each.came, each.of) : { kind: 'records', shard: each.of, outcome: each.outcome, count: each.count });
        open.set(each.of, (open.get(each.of) ?? 0) + ('came' in each ? each.came : -each.count));
      }
      expect(accounts.judge().length).toBe((open.get(shard) ?? 0) + (open.get(other) ?? 0) === 0 ? 0 : 1);
      // Outcomes that come before anything was read belong to an earlier holding.
      const first = new Set(happenings.map(({ of }) => of).filter((of, at, all) => all.indexOf(of) === at && 'came' in (happenings[at] ?? {})));
      for (const of of first) expect(accounts.onEvent(drained(of)).length).toBe(open.get(of) === 0 ? 0 : 1);
    }),
    { numRuns: 300 },
  );
});
