// Which target a change goes to, and in what shape. Tables: one line, one rule.
import type { RowChange } from '@shardfold/changes';
import { at, rowOf } from '@shardfold/sinks/testing';
import { describe, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/config.ts';
import { createRouter } from '../../../src/flow/route.ts';
import { image, inserted, route, written } from './route-support.ts';
import { record, rowChange, tableConfig, truncation } from './support.ts';

describe('a source pattern', () => {
  test.each([
    ['orders', true],
    ['public.orders', true],
    ['*', true],
    ['ord*', true],
    ['public.*', true],
    ['*.orders', true],
    ['order?', true],
    ['order', false],
    ['orders?', false],
    ['other.*', false],
    ['Orders', false],
    ['o.ders', false],
    ['(orders|x)', false],
    ['[o]rders', false],
  ])('%s takes public.orders: %s', (source, taken) => {
    expect(route({ source }).kind).toBe(taken ? 'write' : 'filtered');
  });

  test('the first that matches decides, for every event anew', () => {
    const router = createRouter([tableConfig({ source: 'orders', target: 'first' }), tableConfig({ target: 'rest' })]);
    const other = rowChange({ after: rowOf(image), source: { system: 's', table: 'others' } });
    for (let time = 0; time < 2; time += 1) {
      expect(written(router(inserted, record())).target.name).toBe('first');
      expect(written(router(other, record())).target.name).toBe('rest');
    }
  });

  test('what no rule takes is filtered, with no sink', () => {
    expect(createRouter([tableConfig({ source: 'x' })])(inserted, record())).toEqual({ kind: 'filtered', sink: '' });
  });
});

test.each([
  ['{table}', 'orders', 'orders'],
  ['public.{table}', 'orders', 'public.orders'],
  ['{table}_{table}', 'a', 'a_a'],
  ['copy', 'orders', 'copy'],
  ['{table}', "a$&b$'c$$d", "a$&b$'c$$d"],
])('target %s of table %s is %s', (target, table, name) => {
  const source = { system: 's', table };
  expect(written(route({ target }, { source })).target.name).toBe(name);
  expect(route({ target, keyless: 'dead-letter' }, { source, key: undefined })).toMatchObject({ kind: 'fault', target: name });
  expect(route({ target }, { source, kind: 'modify', after: undefined as never })).toMatchObject({ kind: 'fault', target: name });
});

test.each<[string, Record<string, string>, Partial<RowChange>, boolean]>([
  ['nothing asked', {}, {}, true],
  ['the system', { eventSource: 'postgresql' }, {}, true],
  ['another system', { eventSource: 'aws:dynamodb' }, {}, false],
  ['the schema', { schema: 'public' }, {}, true],
  ['another schema', { schema: 'private' }, {}, false],
  ['a database that is not told', { database: 'shop' }, {}, false],
  ['the kind', { kind: 'insert' }, {}, true],
  ['another kind', { kind: 'remove' }, {}, false],
  ['a text column', { name: 'Ann' }, {}, true],
  ['another text', { name: 'Bob' }, {}, false],
  ['a number column', { id: '1' }, {}, true],
  ['a number with its digits', { total: '1.50' }, {}, true],
  ['a column that is absent', { none: 'x' }, {}, false],
  ['both', { name: 'Ann', id: '1' }, {}, true],
  ['one of both', { name: 'Ann', id: '2' }, {}, false],
  ['the row before, of a delete', { name: 'Ann' }, { kind: 'remove', after: undefined as never, before: rowOf(image) }, true],
  ['the key, of a delete without its row', { id: '1' }, { kind: 'remove', after: undefined as never }, true],
  ['a delete that does not tell the column', { name: 'Ann' }, { kind: 'remove', after: undefined as never }, true],
  ['a delete whose image is its key', { name: 'Ann' }, { kind: 'remove', after: undefined as never, before: rowOf({ id: 1 }) }, true],
  ['a delete of a row that was not kept', { name: 'Bob' }, { kind: 'remove', after: undefined as never, before: rowOf(image) }, false],
  ['an update that does not send the column', { blob: 'x' }, { kind: 'modify', unknown: ['blob'] }, true],
  ['an update of a row that is not and was not kept', { name: 'Bob' }, { kind: 'modify', before: rowOf(image) }, false],
])('where: %s', (_, where, event, taken) => {
  const routed = route({ where }, event);
  expect(routed.kind).toBe(taken ? 'write' : 'filtered');
  expect(routed).toMatchObject({ sink: 'main' });
});

describe('a row that leaves the filter', () => {
  const where = { name: 'Bob' };
  test.each<[string, Partial<RowChange>]>([
    ['as the old image tells', { kind: 'modify', before: rowOf({ ...image, name: 'Bob' }) }],
    ['perhaps: there is no old image', { kind: 'modify' }],
    ['perhaps: the old image has other columns', { kind: 'modify', before: rowOf({ total: 1 }) }],
  ])('leaves the target, %s', (_, event) => {
    expect(written(route({ where }, event))).toMatchObject({ mutation: { kind: 'delete', key: [['id', 1]], version: at(1) }, event: { kind: 'modify' } });
  });

  test('is filtered where rows are only appended', () => {
    expect(route({ where }, { kind: 'modify', key: undefined })).toEqual({ kind: 'filtered', sink: 'main' });
  });

  test('goes with a truncation, whatever the columns', () => {
    expect(createRouter([tableConfig({ where })])(truncation(), record()).kind).toBe('truncate');
    expect(createRouter([tableConfig({ where: { schema: 'private' } })])(truncation(), record()).kind).toBe('filtered');
  });
});

describe('a mutation', () => {
  test.each<[string, Partial<RowChange>, string]>([
    ['insert', {}, 'put'],
    ['modify', { kind: 'modify' }, 'put'],
    ['snapshot', { kind: 'snapshot' }, 'put'],
    ['modify with columns not sent', { kind: 'modify', unknown: ['blob'] }, 'patch'],
    ['modify with none left out', { kind: 'modify', unknown: [] }, 'put'],
    ['remove', { kind: 'remove', after: undefined as never }, 'delete'],
  ])('of %s', (_, event, kind) => {
    const { mutation } = written(route({}, event));
    expect(mutation).toMatchObject({ kind, key: [['id', 1]], version: at(1), origin: { stream: 'orders', shard: 'shard-1', sequence: '1', subSequence: 0 } });
    expect(mutation.bytes).toBe(kind === 'delete' ? 200 : 300);
  });

  test('of a row without its image is a fault with its code', () => {
    const routed = route({}, { kind: 'modify', after: undefined as never });
    expect(routed).toMatchObject({ kind: 'fault', sink: 'main', fault: { stage: 'route', code: 'ROW_WITHOUT_IMAGE' } });
  });
});

describe('truncate', () => {
  const router = (truncate: 'apply' | 'ignore') => createRouter([tableConfig({ truncate })]);
  test('is applied', () => {
    expect(router('apply')(truncation(), record())).toMatchObject({ kind: 'truncate', sink: 'main', target: { name: 'orders' }, event: { version: at(9) } });
  });
  test('is ignored: filtered', () => {
    expect(router('ignore')(truncation(), record())).toEqual({ kind: 'filtered', sink: 'main' });
  });
});

describe('a target whose name no table can have', () => {
  const named = (table: string) => ({ source: { system: 'postgresql', table } });
  const sinks = { main: { kind: 'postgres' } } as const;
  const router = createRouter([tableConfig()], sinks);

  test.each(['a\u0000b', 'shardfold_dead_letters', 'shardfold_floors', 'orders__tombstones', 'a.b.c', 'pg_temp.x'])('%j is a dead letter', (table) => {
    const routed = router({ ...inserted, ...named(table) }, record());
    expect(routed).toMatchObject({ kind: 'fault', sink: 'main', target: table, fault: { stage: 'route', code: 'TARGET_NAME' } });
    expect(routed.kind === 'fault' && routed.fault.message).not.toContain('\u0000');
    expect(router({ ...truncation(), ...named(table) }, record())).toMatchObject({ kind: 'fault', fault: { code: 'TARGET_NAME' } });
  });

  test('is one of its sink: another database takes it', () => {
    expect(route({}, named('orders__rows')).kind).toBe('write');
    expect(createRouter([tableConfig()], { main: { kind: 'cratedb' } })({ ...inserted, ...named('orders__rows') }, record()).kind).toBe('fault');
    expect(router({ ...inserted, ...named('orders__rows') }, record()).kind).toBe('write');
  });

  test('is no matter where nothing would be written', () => {
    const filters = createRouter([tableConfig({ where: { schema: 'other' }, truncate: 'ignore' })], sinks);
    expect(filters({ ...inserted, ...named('shardfold_floors') }, record()).kind).toBe('filtered');
    const ignores = createRouter([tableConfig({ truncate: 'ignore' })], sinks);
    expect(ignores({ ...truncation(), ...named('shardfold_floors') }, record()).kind).toBe('filtered');
  });
});

describe('the target object', () => {
  const of = (router: ReturnType<typeof createRouter>, event: RowChange) => written(router(event, record())).target;

  test.each<[string, Partial<RowChange>]>([
    ['keyed rows', {}],
    ['appended rows', { key: undefined }],
  ])('is one for all %s of a target', (_, event) => {
    const router = createRouter([tableConfig()]);
    expect(of(router, { ...inserted, ...event })).toBe(of(router, { ...inserted, ...event, version: at(2) }));
  });

  test('is one for two source tables with one target', () => {
    const router = createRouter([tableConfig({ target: 'all' })]);
    expect(of(router, inserted)).toBe(of(router, { ...inserted, source: { system: 's', table: 'others' } }));
  });

  test.each<[string, Partial<TableConfig>]>([
    ['sinks', { sink: 'other' }],
    ['columns left out', { columns: { drop: ['ssn'], rename: {} } }],
    ['ways to delete', { deletes: 'soft' }],
  ])('is another for rules with other %s, though the name is one', (_, rule) => {
    const router = createRouter([tableConfig({ source: 'orders', target: 'all' }), tableConfig({ target: 'all', ...rule })]);
    const other = of(router, { ...inserted, source: { system: 's', table: 'others' } });
    expect(other).not.toBe(of(router, inserted));
    expect(other).toMatchObject('sink' in rule ? { name: 'all' } : rule);
  });

  test('the oldest are forgotten: a stream that names ever new tables does not grow', () => {
    const router = createRouter([tableConfig()]);
    const first = of(router, inserted);
    for (let table = 0; table < 10_000; table += 1) of(router, { ...inserted, source: { system: 's', table: `t${table}` } });
    expect(of(router, inserted)).not.toBe(first);
  });
});
