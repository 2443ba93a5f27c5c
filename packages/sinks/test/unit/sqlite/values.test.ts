// Values as SQLite stores them: through a real database, no digit and no byte is lost, and equal keys are equal.
import { DatabaseSync } from 'node:sqlite';
import { ExactNumber, normalNumber, type Value } from '@shardfold/changes';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnKind } from '../../../src/columns/kinds.ts';
import { RowFault } from '../../../src/row-fault.ts';
import { sqliteTypes } from '../../../src/sqlite/types.ts';
import { affinityOf, cellParameter, keyParameter, numberParameter, numberType, seqParameter } from '../../../src/sqlite/values.ts';

let database: DatabaseSync;
beforeAll(() => {
  database = new DatabaseSync(':memory:');
  database.exec(`CREATE TABLE numbers (n ${numberType} NOT NULL PRIMARY KEY)`);
});
afterAll(() => database.close());

/** What stands in the table after these were written, each once. */
function stored(values: readonly (number | bigint | ExactNumber)[]): unknown[] {
  database.exec('DELETE FROM numbers');
  const insert = database.prepare('INSERT INTO numbers VALUES (?) ON CONFLICT DO NOTHING');
  for (const value of values) insert.run(numberParameter(value, 'n', numberType));
  const select = database.prepare('SELECT n FROM numbers ORDER BY n');
  select.setReadBigInts(true);
  return select.all().map(({ n }) => n);
}

const digitsText = fc.stringMatching(/^-?(?:0|[1-9]\d{0,40})(?:\.\d{0,40}[1-9])?$/).map(normalNumber);
const edges = [
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '0.1',
  '0.30000000000000004',
  '0.1000000000000000055511151231257827',
  '1.5',
  '0',
  `1${'0'.repeat(125)}`,
  `0.${'0'.repeat(129)}1`,
];
const anyDigits = fc.oneof(digitsText, fc.constantFrom(...edges));

/** A number written in different ways. */
function spellings(digits: string): (number | bigint | ExactNumber)[] {
  const withZeros = digits.includes('.') ? `${digits}00` : `${digits}.0`;
  const double = Number(digits);
  return [
    new ExactNumber(digits),
    new ExactNumber(withZeros),
    ...(digits.includes('.') ? [] : [BigInt(digits)]),
    ...(normalNumber(String(double)) === digits ? [double] : []),
  ];
}

describe('numbers', () => {
  test('whatever its digits, a number comes back with all of them, and every way to write it is one key', () => {
    fc.assert(
      fc.property(anyDigits, (digits) => {
        const found = stored(spellings(digits));
        expect(found.map((value) => normalNumber(String(value)))).toEqual([digits]);
      }),
    );
  });

  test('different numbers are different keys', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyDigits, { minLength: 2, maxLength: 8 }), (all) => {
        expect(stored(all.map((digits) => new ExactNumber(digits)))).toHaveLength(all.length);
      }),
    );
  });

  test('what an integer or a double holds is one, so that it can be compared and added up', () => {
    const rows = stored([10, 9, 2.5, -1, 9007199254740993n, new ExactNumber('0.30000000000000004')]);
    expect(rows).toEqual([-1n, 0.30000000000000004, 2.5, 9n, 10n, 9007199254740993n]);
  });

  const ranges: [type: string, value: number | bigint | ExactNumber, fits: boolean][] = [
    ['INTEGER', 5, true],
    ['INTEGER', 1.5, true],
    ['INTEGER', 9223372036854775808n, false],
    ['BIGINT', new ExactNumber('0.12345678901234567890'), false],
    ['NUMERIC(10,2)', 1.25, true],
    ['NUMERIC(38)', new ExactNumber('12345678901234567890'), false],
    ['REAL', 9007199254740992, true],
    ['REAL', 9007199254740993n, false],
    ['DOUBLE', 0.1, true],
    [numberType, 9223372036854775808n, true],
  ];
  test.each(ranges)('a column %s and %s', (type, value, fits) => {
    if (fits) expect(() => numberParameter(value, 'n', type)).not.toThrow();
    else expect(() => numberParameter(value, 'n', type)).toThrow(/would round.*Make it NUMBER_BLOB/);
  });
});

describe('keys', () => {
  test('half a surrogate pair is the fault of the row: it would become another key', () => {
    expect(() => keyParameter({ name: 'id', type: 'text' }, 'a\ud800')).toThrow(RowFault);
    expect(keyParameter({ name: 'id', type: 'text' }, '😀')).toBe('😀');
  });

  test('bytes that are a part of a large buffer go without the rest of it', () => {
    const part = new Uint8Array(1_000_000).subarray(10, 20);
    const stored = keyParameter({ name: 'id', type: 'binary' }, part);
    expect(stored).toEqual(part);
    expect(stored instanceof Uint8Array ? stored.buffer.byteLength : undefined).toBe(10);
  });

  test('an integer key is an integer of 64 bits', () => {
    const key = { name: 'id', type: 'integer' } as const;
    expect(keyParameter(key, 5)).toBe(5n);
    for (const value of [1.5, 2n ** 63n, new ExactNumber('0.5')]) expect(() => keyParameter(key, value)).toThrow(RowFault);
  });

  test('digits of the version are texts in the order of numbers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 65n - 1n }), fc.bigInt({ min: 0n, max: 10n ** 65n - 1n }), (left, right) => {
        const texts = [seqParameter(String(left)), seqParameter(String(right))] as const;
        expect(texts[0] < texts[1]).toBe(left < right);
        expect(texts[0] === texts[1]).toBe(left === right);
      }),
    );
  });
});

describe('types', () => {
  const declared = [
    '',
    'INTEGER',
    'bigint',
    'TEXT',
    'varchar(20)',
    'CLOB',
    'BLOB',
    'REAL',
    'double precision',
    'FLOAT',
    'NUMERIC(10,2)',
    'DECIMAL',
    'BOOLEAN',
    'DATE',
    'JSON',
    'JSON_TEXT',
    numberType,
    'CHARINT',
    'UUID',
  ];

  /** What SQLite made of the text '12' and of the number 5.0 in the column. */
  function seen(type: string): string {
    database.exec(`CREATE TABLE seen (v ${type}); INSERT INTO seen VALUES ('12'), (5.0)`);
    const types = database.prepare('SELECT typeof(v) AS type FROM seen').all();
    database.exec('DROP TABLE seen');
    return types.map((row) => row.type).join(' ');
  }

  const bySeen: Readonly<Record<string, readonly string[]>> = {
    'integer integer': ['integer', 'numeric'],
    'text text': ['text'],
    'text real': ['none'],
    'real real': ['real'],
  };
  test.each(declared)('SQLite treats %j as this program thinks', (type) => expect(bySeen[seen(type)]).toContain(affinityOf(type)));

  const kinds: [type: string, kind: ColumnKind][] = [
    ['', 'other'],
    ['INTEGER', 'number'],
    ['double precision', 'number'],
    ['numeric(10,2)', 'number'],
    ['varchar(20)', 'text'],
    ['DATE', 'other'],
    ['UUID', 'other'],
    ['json', 'json'],
    ['bool', 'boolean'],
    ['blob', 'binary'],
  ];
  test.each(kinds)('a column %j holds %s', (type, kind) => expect(sqliteTypes.kindOf(type)).toBe(kind));

  test('what columns are made of is recognised again, and no number column is ever widened', () => {
    const made = Object.entries(sqliteTypes.kinds).map(([kind, type]) => [kind, sqliteTypes.kindOf(type)]);
    expect(Object.fromEntries(made)).toEqual({ boolean: 'boolean', integer: 'number', number: 'number', text: 'text', binary: 'binary', json: 'json' });
  });

  test('each type that this program declares is one that it takes', () => {
    const { key, document, time, seq, deleted, json, timestamp } = sqliteTypes;
    for (const { ddl, fits } of [...Object.values(key), document, time, seq, deleted, json, timestamp]) expect(ddl).toMatch(fits);
  });

  test('columns that would change keys are not taken for text', () => {
    for (const type of ['', 'UUID', 'INTEGER', 'TEXT COLLATE NOCASE', 'CHARINT']) expect(type).not.toMatch(sqliteTypes.key.text.fits);
  });

  test('a user’s own column takes what it can, by SQLite’s rules', () => {
    const column = (type: string, kind: ColumnKind) => ({ name: 'c', type, kind, writable: true });
    const cells: [type: string, kind: ColumnKind, value: Value, parameter: unknown][] = [
      ['DATE', 'other', '2026-01-01', '2026-01-01'],
      ['', 'other', [1, 'a'], '[1,"a"]'],
      ['', 'other', true, 1n],
      ['JSON', 'json', 'a', '"a"'],
      ['JSON_TEXT', 'json', new ExactNumber('1.50'), '1.5'],
      ['BLOB', 'binary', new Uint8Array([1]), new Uint8Array([1])],
      ['TEXT', 'text', null, null],
    ];
    for (const [type, kind, value, parameter] of cells) expect(cellParameter(column(type, kind), value)).toEqual(parameter);
    expect(() => cellParameter(column('TEXT', 'text'), '\udc00')).toThrow(RowFault);
  });
});
