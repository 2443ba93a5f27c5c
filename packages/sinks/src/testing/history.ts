// Histories of keys, and the fold of them: what a table must hold when everything has arrived, said over all events at once.
// It knows no sink, and nothing of the order in which events arrive.
import type { Image } from '@shardfold/changes';
import { noVersion } from '../partial/fold.ts';
import type { Mutation, TargetTable } from '../types.ts';
import type { WantedRow } from './check.ts';
import { at, imageOf, patch, put, remove, textKey } from './material.ts';

/** One event of a key's history. Its time is its version. */
export type HistoryEvent = { readonly id: string; readonly time: number } & (
  | { readonly kind: 'put' | 'delete' }
  | { readonly kind: 'patch'; readonly columns: readonly string[] }
);

/** The row of a put at this time: columns that patches write too, one of them only at even times. */
function imageAt(id: string, time: number): Image {
  return { id, written: time, a: time, ...(time % 2 === 0 ? { b: time } : {}) };
}

export function mutationOf(event: HistoryEvent): Mutation {
  const { id, time } = event;
  if (event.kind === 'patch') return patch(textKey(id), at(time), imageOf(event.columns.map((name) => [name, time])));
  return event.kind === 'put' ? put(textKey(id), at(time), imageAt(id, time)) : remove(textKey(id), at(time));
}

function latest(times: readonly number[]): number {
  return times.reduce((newest, time) => Math.max(newest, time), Number.NEGATIVE_INFINITY);
}

function timesOf(events: readonly HistoryEvent[], kind: HistoryEvent['kind']): number[] {
  return events.filter((event) => event.kind === kind).map(({ time }) => time);
}

/** The row of one key, if there is one. */
function foldOfKey(id: string, events: readonly HistoryEvent[], deletes: TargetTable['deletes'], floor: number): WantedRow | undefined {
  const newestPut = latest(timesOf(events, 'put'));
  const end = Math.max(floor, latest(timesOf(events, 'delete')));
  const fatal = deletes === 'hard' ? end : Number.NEGATIVE_INFINITY;
  const whole = newestPut > fatal ? newestPut : Number.NEGATIVE_INFINITY;
  const patches = events.filter((event) => event.kind === 'patch');
  const living = [...new Set(patches.flatMap(({ columns }) => columns))]
    .map((name) => [name, latest(patches.filter(({ columns }) => columns.includes(name)).map(({ time }) => time))] as const)
    .filter(([, time]) => time > fatal && time > whole);
  if (!Number.isFinite(whole) && living.length === 0) return undefined;
  return {
    key: [id],
    data: { ...(Number.isFinite(whole) ? imageAt(id, whole) : {}), ...Object.fromEntries(living) },
    version: Number.isFinite(whole) ? at(whole) : noVersion,
    deleted: deletes === 'soft' && end >= whole && living.every(([, time]) => end >= time),
    partial: Object.fromEntries(living.map(([name, time]) => [name, at(time)])),
  };
}

/** The rows of a table when everything has arrived, in any order, however often. `floor`: the time of its last truncation. */
export function foldRows(
  events: readonly HistoryEvent[],
  { deletes = 'hard', floor = Number.NEGATIVE_INFINITY }: { readonly deletes?: TargetTable['deletes']; readonly floor?: number } = {},
): WantedRow[] {
  const byId = Map.groupBy(events, ({ id }) => id);
  return [...byId].flatMap(([id, own]) => foldOfKey(id, own, deletes, floor) ?? []);
}

/** `foldRows` with hard deletes in short: the time of each row that is there. */
export function fold(events: readonly HistoryEvent[]): Map<string, number> {
  return new Map(foldRows(events).map(({ key: [id = ''], version }) => [id, version.time]));
}

/** Cuts events into groups that keep their order and name each key once, as the worker's coalescing does. */
export function groupsOf(events: readonly HistoryEvent[], maxGroup: number): HistoryEvent[][] {
  const groups: HistoryEvent[][] = [];
  let group: HistoryEvent[] = [];
  let ids = new Set<string>();
  for (const event of events) {
    if (group.length >= maxGroup || ids.has(event.id)) {
      groups.push(group);
      group = [];
      ids = new Set();
    }
    group.push(event);
    ids.add(event.id);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** All orders of a list; for short ones. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]));
}

/** Numbers that are the same in every run, each from zero to below the bound. */
export function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The items in an order that the numbers decide. */
export function shuffled<T>(items: readonly T[], next: (below: number) => number): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(next(rest.length), 1));
  return order;
}
