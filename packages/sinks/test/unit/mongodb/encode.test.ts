// Mutations as documents, and targets as collections: where the key goes, what is beside the row, what is refused.
import { ExactNumber, type Image, type Key } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import { encodeMutation, type Row } from '../../../src/mongodb/encode.ts';
import { misfit } from '../../../src/mongodb/prepare.ts';
import { type CollectionShape, shapeOf } from '../../../src/mongodb/shape.ts';
import { append, at, patch, put, remove, target, textKey } from '../../../src/testing/index.ts';
import type { Mutation, TargetTable } from '../../../src/types.ts';
import { valueWriter } from '../../support/value-writer.ts';

const padded = (seq: string): string => seq.padStart(65, '0');

function shapeWith(change: Partial<TargetTable> = {}): CollectionShape {
  return shapeOf(target('orders', change), 'shop');
}

function encoded(mutation: Mutation, shape = shapeWith()): ReturnType<typeof encodeMutation> {
  return encodeMutation(mutation, 3, shape, valueWriter());
}

function rowOf(mutation: Mutation, shape = shapeWith()): Row {
  const result = encoded(mutation, shape);
  if ('error' in result) throw new Error(result.error.message);
  return result;
}

describe('a document', () => {
  test('has the key as its id, the item as it is, and the version beside it', () => {
    expect(rowOf(put(textKey('a'), at(-5, '77'), { id: 'a', n: 1 })).document).toEqual({ _id: 'a', id: 'a', n: 1, cdc: { time: -5n, seq: padded('77') } });
  });

  test('of a composite key has them in key order, and never an operator', () => {
    const key: TargetTable['key'] = ['10', '$2', 'a.b'].map((name) => ({ name, type: 'text' }));
    const { id } = rowOf(
      put(
        key.map(({ name }) => [name, `of ${name}`] as const),
        at(1),
        {},
      ),
      shapeWith({ key }),
    );
    expect([...(id as Map<string, string>)]).toEqual([
      ['10', 'of 10'],
      ['\uff042', 'of $2'],
      ['a.b', 'of a.b'],
    ]);
  });

  test('has the id once where the key is called so', () => {
    const shape = shapeWith({ key: [{ name: '_id', type: 'number' }] });
    expect(rowOf(put([['_id', 5]], at(1), { _id: 5, x: 1 }), shape).document).toEqual({ _id: 5, x: 1, cdc: { time: 1n, seq: padded('1') } });
    expect(rowOf(put([['_id', new ExactNumber('5.0')]], at(1), {}), shape).text).toBe(rowOf(remove([['_id', 5n]], at(1)), shape).text);
  });

  test('of a row without a key has its position', () => {
    expect(rowOf(append('s:1:0', at(1), { x: 1 }), shapeWith({ key: [] })).document).toEqual({ _id: 's:1:0', x: 1, cdc: { time: 1n, seq: padded('1') } });
  });

  test('of a patch has its columns only', () => {
    expect(rowOf(patch(textKey('a'), at(1), { x: null }), shapeWith({ patches: true })).document).toEqual({ x: null });
  });

  test.for<[string, Mutation, Partial<TargetTable>, string]>([
    ['an attribute of the bookkeeping’s name', put(textKey('a'), at(1), { cdc: 1 }), {}, 'NAME_RESERVED'],
    ['an id that is not the key’s', put(textKey('a'), at(1), { _id: 1 }), {}, 'NAME_RESERVED'],
    ['an id in a row without a key', append('s:1', at(1), { _id: 1 }), { key: [] }, 'NAME_RESERVED'],
    ['a key of another type', put([['id', 5]], at(1), {}), {}, 'KEY_TYPE'],
    ['a key with half a surrogate pair', put(textKey('\ud800'), at(1), {}), {}, 'NOT_UNICODE'],
    ['a delete where there is no key', remove(textKey('a'), at(1)), { key: [] }, 'KEY_TYPE'],
    ['a version that is none', put(textKey('a'), at(1, '1'.repeat(66)), {}), {}, 'BAD_VERSION'],
    ['a number that is none', put(textKey('a'), at(1), { n: new ExactNumber('1e5000') }), {}, 'BAD_VALUE'],
    ['a patch without room for it', patch(textKey('a'), at(1), {}), {}, 'PATCH_UNSUPPORTED'],
  ])('is refused for %s', ([, mutation, change, code]) => {
    expect(encoded(mutation, shapeWith(change))).toEqual({ index: 3, error: { code, message: expect.any(String) } });
  });

  test('with such an attribute is taken when it is renamed or dropped', () => {
    const image: Image = { cdc: 1, _id: 2 };
    const shape = shapeWith({ columns: { drop: ['cdc'], rename: { _id: 'id_of_item' } } });
    expect(rowOf(put(textKey('a'), at(1), image), shape).document).toEqual({ _id: 'a', id_of_item: 2, cdc: { time: 1n, seq: padded('1') } });
  });
});

describe('a target', () => {
  test.for<[string, Partial<TargetTable>, string]>([
    ['with columns', { layout: 'columns' }, 'a document has no columns'],
    ['without a name', { name: '' }, 'no name of a collection'],
    ['with a dollar', { name: 'a$b' }, 'no name of a collection'],
    ['of the system', { name: 'system.orders' }, 'no name of a collection'],
    ['that renames to the bookkeeping', { columns: { drop: [], rename: { a: 'cdc' } } }, '"cdc"'],
    ['that renames to the id', { columns: { drop: [], rename: { a: '_id' } } }, '"_id"'],
    ['with one key field twice', { key: ['$a', '\uff04a'].map((name) => ({ name, type: 'text' as const })) }, 'one field of _id'],
  ])('%s is refused with what to do', ([, change, words]) => {
    expect(() => shapeWith(change)).toThrow(
      expect.objectContaining({ code: 'SINK_TABLE_MISMATCH', retryable: false, message: expect.stringContaining(words) }),
    );
  });

  test('with a long name gets a shorter one, which fits with the tombstones’', () => {
    const names = ['a', 'b'].map((end) => shapeOf(target(`${'é'.repeat(200)}${end}`), 'shop'));
    expect(new Set(names.map(({ rows }) => rows)).size).toBe(2);
    for (const { tombstones } of names) expect(Buffer.byteLength(`shop.${tombstones}`)).toBeLessThanOrEqual(235);
  });

  test.for<[Partial<TargetTable>, number]>([
    [{ tombstoneRetentionMs: 0 }, 60],
    [{ tombstoneRetentionMs: 100_001 }, 101],
    [{ tombstoneRetentionMs: 1e15 }, 2_147_483_647],
    [{ tombstoneRetentionMs: 0, deletes: 'soft' }, 2_147_483_647],
  ])('%j: the server forgets after %i s', ([change, seconds]) => {
    expect(shapeWith(change).expireAfterSeconds).toBe(seconds);
  });
});

test.for<[string, object | undefined, string | undefined]>([
  ['that is not there', undefined, undefined],
  ['that is ordinary', { type: 'collection', options: {} }, undefined],
  ['with a plain collation', { type: 'collection', options: { collation: { locale: 'simple' } } }, undefined],
  ['for which a and A are one key', { type: 'collection', options: { collation: { locale: 'en', strength: 2 } } }, 'its collation is "en"'],
  ['that is a view', { type: 'view', options: { viewOn: 'source' } }, 'it is a view'],
  ['of time series', { type: 'timeseries', options: {} }, 'it is a timeseries'],
  ['that is capped', { type: 'collection', options: { capped: true } }, 'it is capped'],
])('a collection %s: %o %s', ([, collection, problem]) => {
  if (problem === undefined) expect(misfit(collection)).toBe(undefined);
  else expect(misfit(collection)).toContain(problem);
});

test('rows of one key have one text, whatever the order of their bulk', () => {
  const keys: Key[] = [[['id', 'a']], [['id', 'b']], [['id', '']]];
  expect(new Set(keys.map((key) => rowOf(put(key, at(1), {})).text)).size).toBe(keys.length);
});
