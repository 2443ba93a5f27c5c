// Literals of Python's repr and of JSON, read by hand. What Python writes for a value stands here as Python 3 wrote it.
import { describe, expect, it } from 'vitest';
import { maxDepth } from '../../src/mysql-rows/cursor.ts';
import { ExactNumber, type Value, ValueSet } from '../../src/types.ts';
import { faultOf, read } from '../support/literals.ts';

const nul = String.fromCharCode(0);

describe('values', () => {
  it.each<[string, Value]>([
    ['None', null],
    ['null', null],
    ['True', true],
    ['true', true],
    ['False', false],
    ['false', false],
    ['0', 0],
    ['-0', 0],
    ['-0.0', 0],
    ['  42', 42],
    ['-7', -7],
    ['999999999999999', 999_999_999_999_999],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
    ['-123456789012345678901234567890', -123_456_789_012_345_678_901_234_567_890n],
    ['0.1', 0.1],
    ['1e+16', 10_000_000_000_000_000n],
    ['1.5e-07', 1.5e-7],
    ['1.7976931348623157e+308', BigInt(`17976931348623157${'0'.repeat(292)}`)],
    ['0.12345678901234567890', new ExactNumber('0.1234567890123456789')],
    ['nan', Number.NaN],
    ['NaN', Number.NaN],
    ['inf', Number.POSITIVE_INFINITY],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ["Decimal('1.50')", 1.5],
    ["Decimal('-0.00')", 0],
    ["Decimal('1E+3')", 1000],
    ["Decimal('0E-10')", 0],
    ["Decimal('12345678901234567890123456789012345678')", 12_345_678_901_234_567_890_123_456_789_012_345_678n],
    ["Decimal('0.10000000000000000000000000000000000001')", new ExactNumber('0.10000000000000000000000000000000000001')],
    ...["Decimal('NaN')", "Decimal('-NaN')", "Decimal('sNaN')", "Decimal('NaN123')"].map((nan): [string, Value] => [nan, Number.NaN]),
    ["Decimal('-Infinity')", Number.NEGATIVE_INFINITY],
    ["b'abc'", new TextEncoder().encode('abc')],
    [`b'\\x00\\xff\\n\\'\\\\"'`, Uint8Array.of(0, 255, 10, 39, 92, 34)],
    [`b"'"`, Uint8Array.of(39)],
    ["b''", new Uint8Array()],
    ['[]', []],
    ['()', []],
    ['(1,)', [1]],
    ["[1, 'a', (2, 3), None]", [1, 'a', [2, 3], null]],
    ["{'a', 'b'}", new ValueSet(['a', 'b'])],
    ['{1}', new ValueSet([1])],
    ['set()', new ValueSet([])],
    ['{}', {}],
    ["{'a': {'b': [True]}}", { a: { b: [true] } }],
    ['{"a" : 1 ,\n"b":2}', { a: 1, b: 2 }],
    ["{b'key': b'text'}", { key: new TextEncoder().encode('text') }],
    ["{'a': 1, 'a': 2}", { a: 2 }],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    ['datetime.date(2024, 2, 29)', '2024-02-29'],
    ['datetime.date(1, 1, 1)', '0001-01-01'],
    ['datetime.datetime(2024, 2, 29, 8, 30)', '2024-02-29T08:30:00'],
    ['datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)', '9999-12-31T23:59:59.999999'],
    ['datetime.datetime(2024, 1, 2, 3, 4, 5, 6)', '2024-01-02T03:04:05.000006'],
    ['datetime.datetime(2024, 1, 2, 3, 4, microsecond=60)', '2024-01-02T03:04:00.000060'],
    ['datetime.datetime(2024, 10, 27, 2, 30, fold=1)', '2024-10-27T02:30:00'],
    ['datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)', '2024-01-02T03:04:00+00:00'],
    ['datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone(datetime.timedelta(seconds=19800)))', '2024-01-02T03:04:00+05:30'],
    ['datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))', '2024-01-02T03:04:00-05:00'],
    ['datetime.timedelta(0)', '00:00:00'],
    ['datetime.timedelta(seconds=45296)', '12:34:56'],
    ['datetime.timedelta(0, 45296, 5)', '12:34:56.000005'],
    ['datetime.timedelta(days=34, seconds=82799)', '838:59:59'],
    ['datetime.timedelta(days=-1, seconds=86399)', '-00:00:01'],
    ['datetime.timedelta(days=-1, seconds=86399, microseconds=500000)', '-00:00:00.500000'],
    ['datetime.timedelta(days=-35, seconds=3601)', '-838:59:59'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    [`'O\\'Brien'`, "O'Brien"],
    [`"O'Brien"`, "O'Brien"],
    [`'say "hi"'`, 'say "hi"'],
    [`'\\x00\\x7f\\xe9'`, `${nul}\u007fé`],
    [`'\\u2028\\ud800\\U0001f600'`, '\u2028\ud800😀'],
    ['"\\ud83d\\ude00"', '😀'],
    [`'\\\\n\\n\\t\\r'`, '\\n\n\t\r'],
    ['"a\\/b\\b\\f"', 'a/b\b\f'],
    [`'日本 😀'`, '日本 😀'],
    [`''`, ''],
  ])('text %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('keeps names that objects know for themselves', () => {
    const value = read("{'__proto__': {'x': 1}, 'constructor': 2, 'a.b': 3, '': 4}");
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.entries(value as object)).toEqual([
      ['__proto__', { x: 1 }],
      ['constructor', 2],
      ['a.b', 3],
      ['', 4],
    ]);
  });
});

describe('what is refused', () => {
  it.each([
    ['', 'NOT_JSON', 'ends within'],
    ['{', 'NOT_JSON', 'ends within'],
    ["{'a': 1", 'NOT_JSON', 'ends within'],
    ["{'a'", 'NOT_JSON', 'ends within'],
    ["{'a': 1 'b': 2}", 'NOT_JSON', 'neither JSON nor'],
    ["'a", 'NOT_JSON', 'ends within'],
    [`'a\\`, 'NOT_JSON', 'ends within'],
    ['[1 2]', 'NOT_JSON', 'neither JSON nor'],
    ['[,]', 'NOT_JSON', 'neither JSON nor'],
    ['(1]', 'NOT_JSON', 'neither JSON nor'],
    ['<object at 0x7f>', 'NOT_JSON', 'neither JSON nor'],
    ['-', 'NOT_JSON', 'neither JSON nor'],
    ['1.2.3', 'BROKEN_VALUE', 'a number that is none'],
    ['1e1001', 'BROKEN_VALUE', 'exponent beyond'],
    ['9'.repeat(150_001), 'BROKEN_VALUE', 'too long'],
    ['undefined', 'BROKEN_VALUE', '"undefined", a word'],
    ['constructor', 'BROKEN_VALUE', 'a word'],
    ["UUID('1')", 'BROKEN_VALUE', '"UUID"'],
    ["os.system('x')", 'BROKEN_VALUE', '"os.system"'],
    ['x'.repeat(100), 'BROKEN_VALUE', `"${'x'.repeat(40)}"`],
    [`'\\N{BULLET}'`, 'BROKEN_VALUE', '\\N{…}'],
    [`'\\x4'`, 'BROKEN_VALUE', '2 hexadecimal digits'],
    [`'\\x4`, 'BROKEN_VALUE', '2 hexadecimal digits'],
    [`'\\u12'`, 'BROKEN_VALUE', '4 hexadecimal digits'],
    [`'\\U00110000'`, 'BROKEN_VALUE', 'no character'],
    [`'\\q'`, 'BROKEN_VALUE', 'neither repr nor JSON'],
    [`'\\0'`, 'BROKEN_VALUE', 'neither repr nor JSON'],
    ["b'é'", 'BROKEN_VALUE', 'not ASCII'],
    [`b'\\u0100'`, 'BROKEN_VALUE', 'beyond \\xff'],
    ['{1: 2}', 'BROKEN_VALUE', 'a key that is no text'],
    [`{b'\\xff': 2}`, 'BROKEN_VALUE', 'not UTF-8'],
    ["Decimal('1,5')", 'BROKEN_VALUE', 'no number'],
    ["Decimal('constructor')", 'BROKEN_VALUE', 'no number'],
    ["Decimal('1E+1001')", 'BROKEN_VALUE', 'beyond ±1000'],
    ['Decimal(1)', 'NOT_JSON', 'neither'],
    ['Decimal', 'NOT_JSON', 'ends'],
    ['datetime.date(2023, 2, 29)', 'BROKEN_VALUE', 'calendar'],
    ['datetime.date(1900, 2, 29)', 'BROKEN_VALUE', 'calendar'],
    ['datetime.date(2024, 13, 1)', 'BROKEN_VALUE', 'calendar'],
    ['datetime.date(2024, 4, 31)', 'BROKEN_VALUE', 'calendar'],
    ['datetime.date(0, 1, 1)', 'BROKEN_VALUE', 'calendar'],
    ['datetime.date(10000, 1, 1)', 'BROKEN_VALUE', 'calendar'],
    ['datetime.date(2024, 1)', 'BROKEN_VALUE', 'calendar'],
    ['datetime.date(2024, 1, 1, 1)', 'BROKEN_VALUE', 'too many'],
    ['datetime.date(2024, 1, 1, year=1)', 'BROKEN_VALUE', 'too many'],
    ['datetime.date(2024, 1, 1, hour=1)', 'BROKEN_VALUE', 'not known'],
    ['datetime.date(2024, 1, 1.5)', 'BROKEN_VALUE', 'no whole number'],
    ['datetime.datetime(2024, 1, 1, 24)', 'BROKEN_VALUE', 'no clock'],
    ['datetime.datetime(2024, 1, 1, 0, 60)', 'BROKEN_VALUE', 'no clock'],
    ['datetime.datetime(2024, 1, 1, 0, 0, 0, 1000000)', 'BROKEN_VALUE', 'no clock'],
    ['datetime.datetime(2024, 1, 1, 0, 0, tzinfo=<UTC>)', 'BROKEN_VALUE', 'time zone whose offset'],
    ['datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone(datetime.timedelta(days=1)))', 'BROKEN_VALUE', 'more than a day'],
    ['datetime.timedelta(days=999999999)', 'BROKEN_VALUE', 'longer than any TIME'],
    ['datetime.timedelta(seconds=86400)', 'BROKEN_VALUE', 'would not write'],
    ['datetime.timedelta(seconds=-1)', 'BROKEN_VALUE', 'would not write'],
    ['datetime.time(1, 2)', 'BROKEN_VALUE', '"datetime.time"'],
  ])('%.40s', (text, code, problem) => {
    const fault = faultOf(text);
    expect([fault.code, fault.message]).toEqual([code, expect.stringContaining(problem)]);
    expect(fault.at).toBeLessThanOrEqual(text.length);
  });

  it('nests as deep as MySQL does and a little more, and no deeper', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    read(nested(maxDepth));
    expect(faultOf(nested(maxDepth + 1)).code).toBe('TOO_DEEP');
    expect(faultOf("{'a': ".repeat(maxDepth + 1)).code).toBe('TOO_DEEP');
  });

  it.each([
    ['', '['],
    ['', '{'],
    ['', "{'a':"],
    ['', '('],
    ["'", '\\n'],
    ["b'", '\\n'],
    ["b'", 'é'],
    ['', '-'],
    ['', '1'],
    ['', '1.'],
    ['', 'a.'],
    ['', ' '],
    ['', 'Decimal('],
    ['', 'datetime.datetime(1,'],
    ['datetime.datetime(', 'tzinfo=datetime.timezone.utc,'],
    ['[', '1,'],
    ['[', '1 '],
    ["{'a': ", '1'],
    ['{', '1,'],
    ['{', "'a': 1,"],
  ])('answers %s and a million times %j', (start, part) => {
    expect(faultOf(start + part.repeat(1e6)).message).not.toBe('');
  });
});
