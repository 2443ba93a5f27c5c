// Who of several programs gets the file: looking again, giving up, and leaving gaps.
import { describe, expect, test } from 'vitest';
import { createTurns } from '../../../src/sqlite/thread/turns.ts';

function fault(errcode: number): Error {
  return Object.assign(new Error('said SQLite'), { errcode });
}

/** Throws these, one a call, then answers. */
function failing(...faults: readonly Error[]): { act(): string; calls(): number } {
  let calls = 0;
  return {
    act() {
      calls += 1;
      const next = faults[calls - 1];
      if (next !== undefined) throw next;
      return 'done';
    },
    calls: () => calls,
  };
}

describe('turns', () => {
  test('a file that is busy is looked at again, half a millisecond later', () => {
    const slept: number[] = [];
    const { act } = failing(fault(5), fault(261), fault(517));
    expect(createTurns((ms) => slept.push(ms)).patiently(act)).toBe('done');
    expect(slept).toEqual([0.5, 0.5, 0.5]);
  });

  test('after 500 looks the fault is told; any other at once', () => {
    const busy = failing(...Array.from({ length: 600 }, () => fault(5)));
    expect(() => createTurns(() => undefined).patiently(busy.act)).toThrow('said SQLite');
    expect(busy.calls()).toBe(500);
    const broken = failing(fault(10));
    expect(() => createTurns(() => undefined).patiently(broken.act)).toThrow('said SQLite');
    expect(broken.calls()).toBe(1);
  });

  test('whoever has written ten thousand rows leaves a gap for others before the next transaction', () => {
    const slept: number[] = [];
    const turns = createTurns((ms) => slept.push(ms));
    for (const rows of [4_000, 5_999]) {
      turns.begin(() => undefined);
      turns.wrote(rows);
    }
    turns.begin(() => undefined);
    expect(slept).toEqual([]);
    turns.wrote(1);
    turns.begin(() => undefined);
    turns.begin(() => undefined);
    expect(slept).toEqual([1]);
  });

  test('whoever had nothing to do for a while has left one already', () => {
    const slept: number[] = [];
    const turns = createTurns((ms) => slept.push(ms));
    turns.wrote(9_999);
    turns.rested();
    turns.wrote(9_999);
    turns.begin(() => undefined);
    expect(slept).toEqual([]);
    turns.wrote(1);
    turns.begin(() => undefined);
    expect(slept).toEqual([1]);
  });
});
