// The pure parts of the MySQL sink: versions of servers, urls, types of keys, numbers, sizes of statements, errors.
import { ExactNumber } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digitsOfNumber } from '../../../src/columns/exact.ts';
import type { KeyType } from '../../../src/index.ts';
import { SinkError } from '../../../src/index.ts';
import { isColumnLimit, isDeadlock, lostCreateRace, sortMysqlError } from '../../../src/mysql/errors.ts';
import { type Flavor, flavorOf } from '../../../src/mysql/flavor.ts';
import { literal, mysqlNames, quoted } from '../../../src/mysql/names.ts';
import { fitsNumber } from '../../../src/mysql/numbers.ts';
import { portions } from '../../../src/mysql/portions.ts';
import { createHider } from '../../../src/mysql/secrets.ts';
import { keyType } from '../../../src/mysql/types.ts';
import { parseMysqlUrl } from '../../../src/mysql/url.ts';
import { cellParameter, keyParameter } from '../../../src/mysql/values.ts';
import { RowFault } from '../../../src/row-fault.ts';

test.for([
  ['10.11.19-MariaDB-0+deb12u1-log', 'MariaDB'],
  ['5.5.5-10.6.1-MariaDB', 'MariaDB'],
  ['12.0.2-MariaDB', 'MariaDB'],
  ['10.5.27-MariaDB', undefined],
  ['5.5.5-10.3.39-MariaDB', undefined],
  ['9.7.4-2', 'MySQL'],
  ['8.0.20', 'MySQL'],
  ['8.0.mysql_aurora.3.05.2', undefined],
  ['8.0.36-cluster', 'MySQL'],
  ['8.4.0', 'MySQL'],
  ['8.0.19', undefined],
  ['5.7.44-log', undefined],
  ['', undefined],
] as const)('a server that says %j is %s', ([version, product]) => {
  expect(flavorOf(version)?.product).toBe(product);
});

function flavor(version: string): Flavor {
  const found = flavorOf(version);
  if (found === undefined) throw new Error(version);
  return found;
}
const mariadb = flavor('10.11.0-MariaDB');

describe('a url', () => {
  test('is taken apart, its texts decoded', () => {
    expect(parseMysqlUrl('mysql://us%40er:p%3Ass@[::1]:3307/my%20db?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem')).toEqual({
      options: { host: '::1', port: 3307, user: 'us@er', password: 'p:ss', database: 'my db' },
      tls: { mode: 'verify-ca', files: { ca: '/ca.pem' } },
      secrets: ['p:ss', 'p%3Ass'],
    });
    expect(parseMysqlUrl('mariadb://root@h/d?socket=/s.sock')).toEqual({
      options: { socketPath: '/s.sock', user: 'root', password: '', database: 'd' },
      tls: undefined,
      secrets: [],
    });
  });

  test.for([
    ['ssl-ca=/ca', 'verify-identity'],
    ['ssl-mode=required', 'required'],
    ['ssl-mode=disabled&ssl-ca=/ca', undefined],
    ['', undefined],
  ] as const)('asks for TLS with %j: %s', ([query, mode]) => expect(parseMysqlUrl(`mysql://h/d?${query}`).tls?.mode).toBe(mode));

  test.for([
    '',
    'h/d',
    'postgres://u:s3cret@h/d',
    'mysql://u:s3cret@h',
    'mysql://u:s3cret@h/',
    'mysql://u:s3cret@h/d?ssl-mode=maybe',
    'mysql://u:s3cret@h/d?ssl=true',
    'mysql://u:s3cret%@h/d',
    'mysql://u:s3cret@h:99999/d',
  ])('%j is refused without its password', (url) => {
    const refused = expect(() => parseMysqlUrl(url));
    refused.toThrow(expect.objectContaining({ code: 'SINK_DENIED', retryable: false }));
    refused.toThrow(expect.objectContaining({ message: expect.not.stringContaining('s3cret') }));
  });

  test('its password is kept out of what the driver says', () => {
    const error = Object.assign(new Error("Access denied with 's3cret'"), { code: 'ER_X', errno: 1045, sqlMessage: "with 's3cret'", sql: 'SELECT s3cret' });
    const hidden = createHider(['s3cret'])(error);
    expect(JSON.stringify(hidden)).not.toContain('s3cret');
    expect(hidden).toMatchObject({ message: "Access denied with '***'", errno: 1045, sqlMessage: "with '***'" });
    const harmless = new Error('gone');
    expect(createHider(['s3cret'])(harmless)).toBe(harmless);
  });
});

describe('the columns of a key', () => {
  const types = (...all: readonly KeyType[]) =>
    all.map((_, at) =>
      keyType(
        mariadb,
        all.map((type, index) => ({ name: `k${index}`, type })),
        at,
      ),
    );

  test('share what one index takes', () => {
    expect(types('text')).toEqual(['varchar(768) character set utf8mb4 collate utf8mb4_nopad_bin']);
    expect(types('text', 'text').map((type) => type.slice(0, 12))).toEqual(['varchar(512)', 'varchar(256)']);
    expect(types('binary', 'binary')).toEqual(['varbinary(2048)', 'varbinary(1024)']);
    expect(types('integer', 'boolean')).toEqual(['bigint', 'boolean']);
  });

  test('never take more than one index does', () => {
    const type = fc.constantFrom<KeyType>('text', 'number', 'integer', 'binary', 'boolean');
    fc.assert(
      fc.property(fc.array(type, { minLength: 1, maxLength: 8 }), (all) => {
        const bytes = types(...all).map((one) => {
          const length = Number(/\((\d+)\)/.exec(one)?.[1] ?? (one === 'boolean' ? 1 : 8));
          return one.includes('utf8mb4') ? length * 4 : length;
        });
        expect(bytes.every((size) => size > 0)).toBe(true);
        expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(3_072);
      }),
    );
  });
});

test.for([
  ['decimal(65,30)', `${'9'.repeat(35)}.${'1'.repeat(30)}`, true],
  ['decimal(65,30)', '9'.repeat(36), false],
  ['decimal(65,30)', `0.${'0'.repeat(30)}1`, false],
  ['decimal(65,30)', '-1.50000000000000000000000000000000000000', true],
  ['decimal(5,5)', '0.12345', true],
  ['decimal(5,5)', '1', false],
  ['decimal(5,0) unsigned', '-1', false],
  ['decimal(5,0)', '1E4', true],
  ['bigint(20)', '9223372036854775807', true],
  ['bigint', '9223372036854775808', false],
  ['bigint unsigned', '18446744073709551615', true],
  ['bigint unsigned', '-1', false],
  ['int(11)', '2147483648', false],
  ['smallint', '-32768', true],
  ['int', '1.5', false],
  ['int', '1.0', true],
  ['double', '1.5', true],
  ['double', '0.1', true],
  ['double', '9007199254740993', false],
  ['double', '1E400', false],
  ['double unsigned', '-1', false],
  ['double(5,2)', '1.234', false],
  ['double(5,2)', '123.45', true],
  ['float', '0.1', true],
  ['float', '1234567', false],
  ['float', '1E-50', false],
  ['float', '0', true],
  ['bit(3)', '7', true],
  ['bit(3)', '8', false],
  ['varchar(10)', '1.5', true],
] as const)('%s takes %s as it is: %s', ([type, digits, fits]) => expect(fitsNumber(type, digits)).toBe(fits));

test('only finite numbers have digits', () => {
  expect([1.5, 10n, new ExactNumber('1E2'), Number.NaN, '1', null, true].map(digitsOfNumber)).toEqual([
    '1.5',
    '10',
    '1E2',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

describe('parameters', () => {
  test('of keys are one for one key, and a fault where the server would change them', () => {
    const number = { name: 'a', type: 'number' } as const;
    for (const value of [1, 1n, new ExactNumber('1.0'), new ExactNumber('10E-1')]) expect(keyParameter(number, value)).toBe('1');
    expect(() => keyParameter({ ...number, declared: 'int(11)' }, 1.5)).toThrow(expect.objectContaining({ code: 'NUMBER_RANGE' }));
    expect(() => keyParameter({ name: 'a', type: 'text' }, '\udc00')).toThrow(expect.objectContaining({ code: 'NOT_UNICODE' }));
    expect(keyParameter({ name: 'a', type: 'boolean' }, false)).toBe('0');
  });

  test.for([
    ['other', 'datetime(3)', '2026-11-21T04:38:00.123Z', '2026-11-21T04:38:00.123'],
    ['text', 'longtext', '2026-11-21T04:38:00.123Z', '2026-11-21T04:38:00.123Z'],
    ['json', 'json', '2026-11-21T04:38:00Z', '"2026-11-21T04:38:00Z"'],
    ['boolean', 'tinyint(1)', true, '1'],
    ['number', 'decimal(65,30)', new ExactNumber('1E2'), '1E2'],
    ['other', 'double', 1.5, '1.5'],
    ['other', 'enum', ['a'], '["a"]'],
    ['text', 'longtext', null, null],
  ] as const)('of %s columns of type %s: %j', ([kind, type, value, parameter]) => {
    expect(cellParameter({ kind, type }, Array.isArray(value) ? [...value] : (value as never), { numbers: 'exact' })).toBe(parameter);
  });
});

test('a chunk is cut into few sizes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 20_000 }), (rows, most) => {
      const counts = portions(rows, most);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rows);
      for (const count of counts) {
        expect(count).toBeLessThanOrEqual(most);
        expect([1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]).toContain(count);
      }
    }),
  );
  expect(portions(1_999, 16_383)).toEqual([1_000, 500, 200, 200, 50, 20, 20, 5, 2, 2]);
});

test('names are quoted, texts are literals, and columns are those that the server can have', () => {
  expect(quoted('a`b')).toBe('`a``b`');
  expect(literal("O'B")).toBe("_utf8mb4 x'4f2742'");
  expect(literal('')).toBe("''");
  expect(['plain', 'a b', 'größe', '名前', '?', 'a ', '😀', 'İ'].map((name) => mysqlNames.allows(name))).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

function thrown(errno: number, sqlState = 'HY000', code = `ER_${errno}`): Error {
  return Object.assign(new Error(`said ${errno}`), { errno, sqlState, code, sqlMessage: `said ${errno}` });
}

describe('errors', () => {
  test.for([
    [thrown(1213, '40001'), 'SINK_BUSY', true],
    [thrown(1205), 'SINK_BUSY', true],
    [thrown(1461), 'SINK_BUSY', true],
    [thrown(1040, '08004'), 'SINK_BUSY', true],
    [thrown(1290), 'SINK_READ_ONLY', true],
    [thrown(1836), 'SINK_READ_ONLY', true],
    [thrown(1045, '28000'), 'SINK_DENIED', false],
    [thrown(3159), 'SINK_DENIED', false],
    [thrown(1049, '42000'), 'SINK_DENIED', false],
    [thrown(1146, '42S02'), 'SINK_TABLE_MISSING', false],
    [thrown(1054, '42S22'), 'SINK_TABLE_MISMATCH', false],
    [thrown(1243), 'SINK_UNEXPECTED', true],
    [thrown(1927, '70100'), 'SINK_UNREACHABLE', true],
    [thrown(4031), 'SINK_UNREACHABLE', true],
    [thrown(1064, '42000'), 'SINK_UNEXPECTED', false],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED', errno: -111 }), 'SINK_UNREACHABLE', true],
    [Object.assign(new Error('connect'), { code: 'EMFILE', errno: -24 }), 'SINK_UNREACHABLE', true],
    [Object.assign(new Error('connect'), { code: 'EHOSTDOWN', errno: -112 }), 'SINK_UNREACHABLE', true],
    [Object.assign(new Error('lost'), { code: 'PROTOCOL_CONNECTION_LOST' }), 'SINK_UNREACHABLE', true],
    [Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'SINK_DENIED', false],
    [new Error("Can't add new command when connection is in closed state"), 'SINK_UNREACHABLE', true],
    ['text', 'SINK_UNEXPECTED', false],
    [undefined, 'SINK_UNEXPECTED', false],
    [null, 'SINK_UNEXPECTED', false],
  ] as const)('%s is %s', ([error, code, retryable]) => {
    expect(sortMysqlError(error, 'MySQL')).toMatchObject({ kind: 'sink', error: { code, retryable, cause: error } });
  });

  test.for([
    [thrown(1062, '23000', 'ER_DUP_ENTRY'), 'MySQL', 'ER_DUP_ENTRY'],
    [thrown(1406, '22001', 'ER_DATA_TOO_LONG'), 'MariaDB', 'ER_DATA_TOO_LONG'],
    [thrown(1265, '01000', 'WARN_DATA_TRUNCATED'), 'MySQL', 'WARN_DATA_TRUNCATED'],
    [thrown(3140, '22032', 'ER_INVALID_JSON_TEXT'), 'MySQL', 'ER_INVALID_JSON_TEXT'],
    [thrown(4025, '23000', 'ER_OF_MYSQL'), 'MariaDB', '4025'],
    [thrown(1644, '45000', 'ER_SIGNAL_EXCEPTION'), 'MySQL', 'ER_SIGNAL_EXCEPTION'],
    [new RowFault('ROW_TOO_LARGE', 'large'), 'MySQL', 'ROW_TOO_LARGE'],
  ] as const)('%s on %s is the row’s fault', ([error, product, code]) => {
    expect(sortMysqlError(error, product)).toMatchObject({ kind: 'row', error: { code } });
  });

  test('any value is sorted, and says something', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const { error } = sortMysqlError(value, 'MySQL');
        expect(error.code.length * error.message.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test('those that the engine answers itself are told apart', () => {
    const caused = (errno: number): SinkError => new SinkError('SINK_UNEXPECTED', 'x', { retryable: false, cause: thrown(errno) });
    expect([1213, 1205, 1050, 1060, 1118].map((errno) => [isDeadlock, lostCreateRace, isColumnLimit].map((is) => is(caused(errno))))).toEqual([
      [true, false, false],
      [false, false, false],
      [false, true, false],
      [false, true, false],
      [false, false, true],
    ]);
  });
});
