// Whatever is thrown has a text, and every database's sorting a place for it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sortError } from '../../src/cratedb/errors.ts';
import { sortMongoError } from '../../src/mongodb/errors.ts';
import { sortMysqlError } from '../../src/mysql/errors.ts';
import { sortPostgresError } from '../../src/postgres/errors.ts';
import { sortSqliteError } from '../../src/sqlite/errors.ts';
import { thrownText } from '../../src/thrown-text.ts';

const hostile = [
  Object.create(null),
  { toString: null },
  { message: 7 },
  Symbol('x'),
  undefined,
  null,
  '',
  0n,
  () => 1,
  Object.assign(new Error('m'), { message: 9 }),
];

test.each([
  [new Error('said'), 'said'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [Object.create(null), '[Object: null prototype] {}'],
])('%# says %j', (thrown, text) => {
  expect(thrownText(thrown)).toBe(text);
});

describe.each([
  ['postgres', sortPostgresError],
  ['mysql', (thrown: unknown) => sortMysqlError(thrown, 'MySQL')],
  ['sqlite', sortSqliteError],
  ['mongodb', (thrown: unknown) => sortMongoError(thrown)],
  ['cratedb', sortError],
])('%s', (_, sort) => {
  test('sorts whatever is thrown', () => {
    for (const thrown of hostile) expect(JSON.stringify(sort(thrown)).length).toBeGreaterThan(2);
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (thrown) => {
        expect(['row', 'sink']).toContain(sort(thrown).kind);
      }),
    );
  });
});
