// Names as CrateDB takes them: what it refuses is written otherwise, and two names never become one.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crateNames, keyColumnName, quoted, tableNameText } from '../../../src/cratedb/names.ts';
import { shapeOf } from '../../../src/cratedb/shape.ts';
import { isTooOld } from '../../../src/cratedb/sink.ts';
import { SinkError } from '../../../src/index.ts';
import { target } from '../../../src/testing/material.ts';

describe('names', () => {
  test('what a table can be called stays, what it cannot is replaced', () => {
    for (const name of ['orders', 'Orders', 'ünïcode', "a'b", '_x']) expect(tableNameText(name)).toBe(name);
    for (const name of ['Orders 1', 'a"b', 'a,b', 'a\\b', 'a/b', 'a|b', 'a?b', 'a*b', 'a<b>', 'x'.repeat(300)]) {
      const text = tableNameText(name);
      expect(text).not.toBe(name);
      expect(text).toMatch(/^[^\\/*?"<>|\s,.]{1,110}$/);
    }
  });

  test('two names are never one', () => {
    const names = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '_', ',', '.', '[', '\t'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(names, names, (left, right) => {
        fc.pre(left !== right);
        expect(tableNameText(left)).not.toBe(tableNameText(right));
        expect(keyColumnName(left)).not.toBe(keyColumnName(right));
        expect(crateNames.allows(keyColumnName(left))).toBe(true);
      }),
    );
  });

  test('columns that every table has are no columns for attributes', () => {
    expect(['_id', '_seq_no', 'a.b', 'a[1]', 'a\nb', '_mine', 'a]b', ' '].map((name) => crateNames.allows(name))).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(quoted('a"b')).toBe('"a""b"');
  });

  test('a target is a view of its own name over a table beside it', () => {
    const shape = shapeOf(target('shop.Orders 1'), 'doc');
    expect([shape.view, shape.schema, shape.floors]).toEqual(['"shop"."Orders 1"', 'shop', '"shop"."shardfold_floors"']);
    expect(shape.rows).toMatch(/^"shop"\."Orders_1_[0-9a-f]{9}__rows"$/);
    expect(shapeOf(target('orders'), 'doc').rows).toBe('"doc"."orders__rows"');
  });

  test('a key that takes the name of what belongs to a delete is refused', () => {
    expect(() => shapeOf(target('orders', { key: [{ name: 'cdc_deleted_seq', type: 'text' }] }), 'doc')).toThrow(SinkError);
  });
});

test('servers before 5.10.12 are too old', () => {
  expect(['4.8.4', '5.9.13', '5.10.11', '5.10.12', '5.10.12-1', '5.11.0', '6.0.0', 'unknown'].map(isTooOld)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    true,
  ]);
});
