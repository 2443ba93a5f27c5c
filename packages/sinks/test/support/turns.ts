// What two stepped writers do to one key, and in which orders. It knows no server.
import type { Mutation, Table } from '../../src/index.ts';
import { at, patch, put, remove, sequence, textKey } from '../../src/testing/index.ts';
import { never } from './machine.ts';
import type { Running } from './stepped.ts';

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

/** What two writers do at once to a key. The second's is the newest of all: it is applied whatever happens. */
export interface Pair {
  readonly name: string;
  readonly before: readonly Event[];
  readonly first: Event;
  readonly second: Event;
}

export const befores: readonly { readonly over: string; readonly before: readonly Event[] }[] = [
  { over: 'nothing', before: [] },
  { over: 'an older row', before: [written(5)] },
  { over: 'an older tombstone', before: [deleted(5)] },
  { over: 'a row between them', before: [written(15)] },
  { over: 'a tombstone between them', before: [deleted(15)] },
];

export const pairs: readonly Omit<Pair, 'before'>[] = [
  { name: 'an older put and a newer delete', first: written(10), second: deleted(20) },
  { name: 'an older delete and a newer put', first: deleted(10), second: written(20) },
  { name: 'two deletes', first: deleted(10), second: deleted(20) },
  { name: 'two puts', first: written(10), second: written(20) },
];

export const pairsWithPatches: readonly Pair[] = [
  { name: 'a patch and a newer put, nothing there', before: [], first: patched(10, 'a'), second: written(20) },
  { name: 'an older put and a newer patch, nothing there', before: [], first: written(10), second: patched(20, 'a') },
  { name: 'patches of two columns', before: [written(5)], first: patched(10, 'a'), second: patched(20, 'b') },
  { name: 'patches of one column', before: [written(5)], first: patched(10, 'a', 'b'), second: patched(20, 'b') },
  { name: 'a patch and a newer delete', before: [written(5)], first: patched(10, 'a'), second: deleted(20) },
  { name: 'a delete and a newer patch', before: [written(5)], first: deleted(10), second: patched(20, 'a') },
  { name: 'an older put and a newer one, over a patch between them', before: [patched(15, 'a')], first: written(10), second: written(20) },
  { name: 'a put and a delete, over a patch newer than both', before: [patched(30, 'a')], first: written(10), second: deleted(20) },
];

/** What meets a truncation at 20, and how many rows are left. */
export const meetsTruncation: readonly { readonly name: string; readonly mutation: Event; readonly left: number }[] = [
  { name: 'a put at or below it', mutation: written(10), left: 0 },
  { name: 'a put above it', mutation: written(30), left: 1 },
  { name: 'a patch at or below it', mutation: patched(20, 'a'), left: 0 },
  { name: 'a patch above it', mutation: patched(30, 'a'), left: 1 },
];
