// Mutations, targets and folds for the suite and for tests. It knows no sink.
import { compareVersions, type Image, type Key, type RowImage, type Value, type Version, valuesToJsonText } from '@shardfold/changes';
import type { Mutation, TargetTable } from '../types.ts';

export const origin = { stream: 'orders', shard: 'shardId-000000000000', sequence: '1', subSequence: 0 };

export function rowOf(image: Image): RowImage {
  return { values: () => image, json: (policy) => valuesToJsonText(image, policy), bytes: 100 };
}

/** A row that already is JSON text, whatever the policy says. */
export function textRow(json: string): RowImage {
  return { values: () => ({}), json: () => json, bytes: json.length };
}

export function put(key: Key, version: Version, image: Image | RowImage): Mutation {
  const row = typeof image.json === 'function' ? (image as RowImage) : rowOf(image as Image);
  return { kind: 'put', key, version, row, bytes: row.bytes, origin };
}

export function remove(key: Key, version: Version): Mutation {
  return { kind: 'delete', key, version, bytes: 0, origin };
}

export function textKey(id: string): Key {
  return [['id', id]];
}

export function at(time: number, seq = '1'): Version {
  return { time, seq };
}

export function target(name: string, change: Partial<TargetTable> = {}): TargetTable {
  return {
    source: { system: 'aws:dynamodb', table: 'orders' },
    name,
    layout: 'document',
    key: [{ name: 'id', type: 'text' }],
    deletes: 'hard',
    createTables: true,
    tombstoneRetentionMs: 8 * 24 * 3_600_000,
    columns: { drop: [], rename: {} },
    ...change,
  };
}

/** One event of a key's history, for tests that shuffle histories. */
export interface HistoryEvent {
  readonly id: string;
  readonly kind: 'put' | 'delete';
  readonly time: number;
}

export function mutationOf({ id, kind, time }: HistoryEvent): Mutation {
  return kind === 'put' ? put(textKey(id), at(time), { id, written: time as Value }) : remove(textKey(id), at(time));
}

/** What a table holds when everything has arrived: per key its newest event, if that is a put. */
export function fold(events: readonly HistoryEvent[]): Map<string, number> {
  const newest = new Map<string, HistoryEvent>();
  for (const event of events) {
    const known = newest.get(event.id);
    if (known === undefined || compareVersions(at(known.time), at(event.time)) < 0) newest.set(event.id, event);
  }
  return new Map([...newest.values()].filter(({ kind }) => kind === 'put').map(({ id, time }) => [id, time]));
}

/** Cuts events into groups that keep their order and name each key once, as the worker's coalescing does. */
export function groupsOf(events: readonly HistoryEvent[], maxGroup: number): HistoryEvent[][] {
  const groups: HistoryEvent[][] = [];
  let group: HistoryEvent[] = [];
  for (const event of events) {
    if (group.length >= maxGroup || group.some(({ id }) => id === event.id)) {
      groups.push(group);
      group = [];
    }
    group.push(event);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** All orders of a list; for short ones. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]));
}
