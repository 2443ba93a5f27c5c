// Which row a change is of: the format's key or a configured one, one that changes, and none at all.
import { ExactNumber, type RowChange, type Value } from '@shardfold/changes';
import { at, rowOf } from '@shardfold/sinks/testing';
import { describe, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/config.ts';
import { image, route, written } from './route-support.ts';

describe('a key', () => {
  test.each<[string, Partial<TableConfig>, Partial<RowChange>, unknown]>([
    ["the format's own", {}, {}, [['id', 1]]],
    [
      'configured, in its order',
      { key: ['name', 'id'] },
      {},
      [
        ['name', 'Ann'],
        ['id', 1],
      ],
    ],
    ['configured, of a delete: from the row before', { key: ['name'] }, { kind: 'remove', after: undefined as never, before: rowOf(image) }, [['name', 'Ann']]],
    ["configured, of a delete without its row: from the format's key", { key: ['id'] }, { kind: 'remove', after: undefined as never }, [['id', 1]]],
    ['renamed', { columns: { drop: [], rename: { id: 'no' } } }, {}, [['no', 1]]],
    ['not renamed by what every object has', { columns: { drop: [], rename: {} } }, { key: [['constructor', 1]] }, [['constructor', 1]]],
  ])('%s', (_, rule, event, key) => {
    const { mutation, target } = written(route(rule, event));
    expect(mutation).toMatchObject({ key });
    expect(target.key.map(({ name }) => name)).toEqual((key as [string, unknown][]).map(([name]) => name));
  });

  test.each([
    ['x', 'text'],
    [1, 'number'],
    [1n, 'number'],
    [new ExactNumber('1'), 'number'],
    [true, 'boolean'],
    [new Uint8Array(1), 'binary'],
  ])('%s has the type %s', (value, type) => {
    expect(written(route({}, { key: [['id', value]] })).target.key).toEqual([{ name: 'id', type }]);
  });
});

describe('a configured key that changes', () => {
  const keyed = { key: ['id'], columns: { drop: [], rename: { id: 'order_id' } } };
  const moved = (before: Record<string, Value> | undefined, more: Partial<RowChange> = {}) =>
    written(
      route(keyed, { kind: 'modify', key: undefined, after: rowOf({ id: 2, a: 1 }), ...(before === undefined ? {} : { before: rowOf(before) }), ...more }),
    );

  test('takes the row away from its old key, in the same version', () => {
    const { mutation, left, event } = moved({ id: 1, a: 1 });
    expect(mutation).toMatchObject({ kind: 'put', key: [['order_id', 2]] });
    expect(left?.mutation).toMatchObject({ kind: 'delete', key: [['order_id', 1]], version: mutation.version, origin: mutation.origin });
    expect(left?.event).toMatchObject({ kind: 'remove', source: event.source, key: [['id', 1]], version: event.version });
  });

  test('of which the old image has a part, has its other parts from the new', () => {
    const event = { kind: 'modify', key: undefined, after: rowOf({ a: 2, b: 3 }), before: rowOf({ a: 1 }) } as const;
    expect(written(route({ key: ['a', 'b'] }, event)).left?.mutation).toMatchObject({
      key: [
        ['a', 1],
        ['b', 3],
      ],
    });
  });

  test.each<[string, Record<string, Value> | undefined, Partial<RowChange>]>([
    ['the same key', { id: 2, a: 0 }, {}],
    ['the same number in other digits', { id: new ExactNumber('2.0'), a: 0 }, {}],
    ['no image of before', undefined, {}],
    ['an image of before without the key', { a: 0 }, {}],
    ['a key that was null', { id: null }, {}],
    ['an insert', { id: 1 }, { kind: 'insert' }],
  ])('%s takes nothing away', (_, before, more) => {
    expect(moved(before, more).left).toBeUndefined();
  });

  test('a key that the format carries is the format’s to tell', () => {
    expect(written(route({}, { kind: 'modify', key: [['id', 2]], after: rowOf({ id: 2 }), before: rowOf({ id: 1 }) })).left).toBeUndefined();
  });
});

describe('a table without a key', () => {
  const keyless = { key: undefined };

  test.each<[string, Partial<TableConfig>, Partial<RowChange>, boolean]>([
    ['insert, append', {}, {}, true],
    ['snapshot, append', {}, { kind: 'snapshot' }, true],
    ['modify, append', {}, { kind: 'modify' }, false],
    ['remove, append', {}, { kind: 'remove', before: rowOf(image) }, false],
    ['insert without a row, append', {}, { after: undefined as never }, false],
    ['insert, dead-letter', { keyless: 'dead-letter' }, {}, false],
    ['insert, append, but a key is configured and the row lacks it', { key: ['none'] }, {}, false],
    ['insert, append, but a key is configured and is null', { key: ['id'] }, { after: rowOf({ id: null }) }, false],
  ])('%s', (_, rule, event, appended) => {
    const routed = route(rule, { ...keyless, ...event });
    if (appended)
      expect(routed).toMatchObject({
        kind: 'write',
        target: { key: [] },
        mutation: { kind: 'append', position: expect.stringMatching(/^\d+\.\d+\.1$/), version: at(1), bytes: 300 },
      });
    else expect(routed).toMatchObject({ kind: 'fault', sink: 'main', target: 'orders', fault: { stage: 'route', code: 'ROW_WITHOUT_KEY' } });
  });
});
