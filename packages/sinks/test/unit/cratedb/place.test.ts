// Where each attribute of a row goes in layout `columns`, and the rows as arguments of statements.
import { ExactNumber, type Image, ValueSet } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import type { FoundColumn, FoundTable } from '../../../src/cratedb/catalog.ts';
import { additionsFor, columnsOf, place } from '../../../src/cratedb/columns.ts';
import { createRows, createView } from '../../../src/cratedb/ddl.ts';
import { encodeMutation, putArgs } from '../../../src/cratedb/encode.ts';
import { misfits } from '../../../src/cratedb/fit.ts';
import { shapeOf } from '../../../src/cratedb/shape.ts';
import { putStatement } from '../../../src/cratedb/statements.ts';
import { viewOf } from '../../../src/cratedb/table-view.ts';
import { append, at, patch, put, target, textKey } from '../../../src/testing/material.ts';

const policy = { numbers: 'double-or-text', drop: [], rename: {} } as const;

function column(name: string, type: string, change: Partial<FoundColumn> = {}): FoundColumn {
  return { name, type, policy: type === 'object' ? 'ignored' : 'strict', generated: false, notNull: false, hasDefault: false, ...change };
}

const orders = target('orders', { layout: 'columns' });
const shape = shapeOf(orders, 'doc');
const bookkeeping = [
  column('id', 'text', { notNull: true }),
  column('_extra', 'object'),
  column('cdc_time', 'bigint'),
  column('cdc_seq', 'text'),
  column('cdc_deleted', 'boolean'),
  column('cdc_deleted_time', 'bigint'),
  column('cdc_deleted_seq', 'text'),
  column('cdc_deleted_at', 'timestamp with time zone'),
];

function found(...columns: readonly FoundColumn[]): FoundTable {
  return { isTable: true, columns: [...bookkeeping, ...columns], key: ['id'], durability: 'REQUEST', maxColumns: 1_000, fingerprint: '' };
}

function placedIn(columns: readonly FoundColumn[], image: Image, mayChange = true) {
  const known = columnsOf(shape, found(...columns), mayChange, false);
  const placement = place(known, image, policy);
  const { cells, extra } = placement.placed;
  return { cells: Object.fromEntries(cells), extra: Object.fromEntries(extra), added: additionsFor([placement], known) };
}

describe('an attribute', () => {
  test('asks for a column of its kind, or goes to the extra column where none would hold it', () => {
    const image: Image = {
      id: 'k',
      yes: true,
      count: 5,
      half: 0.5,
      text: 'a',
      bytes: new Uint8Array([255]),
      map: { a: 1 },
      list: [1],
      set: new ValueSet([1]),
      huge: new ExactNumber('12345678901234567890123'),
      long: 'x'.repeat(40_000),
      nothing: null,
      nan: Number.NaN,
      cdc_seq: 'mine',
      cdc_deleted_at: 'mine',
      'a.b': 1,
      _id: 2,
    };
    const { cells, extra, added } = placedIn([], image);
    expect(added).toEqual([
      ['yes', 'BOOLEAN'],
      ['count', 'BIGINT'],
      ['half', 'DOUBLE PRECISION'],
      ['text', 'TEXT'],
      ['bytes', 'TEXT'],
      ['map', 'OBJECT(IGNORED)'],
    ]);
    expect(cells).toEqual({});
    expect(Object.keys(extra).sort()).toEqual(['_id', 'a.b', 'cdc_deleted_at', 'cdc_seq', 'huge', 'list', 'long', 'nan', 'set']);
    expect([extra.huge, extra.list, extra.nan]).toEqual(['"12345678901234567890123"', '[1]', '"NaN"']);
  });

  test('goes to its column while it fits there as it is', () => {
    const columns = [
      column('n', 'bigint'),
      column('d', 'double precision'),
      column('m', 'object'),
      column('g', 'bigint', { generated: true }),
      column('l', 'bigint_array'),
    ];
    expect(placedIn(columns, { n: 5, d: 5, m: {}, l: [1] })).toEqual({ cells: { n: '5', d: '5', m: '{}', l: '[1]' }, extra: {}, added: [] });
    expect(placedIn(columns, { n: 0.5, d: 2n ** 60n + 1n, m: [1], g: 5, l: [0.5] })).toEqual({
      cells: {},
      extra: { n: '0.5', d: String(2n ** 60n + 1n), m: '[1]', g: '5', l: '[0.5]' },
      added: [],
    });
    expect(placedIn([], { n: 5 }, false)).toEqual({ cells: {}, extra: { n: '5' }, added: [] });
  });

  test('finds no column any more when the statements would grow too long', () => {
    const many = Array.from({ length: 900 }, (_, index) => column(`attribute_${index}`, 'bigint'));
    expect(columnsOf(shape, found(), true, false).room).toBeGreaterThan(50);
    expect(columnsOf(shape, found(...many), true, false).room).toBe(0);
    let columns: FoundColumn[] = [];
    for (let room = 1; room > 0; room = columnsOf(shape, found(...columns), true, false).room) {
      columns = [...columns, ...Array.from({ length: room }, (_, index) => column(`${'n'.repeat(190)}_${columns.length + index}`, 'bigint'))];
    }
    expect(
      putStatement(
        shape,
        columns.map(({ name }) => name),
        'kept',
      ).length,
    ).toBeLessThan(262_144);
  });
});

describe('a row as arguments', () => {
  test('names every column, and pads its version', () => {
    const view = viewOf(orders, shape, found(column('n', 'bigint'), column('t', 'text')), false);
    const row = encodeMutation(put(textKey('k'), at(7, '12'), { n: 5, x: 1 }), 0, shape);
    if ('error' in row) throw new Error(row.error.message);
    const placement = view.columns && place(view.columns, { n: 5, '😀': [1] }, policy);
    expect(putArgs(row, view, placement)).toEqual(['"k"', '5', 'null', '{"😀":[1]}', '7', `"${'12'.padStart(65, '0')}"`]);
  });

  test('is refused for a key or a patch that the table has no place for', () => {
    const codeOf = (mutation: Parameters<typeof encodeMutation>[0]) => {
      const row = encodeMutation(mutation, 3, shape);
      return 'error' in row ? row.error.code : undefined;
    };
    expect(codeOf(put([['id', 5]], at(1), {}))).toBe('KEY_TYPE');
    expect(codeOf(put(textKey('\ud800'), at(1), {}))).toBe('NOT_UNICODE');
    expect(codeOf(patch(textKey('k'), at(1), { a: 1 }))).toBe('PATCH_UNSUPPORTED');
    expect(codeOf(append('s:1:0', at(1), {}))).toBeUndefined();
    expect(codeOf(put(textKey('k'), { time: 0.5, seq: '1' }, {}))).toBe('BAD_VERSION');
  });
});

describe('tables', () => {
  test('are made so that they fit', () => {
    expect(createRows(shapeOf(target('orders', { patches: true }), 'doc'))).toBe(
      'CREATE TABLE IF NOT EXISTS "doc"."orders__rows" ("id" TEXT, "data" OBJECT(IGNORED), "cdc_time" BIGINT, "cdc_seq" TEXT, "cdc_deleted" BOOLEAN, ' +
        '"cdc_deleted_time" BIGINT, "cdc_deleted_seq" TEXT, "cdc_deleted_at" TIMESTAMP WITH TIME ZONE, ' +
        '"cdc_partial" TEXT INDEX OFF STORAGE WITH (columnstore = false), PRIMARY KEY ("id"))',
    );
    expect(createView(shape, ['a'])).toBe(
      'CREATE OR REPLACE VIEW "doc"."orders" AS SELECT "id", "a", "_extra", "cdc_time", "cdc_seq" FROM "doc"."orders__rows" WHERE NOT coalesce("cdc_deleted", false)',
    );
    expect(misfits(found(), shape)).toEqual([]);
    expect(misfits({ ...found(), key: ['id', 'no'] }, shape)).toEqual(['its primary key is not (id)']);
    expect(misfits(found(column('m', 'object', { policy: 'dynamic' })), shape)).toHaveLength(1);
    for (const type of ['object_array', 'object_array_array', 'array(object)']) {
      expect(misfits(found(column('m', type, { policy: 'dynamic' })), shape)).toEqual([expect.stringContaining('OBJECT(IGNORED) keeps them')]);
      expect(misfits(found(column('m', type, { policy: 'ignored' })), shape)).toEqual([]);
      expect(misfits(found(column('m', type, { policy: 'ignored', hasInner: true })), shape)).toEqual([expect.stringContaining('columns of its own inside')]);
    }
    expect(misfits(found(column('m', 'bigint_array', { policy: 'dynamic' })), shape)).toEqual([]);
  });
});
