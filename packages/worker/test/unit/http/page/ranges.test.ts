// Where shards lie in the picture of a stream.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evenShards, reshardedShards, shardName, shardView } from '../../../../../../test/support/browser-fleet.ts';
import { ownersOf } from '../../../../src/http/page/browser/owners.ts';
import { type Box, picturesOf } from '../../../../src/http/page/browser/ranges.ts';

const boxOf = (boxes: readonly Box[], index: number) => {
  const { left, width, top, height } = boxes.find(({ shard }) => shard.shard === shardName(index)) ?? { left: -1, width: -1, top: -1, height: -1 };
  return [left, width, top, height].map((value) => Math.round(value * 1e6) / 1e6);
};

test('children lie below their parents, after a split and after a merge; a shard without children reaches down', () => {
  const [picture] = picturesOf(reshardedShards());
  const boxes = picture?.boxes ?? [];
  expect(picture?.lanes).toBe(2);
  expect(boxOf(boxes, 2)).toEqual([0.25, 0.125, 0, 1]);
  expect(boxOf(boxes, 8)).toEqual([0.25, 0.0625, 1, 1]);
  expect(boxOf(boxes, 9)).toEqual([0.3125, 0.0625, 1, 1]);
  expect(boxOf(boxes, 10)).toEqual([0.625, 0.25, 1, 1]);
  expect(boxOf(boxes, 0)).toEqual([0, 0.125, 0, 2]);
});

test('the open shards of an evenly cut stream fill the width without an overlap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (count) => {
      const boxes = [...(picturesOf(evenShards(count))[0]?.boxes ?? [])].sort((a, b) => a.left - b.left);
      expect(boxes).toHaveLength(count);
      boxes.forEach((box, index) => {
        const end = boxes[index + 1]?.left ?? 1;
        expect(box.left + box.width).toBeCloseTo(end, 9);
      });
    }),
    { numRuns: 30 },
  );
});

test('without hash keys, shards share the width; streams have pictures of their own', () => {
  const shards = [0, 1].map((index) => shardView(index, 2, { hashRange: null, stream: 'b' }));
  const pictures = picturesOf([...shards, shardView(0, 1, { stream: 'a' })]);
  expect(pictures.map(({ stream }) => stream)).toEqual(['a', 'b']);
  expect(pictures[1]?.boxes.map(({ left, width }) => [left, width])).toEqual([
    [0, 0.5],
    [0.5, 0.5],
  ]);
});

test('rows that name each other as parents, and very many, still make a picture', () => {
  const twins = [shardView(0, 2, { parents: [shardName(1)] }), shardView(1, 2, { parents: [shardName(0)] })];
  expect(picturesOf(twins)[0]?.boxes).toHaveLength(2);
  const chain = Array.from({ length: 40 }, (_, index) => shardView(index, 40, { parents: index === 0 ? [] : [shardName(index - 1)] }));
  expect(picturesOf(chain)[0]?.lanes).toBe(6);
  const [picture] = picturesOf(evenShards(4_100));
  expect([picture?.boxes.length, picture?.left]).toEqual([4_000, 100]);
});

test('workers have colours in the order of their names, over and over, and finished shards count for none', () => {
  const shards = Array.from({ length: 10 }, (_, index) => shardView(index, 10, { owner: `w-${9 - index}` }));
  const owners = ownersOf([...shards, shardView(3, 10, { owner: 'gone', state: 'done' }), shardView(4, 10, { owner: 'w-0' })]);
  expect(owners.map(({ name, colour }) => [name, colour])).toEqual(Array.from({ length: 10 }, (_, index) => [`w-${index}`, index % 8]));
  expect(owners[0]?.shards).toBe(2);
});
