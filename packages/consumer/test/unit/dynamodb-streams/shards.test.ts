// The shard tree that DescribeStream lists, as the fleet gets it.
import type { Shard, StreamStatus } from '@aws-sdk/client-dynamodb-streams';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followersOf, listingOf } from '../../../src/dynamodb-streams/shards.ts';

function shard(ShardId: string, ParentShardId?: string, ending?: string): Shard {
  return {
    ShardId,
    ...(ParentShardId === undefined ? {} : { ParentShardId }),
    SequenceNumberRange: { StartingSequenceNumber: '1', ...(ending === undefined ? {} : { EndingSequenceNumber: ending }) },
  };
}

const listed = (status: StreamStatus, ...shards: readonly Shard[]) => listingOf({ status, shards });

describe('the listing', () => {
  test('of a closed shard and the open one that follows it', () => {
    expect(listed('ENABLED', shard('a', undefined, '9'), shard('b', 'a'))).toEqual([
      { shardId: 'a', parents: [], closed: true },
      { shardId: 'b', parents: ['a'], closed: false },
    ]);
  });

  test('closes a shard that looks open while others follow it, also when they are listed before it', () => {
    const closed = listed('ENABLED', shard('c', 'a'), shard('a'), shard('b', 'a')).map((each) => [each.shardId, each.closed]);
    expect(closed).toEqual([
      ['c', false],
      ['a', true],
      ['b', false],
    ]);
  });

  test('leaves in the name of a parent that is listed no more', () => {
    expect(listed('ENABLED', shard('b', 'gone'))).toEqual([{ shardId: 'b', parents: ['gone'], closed: false }]);
  });

  test.each<[StreamStatus, boolean]>([
    ['ENABLED', false],
    ['ENABLING', false],
    ['DISABLING', false],
    ['DISABLED', true],
  ])('of a stream that is %s: its leaves are closed: %s', (status, closed) => {
    expect(listed(status, shard('a'))).toEqual([{ shardId: 'a', parents: [], closed }]);
  });

  test('counts a shard that is on two pages once, as it was listed last', () => {
    expect(listed('ENABLED', shard('a'), shard('a', undefined, '9'))).toEqual([{ shardId: 'a', parents: [], closed: true }]);
  });
});

describe('what follows a shard', () => {
  test.each<[string, StreamStatus, readonly Shard[], readonly string[] | undefined]>([
    ['its children, out of all that an emulator lists', 'ENABLED', [shard('a'), shard('b', 'a'), shard('c', 'a'), shard('d', 'b')], ['b', 'c']],
    ['unknown while nothing is listed', 'ENABLED', [], undefined],
    ['unknown while the stream is being switched off', 'DISABLING', [shard('a')], undefined],
    ['nothing, for ever, in a stream that was switched off', 'DISABLED', [shard('a')], []],
    ['its children in a stream that was switched off later', 'DISABLED', [shard('a'), shard('b', 'a')], ['b']],
  ])('%s', (_what, status, shards, expected) => {
    expect(followersOf('a', { status, shards })?.map(({ shardId }) => shardId)).toEqual(expected);
  });

  test('names its parent', () => {
    expect(followersOf('a', { status: 'ENABLED', shards: [shard('b', 'a')] })).toEqual([{ shardId: 'b', parents: ['a'] }]);
  });
});

interface Node {
  readonly id: string;
  readonly parent: string | undefined;
  readonly isLeaf: boolean;
}

const shardCount = 5_000;

/** A day of a growing table: each shard ends after four hours, and one, or two where its partition split, follow it. */
function dayOf(splits: (index: number) => boolean): readonly Node[] {
  const nodes: { id: string; parent: string | undefined; isLeaf: boolean }[] = [];
  const add = (parent: string | undefined) => nodes.push({ id: `shardId-${String(nodes.length).padStart(20, '0')}`, parent, isLeaf: true });
  for (let root = 0; root < 500; root += 1) add(undefined);
  for (let index = 0; nodes.length < shardCount; index += 1) {
    const node = nodes[index];
    if (node === undefined) break;
    node.isLeaf = false;
    add(node.id);
    if (splits(index)) add(node.id);
  }
  return nodes;
}

test('law: of thousands of shards, in any order, whatever is trimmed and however late their ends are listed, the tree is right', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 2, max: 7 }), (seed, trimmed, lateEvery) => {
      const bits = fc.sample(fc.boolean(), { seed, numRuns: 64 });
      const nodes = dayOf((index) => bits[index % bits.length] === true).slice(trimmed);
      // One in so many has ended and still looks open.
      const shards = nodes.map(({ id, parent, isLeaf }, index) => shard(id, parent, isLeaf || index % lateEvery === 0 ? undefined : '9'));
      const shuffled = shards.toSorted((left, right) => ((left.ShardId ?? '').at(-1) ?? '').localeCompare((right.ShardId ?? '').at(-1) ?? ''));
      const byId = new Map(listed('ENABLED', ...shuffled).map((each) => [each.shardId, each]));
      expect(byId.size).toBe(nodes.length);
      const wrong = nodes.filter(({ id, parent, isLeaf }) => {
        const found = byId.get(id);
        return found?.closed === isLeaf || found?.parents.length !== (parent === undefined ? 0 : 1) || found.parents[0] !== parent;
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 10 },
  );
});
