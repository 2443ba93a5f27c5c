// A history that several programs write at once, each its share, and the table that it ends in.
import { type HistoryEvent, sequence, shuffled } from '../../src/testing/history.ts';
import { target } from '../../src/testing/material.ts';
import type { TargetTable } from '../../src/types.ts';

export const sharedTarget: TargetTable = target('shared', { layout: 'columns', deletes: 'soft', patches: true });
export const writers = 3;

const keys = 10;
const events = 1_500;

export function sharedHistory(seed: number): HistoryEvent[] {
  const next = sequence(seed);
  return Array.from({ length: events }, (_, time): HistoryEvent => {
    const id = `k${next(keys)}`;
    const choice = next(5);
    if (choice > 2) return { id, time, kind: 'patch', columns: choice === 3 ? ['a'] : ['a', 'b'] };
    return { id, time, kind: choice === 0 ? 'delete' : 'put' };
  });
}

/** Every third event, and some of the others' too; neighbours shuffled. */
export function shareOf(seed: number, writer: number): HistoryEvent[] {
  const next = sequence(seed * 10 + writer);
  const mine = sharedHistory(seed).filter((_event, index) => index % writers === writer || next(5) === 0);
  return Array.from({ length: Math.ceil(mine.length / 16) }, (_, run) => shuffled(mine.slice(run * 16, run * 16 + 16), next)).flat();
}
