// Which names are one table, and who has it: by the rules of names alone, without a server.
import { describe, expect, test } from 'vitest';
import { mysqlNames, mysqlNamesOf } from '../../src/mysql/names.ts';
import { postgresNames } from '../../src/postgres/names.ts';
import { parseTableName, tableIdentity } from '../../src/sql/names.ts';
import { shapeOf } from '../../src/sql/shape.ts';
import { createSpellings } from '../../src/sql/spellings.ts';
import { sqliteNames } from '../../src/sqlite/names.ts';
import { target } from '../../src/testing/index.ts';

const onWindows = mysqlNamesOf(true, 'Shop');

describe('a name', () => {
  test.for([
    [sqliteNames, 'Orders', 'orders', true],
    [sqliteNames, 'MAIN.Orders', 'orders', true],
    [sqliteNames, 'É', 'é', false],
    [onWindows, 'shop.Orders', 'orders', true],
    [onWindows, 'other.Orders', 'orders', false],
    [onWindows, 'É', 'é', true],
    [onWindows, 'İ', 'i', true],
    [onWindows, 'ΟΔΟΣ', 'οδοσ', true],
    [onWindows, 'οδος', 'οδοσ', false],
  ] as const)('%#: %s', ([rules, one, other, isSame]) => {
    const [left, right] = [one, other].map((name) => tableIdentity(parseTableName(name, rules), rules));
    expect({ one, other, isSame: left === right }).toEqual({ one, other, isSame });
  });

  test('is one of its own where the server tells case apart', () => {
    for (const rules of [postgresNames, mysqlNames, mysqlNamesOf(false, 'shop')]) {
      expect(tableIdentity({ schema: undefined, table: 'Orders' }, rules)).toBeUndefined();
      expect(shapeOf(target('Orders'), rules)).toMatchObject({ floorName: 'Orders', floorNames: ['Orders'] });
    }
  });

  test('has one floor in all its spellings, and is looked for as it is spelled, too', () => {
    expect(shapeOf(target('Orders'), sqliteNames)).toMatchObject({ floorName: 'orders', floorNames: ['orders', 'Orders'] });
    expect(shapeOf(target('shop.orders'), onWindows)).toMatchObject({ floorName: 'orders', floorNames: ['orders'] });
  });
});

describe('who has a table', () => {
  const named = (table: string) => ({ schema: undefined, table });

  test('the target that claims it first; who only asks does not', () => {
    const spellings = createSpellings({ product: 'SQLite', names: sqliteNames });
    spellings.check('ORDERS', named('ORDERS'));
    spellings.claim('Orders', named('Orders'));
    spellings.claim('Orders', named('Orders'));
    for (const ask of [spellings.check, spellings.claim]) {
      expect(() => ask('orders', named('orders'))).toThrow(expect.objectContaining({ code: 'SINK_TABLE_MISMATCH', retryable: false }));
    }
    spellings.check('Orders', named('Orders'));
  });

  test('is known of ten thousand tables; the one that was claimed longest ago goes first', () => {
    const spellings = createSpellings({ product: 'SQLite', names: sqliteNames });
    for (const name of ['First', 'Second']) spellings.claim(name, named(name));
    spellings.claim('First', named('First'));
    for (let at = 0; at < 9_999; at += 1) spellings.claim(`t${at}`, named(`t${at}`));
    expect(() => spellings.claim('FIRST', named('FIRST'))).toThrow();
    spellings.claim('SECOND', named('SECOND'));
  });
});
