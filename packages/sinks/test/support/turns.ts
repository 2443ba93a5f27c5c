// What two stepped writers do to one key, and in which orders. It knows no server.
import type { Mutation, Table } from '../../src/index.ts';
import { at, patch, put, remove, sequence, textKey } from '../../src/testing/index.ts';
import type { Running } from './stepped.ts';

const never = new AbortController().signal;

/** `true` is the second writer's turn. */
export type Turns = readonly boolean[];

/** So many orders of many turns, the same in every run. */
export function someSchedules(runs: number, turns: number): Turns[] {
  return Array.from({ length: runs }, (_, run) => {
    const next = sequence(run + 1);
    return Array.from({ length: turns }, () => next(2) === 1);
  });
}

/** Takes turns, then lets both go on to their ends, whoever waits for the other last. */
export async function play<T>(running: readonly [Running<T>, Running<T>], turns: Turns): Promise<readonly [T, T]> {
  for (const turn of turns) await running[turn ? 1 : 0].step();
  const [first, second] = await Promise.all([running[0].finish(), running[1].finish()]);
  return [first, second];
}

/** A change of whichever key. */
export type Event = (id: string) => Mutation;

export const written =
  (time: number): Event =>
  (id) =>
    put(textKey(id), at(time), { written: time });

export const deleted =
  (time: number): Event =>
  (id) =>
    remove(textKey(id), at(time));

export const patched =
  (time: number, ...names: string[]): Event =>
  (id) =>
    patch(textKey(id), at(time), Object.fromEntries(names.map((name) => [name, time])));

/** What the same changes come to, one after the other through one sink. */
export async function inOrder(table: Table, id: string, events: readonly Event[]): Promise<void> {
  for (const event of events) await table.write([event(id)], never);
}
