// Memory that is used again: never while somebody has it, never what it did not give out, and no more of it than is needed.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnswerMemory } from '../../../src/kinesis/wire/answer-memory.ts';

const mib = 1024 * 1024;
const placeOf = ({ buffer, byteOffset }: Buffer) => ({ buffer, byteOffset });

test('what was given back is taken again', () => {
  const memory = createAnswerMemory();
  const first = memory.take(8 * mib);
  const place = placeOf(first);
  memory.give(first);
  const second = memory.take(7 * mib);
  expect([placeOf(second), second.length]).toEqual([place, 7 * mib]);
});

test('a gap is taken before what was never used, and gaps that touch are one', () => {
  const memory = createAnswerMemory();
  const [first, second, third] = [4, 4, 4].map((each) => memory.take(each * mib));
  const places = [first, second].map((each) => placeOf(each as Buffer));
  memory.give(first as Buffer);
  expect(memory.take(5 * mib).byteOffset).toBe(12 * mib);
  expect(placeOf(memory.take(3 * mib))).toEqual(places[0]);
  memory.give(second as Buffer);
  expect(memory.take(5 * mib).byteOffset).toBe(3 * mib);
  expect(third?.byteOffset).toBe(8 * mib);
});

test('small answers have memory of their own, and so has one that is larger than all', () => {
  const memory = createAnswerMemory();
  for (const bytes of [0, 1, 30_000, 33 * mib]) expect(memory.take(bytes).buffer.byteLength).toBe(bytes);
});

test('what it did not give out, or has back, is left alone', () => {
  const memory = createAnswerMemory();
  const mine = Buffer.alloc(mib);
  memory.give(mine);
  const first = memory.take(mib);
  expect(first.buffer).not.toBe(mine.buffer);
  memory.give(first);
  const second = memory.take(mib);
  memory.give(first);
  expect(placeOf(memory.take(mib))).not.toEqual(placeOf(second));
});

test('of memory that is not needed any more, one piece stays, the rest is let go at once', () => {
  const memory = createAnswerMemory();
  const taken = Array.from({ length: 24 }, () => memory.take(4 * mib));
  const pieces = [...new Set(taken.map(({ buffer }) => buffer))];
  expect(pieces).toHaveLength(3);
  for (const each of taken) memory.give(each);
  expect(pieces.map(({ byteLength }) => byteLength).filter((bytes) => bytes > 0)).toEqual([32 * mib]);
});

test('nothing is lent twice at once, and every buffer has the length that was asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ bytes: fc.nat(12 * mib), give: fc.nat(100) }), { size: 'max', maxLength: 60 }), (steps) => {
      const memory = createAnswerMemory();
      const lent: Buffer[] = [];
      for (const { bytes, give } of steps) {
        const buffer = memory.take(bytes);
        expect(buffer.length).toBe(bytes);
        const end = buffer.byteOffset + bytes;
        const overlaps = (other: Buffer) => other.buffer === buffer.buffer && other.byteOffset < end && buffer.byteOffset < other.byteOffset + other.length;
        expect(lent.some(overlaps)).toBe(false);
        lent.push(buffer);
        const [back] = give % 2 === 0 ? lent.splice(give % lent.length, 1) : [];
        if (back !== undefined) memory.give(back);
      }
    }),
  );
});

test('a buffer that got lost gives its place back once the collector has found it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const memory = createAnswerMemory();
  const kept = memory.take(4 * mib);
  const lose = () => void memory.take(4 * mib).fill(1);
  lose();
  const isBack = () => {
    const probe = memory.take(4 * mib);
    memory.give(probe);
    return probe.byteOffset === kept.byteOffset + kept.length;
  };
  expect(isBack()).toBe(false);
  for (let tries = 0; tries < 100 && !isBack(); tries += 1) {
    collect();
    // A turn of the loop: what was found is told in one of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(isBack()).toBe(true);
  memory.give(kept);
});
