import { describe, expect, it } from 'vitest';
import { planCleanup, restMs } from '../../../src/fleet/cleanup.ts';
import { observe } from '../../../src/fleet/observe.ts';
import type { Lease } from '../../../src/types.ts';
import { finished, javas, me, other, ours, released } from './rows.ts';
import { brokenRows, graphB, leaseKey, rowsOf } from './shard-graphs.ts';

const durationMs = 10_000;

interface Seen {
  readonly stillMs?: number;
  readonly broken?: string;
  readonly listing?: typeof graphB;
}

function plan(rows: readonly Lease[], { stillMs = restMs, broken = '', listing = graphB }: Seen = {}) {
  const observations = observe(new Map(), rows, 0);
  return planCleanup({ listing, rows, broken: brokenRows(broken), observations, nowMs: stillMs, durationMs, me, leaseKey });
}

const removed = (text: string, seen?: Seen): string =>
  plan(rowsOf(graphB, text), seen)
    .remove.map(({ lease }) => lease.shardId)
    .join(' ');

describe('a finished row is removed', () => {
  it.each([
    ['when all that follows has begun', '05! 06 07', '05'],
    ['also when that is finished', '05! 06! 07', '05'],
    ['when a merge has begun, with the other parent', '06! 07! 08', '06 07'],
    ['oldest first', '02! 03! 04! 05! 06 07', '02'],
    ['not while a child is not begun', '05! 06 07t', ''],
    ['nor at latest, though Java does it', '05! 06 07L', ''],
    ['nor at a time', '05! 06 07A', ''],
    ['nor while a child has no row', '05! 06', ''],
    ['nor while it is not finished', '05 06 07', ''],
  ])('%s', (_, rows, shards) => {
    expect(removed(rows)).toBe(shards);
  });

  it.each([
    ['not before it has rested', '05! 06 07', { stillMs: restMs - 1 }, ''],
    ['not with a child whose row cannot be read', '05! 06', { broken: '07' }, ''],
    ['not after a parent whose row cannot be read', '05! 06 07', { broken: '03' }, ''],
    ['not when nobody knows what follows it', '05!', { listing: [] }, ''],
    ['by what other rows say when the stream lists it no more', '05! 06 07', { listing: [] }, '05'],
    ['not by those alone when the stream lists another child', '05! 06', { listing: graphB.filter((shard) => shard.shardId === '07') }, ''],
  ])('%s', (_, rows, seen, shards) => {
    expect(removed(rows, seen)).toBe(shards);
  });

  it('not without the children that it names itself', () => {
    const [parent, child] = rowsOf(graphB, '05! 06');
    if (parent === undefined || child === undefined) throw new Error('two rows');
    expect(plan([{ ...parent, children: ['06', '07'] }, child], { listing: [] }).remove).toEqual([]);
    expect(plan([{ ...parent, children: ['06'] }, child], { listing: [] }).remove).toMatchObject([{ children: ['06'] }]);
  });
});

describe('an owner of a finished row', () => {
  const rowed = (row: Lease, stillMs: number) => plan([row], { stillMs }).disown.map(({ key }) => key);
  it.each([
    ['Java’s goes when it stands still for the lease duration', javas('a', 'java', finished), durationMs, ['a']],
    ['not before', javas('a', 'java', finished), durationMs - 1, []],
    ['a dead one of ours likewise', ours('a', other, finished), durationMs, ['a']],
    ['not while the shard is read', javas('a', 'java'), durationMs, []],
    ['nobody’s need not', released('a', finished), durationMs, []],
  ])('%s', (_, row, stillMs, keys) => {
    expect(rowed(row, stillMs)).toEqual(keys);
  });

  it('keeps the row from being removed', () => {
    const rows = rowsOf(graphB, '05! 06 07').map((row) => (row.shardId === '05' ? { ...row, owner: 'java' } : row));
    expect(plan(rows).remove).toEqual([]);
  });
});

it('every row is cleared away by one of the live workers, and by the others when that one dies', () => {
  const rows = [...Array(40).keys()].map((at) => released(`row-${at}`, { ...finished, owner: 'java' }));
  const by = (self: typeof me, workers: readonly (typeof me)[], otherStillMs: number) => {
    const held = workers.map((worker) => ours(`held-${worker.worker}`, worker));
    const observations = new Map([...observe(new Map(), rows, 0), ...observe(new Map(), held, restMs - otherStillMs)]);
    return planCleanup({ listing: [], rows: [...rows, ...held], broken: [], observations, nowMs: restMs, durationMs, me: self, leaseKey }).disown.map(
      ({ key }) => key,
    );
  };
  const mine = by(me, [me, other], 0);
  const others = by(other, [me, other], 0);
  expect([...mine, ...others].sort()).toEqual(rows.map(({ key }) => key).sort());
  expect(Math.min(mine.length, others.length)).toBeGreaterThan(5);
  expect(by(me, [me, other], durationMs)).toHaveLength(rows.length);
});
