// The pure parts: the order of a group, cutting it, names, encoding, and whether a table fits.
import { ExactNumber, type Key } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunks } from '../../src/chunks.ts';
import { compareKeys, prepareGroup } from '../../src/index.ts';
import { encodeMutation } from '../../src/postgres/encode.ts';
import { misfits } from '../../src/postgres/fit.ts';
import type { FoundTable } from '../../src/postgres/introspect.ts';
import { fittingName, parseTableName, quoted } from '../../src/postgres/names.ts';
import { type KeyColumn, shapeOf } from '../../src/postgres/shape.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';

describe('groups', () => {
  test('any arrival order is written in one order', () => {
    const key = fc.tuple(fc.string(), fc.integer()).map(
      ([id, no]): Key => [
        ['id', id],
        ['no', no],
      ],
    );
    fc.assert(
      fc.property(
        fc
          .uniqueArray(key, { comparator: (left, right) => compareKeys(left, right) === 0 })
          .chain((keys) => fc.tuple(fc.constant(keys), fc.shuffledSubarray(keys, { minLength: keys.length }))),
        ([keys, shuffled]) => {
          const written = (order: readonly Key[]) =>
            prepareGroup(order.map((one) => put(one, at(1), {}))).map((mutation) => (mutation.kind === 'put' ? mutation.key : []));
          expect(written(shuffled)).toEqual(written(keys));
          for (const [index, one] of written(keys).entries()) if (index > 0) expect(compareKeys(written(keys)[index - 1] ?? [], one)).toBeLessThan(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a number is one key however it is written', () => {
    expect(compareKeys([['no', 1]], [['no', new ExactNumber('1.0')]])).toBe(0);
    expect(compareKeys([['no', 1]], [['no', '1']])).not.toBe(0);
  });

  test('chunks keep everything in order and within both limits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 })), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 30 }), (sizes, maxItems, maxSize) => {
        const runs = chunks(sizes, (size) => size, { maxItems, maxSize });
        expect(runs.flat()).toEqual(sizes);
        for (const run of runs) {
          expect(run.length).toBeGreaterThan(0);
          expect(run.length).toBeLessThanOrEqual(maxItems);
          if (run.length > 1) expect(run.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(maxSize);
        }
      }),
    );
  });
});

describe('names', () => {
  test('long names are cut to 63 bytes and stay apart', () => {
    const names = [`${'é'.repeat(40)}a`, `${'é'.repeat(40)}b`, 'x'.repeat(64), 'x'.repeat(65)].map(fittingName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(fittingName('x'.repeat(63))).toBe('x'.repeat(63));
  });

  test('are quoted', () => expect(quoted('a"; b')).toBe('"a""; b"'));

  test.for(['', '.', 'a.', '.b', 'a.b.c', 'a\u0000'])('%j is refused', (name) => {
    expect(() => parseTableName(name)).toThrow(expect.objectContaining({ code: 'SINK_TABLE_MISMATCH', retryable: false }));
  });
});

describe('shapes that this sink refuses', () => {
  test.for([
    ['layout', { layout: 'columns' as const }, 'not supported yet'],
    ['soft deletes', { deletes: 'soft' as const }, 'not supported yet'],
    ['a key column with a bookkeeping name', { key: [{ name: 'cdc_time', type: 'number' as const }] }, 'rename'],
    [
      'a key column twice',
      {
        key: [
          { name: 'id', type: 'text' as const },
          { name: 'id', type: 'text' as const },
        ],
      },
      'twice',
    ],
  ] as const)('%s', ([, change, words]) => {
    expect(() => shapeOf(target('orders', change))).toThrow(expect.objectContaining({ code: 'SINK_TABLE_MISMATCH', message: expect.stringContaining(words) }));
  });
});

describe('encoding', () => {
  const columns: readonly KeyColumn[] = [
    { name: 'id', type: 'text' },
    { name: 'no', type: 'number' },
    { name: 'raw', type: 'binary' },
    { name: 'on', type: 'boolean' },
  ];
  const policy = { numbers: 'exact', drop: [], rename: {} } as const;
  const key: Key = [
    ['id', 'a"b'],
    ['no', new ExactNumber('1.50')],
    ['raw', new Uint8Array([1, 255])],
    ['on', false],
  ];

  test('a put and a delete', () => {
    expect(encodeMutation(columns, policy, put(key, at(7, '42'), { n: 1 }), 3)).toEqual({
      row: {
        index: 3,
        kind: 'put',
        stored: '{"k0":"a\\"b","k1":"1.50","k2":"Af8=","k3":false,"t":7,"s":"42","d":{"n":1}}',
        address: '{"k0":"a\\"b","k1":"1.50","k2":"Af8=","k3":false}',
      },
    });
    expect(encodeMutation(columns.slice(0, 1), policy, remove(textKey('a'), at(-7, '42')), 0)).toMatchObject({
      row: { kind: 'delete', stored: '{"k0":"a","t":-7,"s":"42"}' },
    });
  });

  test.for([
    ['a key of another type', put([['id', 5]], at(1), {}), 'KEY_TYPE'],
    ['no text at all', put([['id', null]], at(1), {}), 'KEY_TYPE'],
    [
      'too many key parts',
      put(
        [
          ['id', 'a'],
          ['no', 1],
        ],
        at(1),
        {},
      ),
      'KEY_TYPE',
    ],
    ['a sequence that is not digits', put(textKey('a'), at(1, '1","d":{"n":2},"x":"'), {}), 'BAD_VERSION'],
    ['a sequence too long', put(textKey('a'), at(1, '1'.repeat(66)), {}), 'BAD_VERSION'],
    ['a time that is no integer', put(textKey('a'), at(1.5), {}), 'BAD_VERSION'],
  ] as const)('%s is the row’s fault', ([, mutation, code]) => {
    expect(encodeMutation(columns.slice(0, 1), policy, mutation, 0)).toMatchObject({ error: { code } });
  });

  test('numbers that are none are the row’s fault', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(encodeMutation([{ name: 'no', type: 'number' }], policy, put([['no', value]], at(1), {}), 0)).toMatchObject({ error: { code: 'KEY_TYPE' } });
  });
});

describe('tables that are there', () => {
  const good: FoundTable = {
    table: true,
    columns: [
      { name: 'id', type: 'text', demanded: true },
      { name: 'data', type: 'jsonb', demanded: true },
      { name: 'cdc_time', type: 'bigint', demanded: true },
      { name: 'cdc_seq', type: 'numeric(65,0)', demanded: true },
      { name: 'note', type: 'text', demanded: false },
    ],
    uniqueKeys: [['note'], ['id']],
  };
  const changed = (name: string, change: Partial<FoundTable['columns'][number]>): FoundTable => ({
    ...good,
    columns: good.columns.map((column) => (column.name === name ? { ...column, ...change } : column)),
  });

  test.for([
    ['a fitting one', good, []],
    ['a view', { ...good, table: false }, ['it is no table']],
    ['no data', { ...good, columns: good.columns.filter(({ name }) => name !== 'data') }, ['it has no column "data"']],
    ['another key type', changed('id', { type: 'bigint' }), ['its column "id" is bigint']],
    ['a sequence too short', changed('cdc_seq', { type: 'numeric(20,0)' }), ['its column "cdc_seq" is numeric(20,0)']],
    ['a column that must be given', changed('note', { demanded: true }), ['its column "note" is NOT NULL without a default']],
    ['another key', { ...good, uniqueKeys: [['id', 'note']] }, ['it has no primary key or unique index on (id)']],
  ] as const)('%s', ([, found, faults]) => {
    expect(misfits(found, [{ name: 'id', type: 'text' }], [['data', /^jsonb$/]])).toEqual(faults);
  });
});
