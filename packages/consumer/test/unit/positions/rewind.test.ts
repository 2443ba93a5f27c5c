// What goes back, what stays and what is begun again, for each state that a lease can be in.
import type { Lease, Position, ShardListing } from '@shardfold/lease';
import { describe, expect, test } from 'vitest';
import { planRewind, type RewindInput } from '../../../src/positions/rewind.ts';
import type { Found } from '../../../src/positions/target.ts';
import type { StartPosition } from '../../../src/types.ts';

const atMs = 1_000_000;
const at = (sequence: number, subSequence = 0): Position => ({ kind: 'sequence', sequence: String(sequence), subSequence });
const record = (sequence: number, arrivalMs = atMs): Found => ({ kind: 'record', sequence: String(sequence), arrivalMs });
const none = (ended: boolean): Found => ({ kind: 'none', ended });
const beginning: Position = { kind: 'trim-horizon' };
const end: Position = { kind: 'shard-end' };

const row = (shardId: string, position: Position, more: Partial<Lease> = {}): Lease => ({
  key: shardId,
  shardId,
  position,
  counter: 5n,
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
  ...more,
});
const shard = (shardId: string, parents: readonly string[] = [], closed = false): ShardListing => ({ shardId, parents, closed });

function plan(more: Partial<RewindInput> & Pick<RewindInput, 'listing' | 'rows'>) {
  const { moves, kept, free } = planRewind({
    leaseKey: (shardId) => shardId,
    aim: { kind: 'timestamp', atMs },
    found: new Map(),
    start: { kind: 'trim-horizon' },
    ...more,
  });
  return {
    moves,
    kept,
    free: free.map(({ key }) => key),
    short: [...moves.map(({ key, to, why }) => [key, to, why]), ...kept.map(({ key, why }) => [key, why])],
  };
}

describe('one lease', () => {
  const one = (position: Position, first: Found, more: { readonly row?: Partial<Lease>; readonly start?: StartPosition } = {}) =>
    plan({
      listing: [shard('a')],
      rows: [row('a', position, more.row)],
      found: new Map([['a', first]]),
      ...(more.start === undefined ? {} : { start: more.start }),
    }).short;
  const latest: Position = { kind: 'latest' };
  const stamp: Position = { kind: 'at-timestamp' };
  const back = [['a', at(40, -1), 'asked']];
  const stays = [['a', 'covered']];
  const since = [['a', { kind: 'latest', sinceMs: atMs }, 'asked']];

  test.each<readonly [string, ReturnType<typeof one>, readonly unknown[]]>([
    ['beyond the record goes to just before it', one(at(50), record(40)), back],
    ['at the record goes to just before it', one(at(40), record(40)), back],
    ['just before it stays', one(at(40, -1), record(40)), stays],
    ['further back stays', one(at(39), record(40)), stays],
    ['further back, with a longer number, is compared as a number', one(at(9), record(10)), stays],
    ['at the end goes back', one(end, record(40)), back],
    ['at the beginning stays', one(beginning, record(40)), stays],
    ['nothing since then, and more may come: stays', one(at(50), none(false)), stays],
    ['nothing since then, and no more comes', one(at(50), none(true)), [['a', 'nothing-there']]],
    ['ended with nothing since then', one(end, none(true)), [['a', 'nothing-there']]],
    ['at the latest, whenever a worker begins', one(latest, record(40)), back],
    ['at such a latest, and nothing has come: from then on', one(latest, none(false)), since],
    ['at the latest of later', one(latest, record(40, atMs), { row: { readMs: atMs + 1 } }), back],
    ['at the latest of before the record', one(latest, record(40, atMs + 5), { row: { readMs: atMs + 5 } }), stays],
    ['at the latest, and nothing came', one(latest, none(false), { row: { readMs: atMs + 5 } }), stays],
    ['at a time that the configuration no longer has: all is read', one(stamp, record(40)), stays],
    ['at an earlier time', one(stamp, record(40), { start: { kind: 'timestamp', atMs } }), stays],
    ['at a later time', one(stamp, record(40), { start: { kind: 'timestamp', atMs: atMs + 1 } }), back],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });

  test.each<readonly [Position, boolean]>([
    [beginning, false],
    [at(50), true],
    [end, true],
    [latest, true],
    [stamp, false],
  ])('to the oldest record from %j', (position, moves) => {
    expect(plan({ listing: [shard('a')], rows: [row('a', position)], aim: { kind: 'trim-horizon' } }).short).toEqual([
      moves ? ['a', beginning, 'asked'] : ['a', 'covered'],
    ]);
  });
});

describe('over a reshard', () => {
  const listing = [shard('a', [], true), shard('b', ['a'], true), shard('c', ['a']), shard('d', ['b'])];
  const found = new Map([
    ['a', record(40)],
    ['b', none(true)],
    ['c', record(60)],
    ['d', record(70)],
  ]);

  test('what follows a shard that is read again is read from its beginning, also where it has nothing or is not as far', () => {
    const rows = [row('a', end), row('b', end, { parents: ['a'] }), row('c', at(65), { parents: ['a'] }), row('d', at(69), { parents: ['b'] })];
    const { short, free } = plan({ listing, rows, found });
    expect(short).toEqual([
      ['a', at(40, -1), 'asked'],
      ['b', beginning, 'follows'],
      ['c', beginning, 'follows'],
      ['d', beginning, 'follows'],
    ]);
    expect(free).toEqual(['a', 'b', 'c', 'd']);
  });

  test('what was cleared away is begun again, and what is not begun yet is left to its parents', () => {
    const rows = [row('d', at(75), { parents: ['b'] })];
    const { moves } = plan({ listing, rows, found, source: 'arn:s' });
    expect(moves.map(({ key, to, made }) => [key, to, made?.parents])).toEqual([
      ['a', at(40, -1), []],
      ['b', beginning, ['a']],
      ['d', beginning, undefined],
    ]);
    expect(moves[0]?.made).toMatchObject({ key: 'a', shardId: 'a', source: 'arn:s' });
  });

  test('a shard before the time is not begun again', () => {
    const rows = [row('c', at(65), { parents: ['a'] }), row('d', at(75), { parents: ['b'] })];
    const later = new Map([...found, ['a', none(true)]] as const);
    expect(plan({ listing, rows, found: later }).short).toEqual([
      ['c', at(60, -1), 'asked'],
      ['d', at(70, -1), 'asked'],
      ['a', 'nothing-there'],
      ['b', 'nothing-there'],
    ]);
  });

  test('both parents of a merge', () => {
    const merge = [shard('a', [], true), shard('b', [], true), shard('c', ['a', 'b'])];
    const rows = [row('a', end), row('b', end), row('c', at(65), { parents: ['a', 'b'] })];
    const half = new Map([
      ['a', none(true)],
      ['b', record(50)],
      ['c', record(60)],
    ]);
    expect(plan({ listing: merge, rows, found: half }).short).toEqual([
      ['b', at(50, -1), 'asked'],
      ['c', beginning, 'follows'],
      ['a', 'nothing-there'],
    ]);
  });

  test('one shard: with those that follow it, and no other', () => {
    const rows = [row('a', end), row('b', end, { parents: ['a'] }), row('c', at(65), { parents: ['a'] }), row('d', at(75), { parents: ['b'] })];
    const only = plan({ listing, rows, found: new Map([['b', record(45)]]), only: 'b' });
    expect(only.short).toEqual([
      ['b', at(45, -1), 'asked'],
      ['d', beginning, 'follows'],
    ]);
    expect(only.free).toEqual(['a', 'b', 'c', 'd']);
    const leaf = plan({ listing, rows, found, only: 'c' });
    expect(leaf.short).toEqual([['c', at(60, -1), 'asked']]);
    expect(leaf.free).toEqual(['c']);
  });
});

describe('a shard without a lease that nobody has begun', () => {
  const listing = [shard('a'), shard('b', ['a'])];
  const found = new Map([
    ['a', record(40)],
    ['b', record(60)],
  ]);

  test.each<readonly [StartPosition, boolean]>([
    [{ kind: 'trim-horizon' }, false],
    [{ kind: 'timestamp', atMs }, false],
    [{ kind: 'timestamp', atMs: atMs + 1 }, true],
    [{ kind: 'latest' }, true],
  ])('is begun where the start %j would leave something out', (start, begun) => {
    expect(plan({ listing: [shard('a')], rows: [], found, start }).moves.map(({ to }) => to)).toEqual(begun ? [at(40, -1)] : []);
  });

  test.each([[undefined], ['b']])('is left to be begun with its first record when it follows another (only %s)', (only) => {
    const choice = only === undefined ? {} : { only };
    const { moves } = plan({ listing, rows: [row('a', at(39))], found, start: { kind: 'latest' }, ...choice });
    expect(moves).toEqual([]);
  });
});
