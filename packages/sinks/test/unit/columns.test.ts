// Layout `columns` as functions: which column a value asks for, which name it gets, where each attribute of a row goes.
import { ExactNumber, type Value, ValueSet } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ColumnKind, cast, holds, kindOf, widened } from '../../src/columns/kinds.ts';
import { createPlacer, type Layout, mergedChanges, type TableColumn } from '../../src/columns/layout.ts';
import { columnName, fittingName, type NameRules } from '../../src/columns/names.ts';

const rules: NameRules = { maxLength: 63, unit: 'bytes', ignoresCase: false, allows: (name) => name !== 'ctid' };
const folding: NameRules = { ...rules, maxLength: 64, unit: 'characters', ignoresCase: true };

describe('kinds', () => {
  test.for<[ColumnKind | undefined, Value[]]>([
    [undefined, [null, Number.NaN, Number.NEGATIVE_INFINITY]],
    ['boolean', [true, false]],
    ['text', ['', 'text', '5']],
    ['integer', [5, 9223372036854775807n, -9223372036854775808n, new ExactNumber('15E1'), new ExactNumber('1.0')]],
    ['number', [1.5, 2 ** 53, 9223372036854775808n, -9223372036854775809n, new ExactNumber('1.5')]],
    ['binary', [new Uint8Array(1)]],
    ['json', [[1], {}, new ValueSet([1])]],
  ])('%s', ([kind, values]) => {
    for (const value of values) expect(kindOf(value)).toBe(kind);
  });

  test('a column holds what its kind holds', () => {
    const held = (kind: ColumnKind): Value[] => [true, 5, 1.5, 'text', new Uint8Array(1), {}, Number.NaN].filter((value) => holds(kind, value));
    expect(held('boolean')).toEqual([true]);
    expect(held('integer')).toEqual([5]);
    expect(held('number')).toEqual([5, 1.5]);
    expect(held('text')).toEqual(['text']);
    expect(held('binary')).toEqual([new Uint8Array(1)]);
    expect(held('json')).toHaveLength(7);
    expect(held('other')).toHaveLength(7);
  });

  test.for<[ColumnKind, Value, Value | undefined]>([
    ['boolean', 1, true],
    ['boolean', new ExactNumber('0'), false],
    ['boolean', '1', true],
    ['boolean', 'false', false],
    ['boolean', 2, undefined],
    ['boolean', 'yes', undefined],
    ['boolean', [1], undefined],
    ['integer', '7', new ExactNumber('7')],
    ['integer', true, 1],
    ['integer', '7.5', undefined],
    ['integer', '9223372036854775808', undefined],
    ['number', '12.50', new ExactNumber('12.50')],
    ['number', '-0.5', new ExactNumber('-0.5')],
    ['number', '007', undefined],
    ['number', '+7', undefined],
    ['number', '1e3', undefined],
    ['number', '', undefined],
    ['number', ['7'], undefined],
    ['text', 5, '5'],
    ['text', 1e21, '1000000000000000000000'],
    ['text', new ExactNumber('12.50'), '12.5'],
    ['text', false, 'false'],
    ['text', Number.NaN, undefined],
    ['text', { a: 1 }, undefined],
    ['binary', 'bytes', undefined],
    ['json', 'text', 'text'],
    ['other', 5, 5],
  ])('a column of somebody’s own made for %s takes %s as %s', ([kind, value, wanted]) => expect(cast(kind, value)).toEqual(wanted));

  test('only integers are widened, and only for numbers', () => {
    expect(widened('integer', 1.5)).toBe('number');
    expect(widened('integer', 'text')).toBeUndefined();
    expect(widened('integer', 5)).toBeUndefined();
    expect(widened('number', 'text')).toBeUndefined();
    expect(widened('text', 1.5)).toBeUndefined();
  });
});

describe('names', () => {
  test.for([
    ['a', 'a'],
    ['x'.repeat(63), 'x'.repeat(63)],
    ['', undefined],
    ['a\u0000', undefined],
    ['\ud800', undefined],
    ['ctid', undefined],
    ['select', 'select'],
    ['ABC', 'ABC'],
  ] as const)('%j gets %j', ([attribute, name]) => expect(columnName(attribute, ['abc'], rules)).toBe(name));

  test('that are cut stay apart from each other, and from names that look cut', () => {
    const long = Array.from({ length: 40 }, (_, extra) => 'é'.repeat(25 + extra));
    const attributes = [...long, ...long.map((name) => fittingName(name, rules)), ...long.map((name) => columnName(name, [], rules) ?? '')];
    const distinct = [...new Set(attributes)];
    const names = distinct.map((attribute) => columnName(attribute, [], rules) ?? '');
    expect(new Set(names).size).toBe(distinct.length);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });

  test('that differ in case only have a column each where case does not count, whichever came first', () => {
    expect(columnName('Name', [], folding)).toBe('Name');
    const second = columnName('name', ['Name'], folding) ?? '';
    expect(second).toMatch(/^name_[0-9a-f]{9}$/);
    expect(columnName('Name', ['Name', second], folding)).toBe('Name');
    expect(columnName('name', ['Name', second], folding)).toBe(second);
    expect(columnName('CDC_TIME', ['cdc_time'], folding)).toMatch(/^CDC_TIME_/);
  });

  test('that are just what another attribute would get make room for it, others are left alone', () => {
    const second = columnName('ab', ['AB'], folding) ?? '';
    expect(columnName(second, ['AB'], folding)).toMatch(new RegExp(`^${second}_[0-9a-f]{9}$`));
    expect(columnName('order_202511219', ['AB'], folding)).toBe('order_202511219');
    expect(columnName(second.toUpperCase(), ['AB', second], folding)).not.toBe(second);
    expect(columnName('ab', ['AB', second.toUpperCase()], folding)).toBeUndefined();
  });

  test('take a sigma at the end of a word for the same letter', () => {
    expect(columnName('ς', ['σ'], folding)).toMatch(/^ς_[0-9a-f]{9}$/);
    expect(columnName('ΑΣ', ['ασ'], folding)).toMatch(/^ΑΣ_[0-9a-f]{9}$/);
  });

  test('of a table that grows never change hands', () => {
    const attribute = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('a', 'A', 'aa', 'Aa', 'x'.repeat(63), 'x'.repeat(64), 'X'.repeat(64)),
      fc.constantFrom(...['a', 'A', 'aa'].map((name) => columnName(name, [name === 'A' ? 'a' : name.toUpperCase()], folding) ?? '')),
    );
    fc.assert(
      fc.property(fc.uniqueArray(attribute, { maxLength: 20 }), fc.constantFrom(rules, folding), (attributes, some) => {
        const columns: string[] = [];
        const owner = new Map<string, string>();
        for (const round of [attributes, attributes.toReversed()]) {
          for (const each of round) {
            const name = columnName(each, columns, some);
            if (name === undefined) continue;
            const column = some.ignoresCase ? name.toLowerCase() : name;
            expect(owner.get(column) ?? each).toBe(each);
            owner.set(column, each);
            if (!columns.includes(name)) columns.push(name);
          }
        }
      }),
    );
  });
});

function column(name: string, kind: ColumnKind, writable = true): TableColumn {
  return { name, kind, type: kind, writable };
}

const layout: Layout = {
  columns: [column('n', 'integer'), { ...column('own', 'integer'), own: true }, column('t', 'text'), column('made', 'text', false), column('when', 'other')],
  hasExtra: true,
  taken: ['id', 'cdc_time', '_extra'],
  keys: ['id'],
  isFull: false,
  mayWiden: true,
};

const long = 'k'.repeat(70);

describe('placing', () => {
  test.for<[string, Partial<Layout>, [string, Value], { cell?: string; extra?: boolean; wanted?: unknown }]>([
    ['a value that fits', {}, ['n', 5], { cell: 'n' }],
    ['a value for a type of the user', {}, ['when', '2026-11-21'], { cell: 'when' }],
    ['null', {}, ['n', null], {}],
    ['a null that nobody has a column for', {}, ['new', null], {}],
    ['the key', {}, ['id', 'k'], {}],
    ['a name that bookkeeping has', {}, ['cdc_time', 5], { extra: true }],
    ['a column that the server fills', {}, ['made', 'x'], { extra: true }],
    ['a value of another type', {}, ['n', 'text'], { extra: true }],
    ['a number as text in a column that was made here', {}, ['n', '7'], { extra: true }],
    ['a number as text in a column of somebody’s own', {}, ['own', '7'], { cell: 'own' }],
    ['a wider number in a column of somebody’s own', {}, ['own', 1.5], { extra: true }],
    ['a value that a type would round', { holds: () => false }, ['n', 5], { extra: true }],
    ['a key whose name was cut', { keys: [long], taken: [...layout.taken, fittingName(long, rules)] }, [long, 'k'], {}],
    ['a name that the key has cut', { keys: [], taken: [...layout.taken, fittingName(long, rules)] }, [long, 'k'], { extra: true }],
    ['a wider number for a column that must stay', { columns: [{ ...column('n', 'integer'), rigid: true }] }, ['n', 1.5], { extra: true }],
    ['a wider number', {}, ['n', 1.5], { wanted: { kind: 'widen', name: 'n', column: 'number' } }],
    ['a wider number where nothing may change', { mayWiden: false }, ['n', 1.5], { extra: true }],
    ['a new attribute', {}, ['new', true], { wanted: { kind: 'add', name: 'new', column: 'boolean' } }],
    ['a new attribute that is no number', {}, ['new', Number.NaN], { extra: true }],
    ['a new attribute in a full table', { isFull: true }, ['new', true], { extra: true }],
    ['a name that no column can have', {}, ['', 1], { extra: true }],
  ])('%s', ([, change, attribute, { cell, extra, wanted }]) => {
    const { placed, wanted: asked, lacksExtra } = createPlacer({ ...layout, ...change }, rules).place([attribute]);
    expect([...placed.cells.keys()]).toEqual(cell === undefined ? [] : [cell]);
    expect([...placed.extra.keys()]).toEqual(extra === true ? [attribute[0]] : []);
    expect(asked).toEqual(wanted === undefined ? [] : [wanted]);
    expect(lacksExtra).toBe(false);
  });

  test('what has no place asks for the extra column where there is none', () => {
    expect(createPlacer({ ...layout, hasExtra: false }, rules).place([['n', 'text']]).lacksExtra).toBe(true);
    expect(createPlacer({ ...layout, hasExtra: false }, rules).place([['n', 5]]).lacksExtra).toBe(false);
  });

  test('no value of a row is lost, whatever the table looks like', () => {
    const value = fc.constantFrom<Value>(true, 5, 1.5, 'text', [1], new Uint8Array(1), Number.NaN);
    const attribute = fc.tuple(fc.constantFrom('n', 't', 'made', 'when', 'cdc_time', 'new', '', 'NEW', 'ctid'), value);
    fc.assert(
      fc.property(fc.uniqueArray(attribute, { selector: ([name]) => name }), fc.boolean(), fc.boolean(), (attributes, isFull, mayWiden) => {
        const { placed, wanted } = createPlacer({ ...layout, isFull, mayWiden }, rules).place(attributes);
        expect(placed.cells.size + placed.extra.size + wanted.length).toBe(attributes.length);
      }),
    );
  });
});

describe('changes of a group', () => {
  const add = (name: string, kind: 'integer' | 'number' | 'text') => ({ kind: 'add', name, column: kind }) as const;

  test.for([
    ['each column once', [add('a', 'text'), add('a', 'text')], 10, rules, [add('a', 'text')]],
    ['the wider of two kinds of number', [add('a', 'integer'), add('a', 'number'), add('a', 'integer')], 10, rules, [add('a', 'number')]],
    ['the first of kinds that have nothing in common', [add('a', 'text'), add('a', 'number')], 10, rules, [add('a', 'text')]],
    ['as many as there is room for', [add('a', 'text'), add('b', 'text'), add('a', 'text')], 1, rules, [add('a', 'text')]],
    ['one spelling at a time where case does not count', [add('a', 'text'), add('A', 'number')], 10, folding, [add('a', 'text')]],
  ] as const)('%s', ([, wanted, room, some, changes]) => expect(mergedChanges(wanted, room, some)).toEqual(changes));
});
