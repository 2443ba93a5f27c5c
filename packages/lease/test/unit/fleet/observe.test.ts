import { describe, expect, it } from 'vitest';
import { type Observations, observe, stillSinceMs } from '../../../src/fleet/observe.ts';
import { ownerId, workerId } from '../../../src/fleet/ownership.ts';
import type { Lease } from '../../../src/types.ts';
import { javas, me, other, ours, released, third } from './rows.ts';

const counter = (value: bigint) => ({ counter: value, holderCounter: value });

/** What is known of one row after it was seen like this, a second apart. */
function seen(...rows: readonly Lease[]) {
  let known: Observations = new Map();
  for (const [at, row] of rows.entries()) known = observe(known, [row], 1000 * (at + 1));
  return known.get('s');
}

const mine = ours('s', me);

describe('a row', () => {
  it.each<[string, readonly Lease[], number]>([
    ['that nobody touched stands still since it was first seen', [mine, mine, mine], 1000],
    ['that was renewed starts anew', [mine, mine, ours('s', me, counter(8n))], 3000],
    ['whose replica went back starts anew', [ours('s', me, counter(8n)), mine], 2000],
    ['that changed hands at the same counter starts anew', [mine, ours('s', other)], 2000],
    ['that came to another process of the same name starts anew', [mine, ours('s', { ...me, incarnation: 'me-2' })], 2000],
    ['whose mark a Java worker voided starts anew', [mine, ours('s', me, { counter: 8n })], 2000],
    ['that was only asked for stands still', [mine, { ...mine, request: { next: 'other', nextHolder: 'other-1', asked: 'me-1' } }], 1000],
  ])('%s', (_, rows, sinceMs) => {
    expect(seen(...rows)?.sinceMs).toBe(sinceMs);
  });

  it.each<[string, readonly Lease[], number | undefined]>([
    ['first seen', [mine], undefined],
    ['of one owner all the time', [mine, ours('s', me, counter(8n))], undefined],
    ['that moved', [mine, ours('s', other, counter(8n))], 2000],
    ['that moved a while ago', [mine, ours('s', other, counter(8n)), ours('s', other, counter(9n))], 2000],
    ['that moved twice', [mine, ours('s', other, counter(8n)), ours('s', third, counter(9n))], 3000],
    ['that was released', [mine, released('s', { counter: 8n })], 2000],
    ['that a Java worker of our name renewed', [mine, ours('s', me, { counter: 8n })], 2000],
  ])('%s changed its owner at the time when that was seen', (_, rows, movedMs) => {
    expect(seen(...rows)?.movedMs).toBe(movedMs);
  });

  it('says who gave it up while nobody has it', () => {
    const gone = released('s', { counter: 8n });
    expect(seen(gone)?.releasedBy).toBeUndefined();
    expect(seen(mine, gone)?.releasedBy).toBe(workerId(me));
    expect(seen(mine, gone, released('s', { counter: 9n }))?.releasedBy).toBe(workerId(me));
    expect(seen(mine, gone, ours('s', other, counter(9n)))?.releasedBy).toBeUndefined();
    expect(seen(javas('s', 'java'), gone)?.releasedBy).toBe('java:java');
  });

  it('is forgotten with its row', () => {
    expect(observe(observe(new Map(), [mine], 1000), [], 2000).size).toBe(0);
  });
});

it('a row that was never seen like this stands still since now', () => {
  const known = seen(mine);
  expect(stillSinceMs(known, mine, ownerId(mine), 5000)).toBe(1000);
  expect(stillSinceMs(undefined, mine, ownerId(mine), 5000)).toBe(5000);
  for (const row of [ours('s', me, counter(8n)), ours('s', other)]) expect(stillSinceMs(known, row, ownerId(row), 5000)).toBe(5000);
});
