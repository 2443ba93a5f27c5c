// Mutations and targets for the suite and for tests. It knows no sink.
import { type Image, type Key, type RowImage, type Version, valuesToJsonText } from '@shardfold/changes';
import { defaultBookkeeping, type Mutation, type TargetTable } from '../types.ts';

export const origin = { stream: 'orders', shard: 'shardId-000000000000', sequence: '1', subSequence: 0 };

export function rowOf(image: Image): RowImage {
  return { values: () => image, json: (policy) => valuesToJsonText(image, policy), bytes: 100 };
}

/** A row that already is JSON text, whatever the policy says; for values that JSON holds as they are. */
export function textRow(json: string): RowImage {
  return { values: () => JSON.parse(json) as Image, json: () => json, bytes: json.length };
}

/** An image of any names, `__proto__` too. */
export function imageOf(fields: Iterable<readonly [name: string, value: Image[string]]>): Image {
  const image: Record<string, Image[string]> = Object.create(null);
  for (const [name, value] of fields) image[name] = value;
  return image;
}

export function put(key: Key, version: Version, image: Image | RowImage): Mutation {
  const row = typeof image.json === 'function' ? (image as RowImage) : rowOf(image as Image);
  return { kind: 'put', key, version, row, bytes: row.bytes, origin };
}

export function patch(key: Key, version: Version, columns: Image): Mutation {
  return { kind: 'patch', key, version, columns: rowOf(columns), bytes: 100, origin };
}

export function remove(key: Key, version: Version): Mutation {
  return { kind: 'delete', key, version, bytes: 0, origin };
}

export function append(position: string, version: Version, image: Image): Mutation {
  return { kind: 'append', position, version, row: rowOf(image), bytes: 100, origin };
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
    patches: false,
    bookkeeping: defaultBookkeeping,
    ...change,
  };
}
