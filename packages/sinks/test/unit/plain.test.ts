// The pure parts: the order of a group, cutting it, names, encoding, and whether a table fits.
import { ExactNumber, type Key, type Value } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunks } from '../../src/chunks.ts';
import { fittingName } from '../../src/columns/names.ts';
import { compareKeys, prepareGroup } from '../../src/index.ts';
import { encodeMutation } from '../../src/postgres/encode.ts';
import { postgresNames, quoted } from '../../src/postgres/names.ts';
import { postgresTypes } from '../../src/postgres/types.ts';
import { type FoundColumn, type FoundTable, markerTime, type WholeMutation } from '../../src/sql/dialect.ts';
import { misfits, problemsOf, wantedOfRows } from '../../src/sql/fit.ts';
import { addressFault } from '../../src/sql/key.ts';
import { parseTableName } from '../../src/sql/names.ts';
import { type KeyColumn, shapeOf } from '../../src/sql/shape.ts';
import { append, at, put, remove, target, textKey } from '../../src/testing/index.ts';
import { defaultBookkeeping } from '../../src/types.ts';

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
    const names = [`${'é'.repeat(40)}a`, `${'é'.repeat(40)}b`, 'x'.repeat(64), 'x'.repeat(65)].map((name) => fittingName(name, postgresNames));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(fittingName('x'.repeat(63), postgresNames)).toBe('x'.repeat(63));
  });

  test('are quoted', () => expect(quoted('a"; b')).toBe('"a""; b"'));

  test.for(['', '.', 'a.', '.b', 'a.b.c', 'a\u0000'])('%j is refused', (name) => {
    expect(() => parseTableName(name, postgresNames)).toThrow(expect.objectContaining({ code: 'SINK_TABLE_MISMATCH', retryable: false }));
  });
});

describe('shapes that no table can have', () => {
  test.for([
    ['a key column with a bookkeeping name', { key: [{ name: 'cdc_time', type: 'number' as const }] }, 'rename'],
    ['a key column with the name of the document', { key: [{ name: 'data', type: 'text' as const }] }, 'rename'],
    ['a bookkeeping name that is too long', { bookkeeping: { ...defaultBookkeeping, seq: 'x'.repeat(64) } }, 'Choose another'],
    ['a bookkeeping name that no column can have', { bookkeeping: { ...defaultBookkeeping, seq: 'ctid' } }, 'Choose another'],
    ['a bookkeeping name twice', { bookkeeping: { ...defaultBookkeeping, seq: 'cdc_time' } }, 'different'],
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
    expect(() => shapeOf(target('orders', change), postgresNames)).toThrow(
      expect.objectContaining({ code: 'SINK_TABLE_MISMATCH', message: expect.stringContaining(words) }),
    );
  });

  test.for(['shardfold_floors', 'shop.shardfold_dead_letters'])('a table of the program’s own: %s', (name) => {
    expect(() => shapeOf(target(name), postgresNames)).toThrow(expect.objectContaining({ code: 'SINK_TABLE_MISMATCH' }));
  });

  test('a key column may be named like the document where there is none', () => {
    expect(shapeOf(target('orders', { layout: 'columns', key: [{ name: 'data', type: 'text' }] }), postgresNames).key).toHaveLength(1);
  });
});

const keyColumns: readonly KeyColumn[] = [
  { name: 'id', type: 'text' },
  { name: 'no', type: 'number' },
  { name: 'raw', type: 'binary' },
  { name: 'on', type: 'boolean' },
];

describe('addresses', () => {
  const [text] = keyColumns;
  const columns = text === undefined ? [] : [text];

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
  ] as const)('%s is the row’s fault', ([, mutation, code]) => expect(addressFault(columns, mutation)).toMatchObject({ code }));

  test('numbers that are none are the row’s fault', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(addressFault([{ name: 'no', type: 'number' }], put([['no', value]], at(1), {}))).toMatchObject({ code: 'KEY_TYPE' });
  });

  test('a place in the stream fits a key of one text', () => {
    expect(addressFault(columns, append('s:1', at(1), {}))).toBeUndefined();
    expect(addressFault([{ name: 'no', type: 'number' }], append('s:1', at(1), {}))).toMatchObject({ code: 'KEY_TYPE' });
    expect(addressFault(keyColumns, append('s:1', at(1), {}))).toMatchObject({ code: 'KEY_TYPE' });
  });
});

describe('encoding', () => {
  const policy = { numbers: 'exact', drop: [], rename: {} } as const;
  const document = { columns: [], hasExtra: false };
  const key: Key = [
    ['id', 'a"b'],
    ['no', new ExactNumber('1.50')],
    ['raw', new Uint8Array([1, 255])],
    ['on', false],
  ];
  const whole = (mutation: ReturnType<typeof put>): WholeMutation => {
    if (mutation.kind === 'patch') throw new TypeError('a patch is no whole row');
    return mutation;
  };

  test('a put and a delete', () => {
    const put7 = encodeMutation(keyColumns, policy, whole(put(key, at(7, '42'), { n: 1 })), 3, undefined, document);
    expect(put7).toMatchObject({
      index: 3,
      kind: 'put',
      stored: '{"k0":"a\\"b","k1":"1.50","k2":"Af8=","k3":false,"t":7,"s":"42","d":{"n":1}}',
      address: '{"k0":"a\\"b","k1":"1.50","k2":"Af8=","k3":false}',
    });
    expect(put7.size).toBe(put7.stored.length);
    expect(encodeMutation(keyColumns.slice(0, 1), policy, whole(remove(textKey('a'), at(-7, '42'))), 0, undefined, document)).toMatchObject({
      kind: 'delete',
      stored: `{"k0":"a","t":${markerTime},"s":0}`,
      address: '{"k0":"a","t":-7,"s":"42"}',
    });
  });

  test('a row in columns: each value by its column’s place, what fits none by its name', () => {
    const columns = ['n', 'x', 't'].map((name) => ({ name, kind: 'other' as const, type: 'text', writable: true }));
    const placed = {
      cells: new Map<string, Value>([
        ['t', 'text'],
        ['n', new ExactNumber('1.50')],
      ]),
      extra: new Map<string, Value>([['a"b', [1, true]]]),
    };
    const { stored } = encodeMutation(keyColumns.slice(0, 1), policy, whole(put(textKey('a'), at(7), {})), 0, placed, { columns, hasExtra: true });
    expect(stored).toBe('{"k0":"a","t":7,"s":"1","c0":1.5,"c2":"text","e":{"a\\"b":[1,true]}}');
  });
});

describe('tables that are there', () => {
  const column = (name: string, type: string, change: Partial<FoundColumn> = {}): FoundColumn => ({
    name,
    type,
    notNull: true,
    hasDefault: false,
    generated: false,
    ...change,
  });
  const good: FoundTable = {
    ordinary: true,
    columns: [
      column('id', 'text'),
      column('data', 'jsonb'),
      column('cdc_time', 'bigint'),
      column('cdc_seq', 'numeric(65,0)'),
      column('note', 'text', { notNull: false }),
    ],
    uniqueKeys: [['note'], ['id']],
    otherUniques: [],
    fingerprint: '',
  };
  const changed = (name: string, change: Partial<FoundColumn>): FoundTable => ({
    ...good,
    columns: good.columns.map((each) => (each.name === name ? { ...each, ...change } : each)),
  });
  const shape = shapeOf(target('orders'), postgresNames);
  const optional = [['cdc_partial', postgresTypes.json]] as const;

  test.for([
    ['a fitting one', good, []],
    ['a view', { ...good, ordinary: false }, ['it is no table']],
    ['no data', { ...good, columns: good.columns.filter(({ name }) => name !== 'data') }, ['it has no column "data"']],
    ['another key type', changed('id', { type: 'date' }), ['its column "id" is date']],
    ['a sequence too short', changed('cdc_seq', { type: 'numeric(20,0)' }), ['its column "cdc_seq" is numeric(20,0)']],
    ['a version that may be NULL', changed('cdc_seq', { notNull: false }), ['its column "cdc_seq" may be NULL']],
    [
      'a key under which two are one',
      changed('id', { merges: 'a nondeterministic collation' }),
      ['its column "id" has a nondeterministic collation, so that different keys are one row'],
    ],
    ['a version that the server fills', changed('cdc_time', { generated: true }), ['its column "cdc_time" is filled by the server']],
    ['a column that must be given', changed('note', { notNull: true }), ['its column "note" is NOT NULL without a default']],
    ['a column that has a default', changed('note', { notNull: true, hasDefault: true }), []],
    ['patches of another type', { ...good, columns: [...good.columns, column('cdc_partial', 'text')] }, ['its column "cdc_partial" is text']],
    ['another key', { ...good, uniqueKeys: [['id', 'note']] }, ['it has no primary key or unique index on (id)']],
  ] as const)('%s', ([, found, faults]) => {
    expect(misfits(found, shape.key, wantedOfRows(shape, postgresTypes), optional, false)).toEqual(faults);
  });

  test('a column that takes no NULL is refused where rows are columns, default or not', () => {
    const found = changed('note', { notNull: true, hasDefault: true });
    expect(misfits(found, shape.key, wantedOfRows(shape, postgresTypes), optional, true)).toEqual([
      'its column "note" is NOT NULL, and rows may come without it',
    ]);
  });

  test('soft deletes want a column for them', () => {
    const soft = shapeOf(target('orders', { deletes: 'soft' }), postgresNames);
    expect(misfits(good, soft.key, wantedOfRows(soft, postgresTypes), optional, false)).toEqual(['it has no column "cdc_deleted"']);
  });

  test('what works, but not as one may expect, is said', () => {
    expect(problemsOf({ ...good, uniqueKeys: [['id']] }, shape)).toEqual([]);
    expect(problemsOf({ ...good, otherUniques: ['mails'] }, shape)).toEqual([expect.stringContaining('(note)'), expect.stringContaining('"mails"')]);
    expect(problemsOf({ ...good, uniqueKeys: [['id']], guards: ['positive'] }, shape)).toEqual([expect.stringContaining('"positive"')]);
  });
});
