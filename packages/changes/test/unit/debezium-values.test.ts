// The columns of a Debezium row: logical types, exact numbers, values that are not there, names. Expected results are written by
// hand from Debezium's and Kafka Connect's documentation, or come from arithmetic with bigint.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { debeziumCodec } from '../../src/debezium/codec.ts';
import { valueBySchema } from '../../src/debezium/values.ts';
import { type Decoded, normalNumber, type RowChange, type TextPolicy, valuesToJsonText } from '../../src/index.ts';
import { readWithExactNumbers } from '../../src/records/exact-walk.ts';
import { onlyEvent, recordOf } from '../support/records.ts';

type Parts = Readonly<Record<string, unknown>>;

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const source = '{"connector":"postgresql","db":"shop","schema":"public","table":"orders","lsn":1,"ts_ms":1763700000123,"ts_ns":1763700000123456789}';

/** `row` is JSON text: the tests care for digits. */
function recordText(row: string, column?: Parts): string {
  const payload = `{"before":null,"after":${row},"source":${source},"op":"u","ts_ms":1}`;
  const columns = { type: 'struct', field: 'after', fields: [{ field: 'v', ...column }] };
  return column === undefined ? payload : `{"schema":${JSON.stringify({ type: 'struct', fields: [columns] })},"payload":${payload}}`;
}

function decoded(row: string, column?: Parts): Decoded {
  return debeziumCodec.decode(recordOf(recordText(row, column)));
}

function decode(row: string, column?: Parts): RowChange {
  return onlyEvent(decoded(row, column));
}

function jsonOf(value: string, column?: Parts): string {
  return decode(`{"v":${value}}`, column).after?.json(exact) ?? '';
}

const connect = (name: string, type: string, parameters?: Parts): Parts => ({
  type,
  name: `org.apache.kafka.connect.data.${name}`,
  ...(parameters && { parameters }),
});
const debezium = (name: string, type: string, parameters?: Parts): Parts => ({ type, name: `io.debezium.${name}`, ...(parameters && { parameters }) });

describe('with a schema', () => {
  it.each<[string, Parts, string, string]>([
    ['decimal', connect('Decimal', 'bytes', { scale: '2' }), '"B8Y="', '19.9'],
    ['negative decimal', connect('Decimal', 'bytes', { scale: '3' }), '"+C4="', '-2.002'],
    ['decimal of 38 digits', connect('Decimal', 'bytes', { scale: '37' }), '"CUmw9vACMxPESZBQ3jjzTg=="', '1.2345678901234567890123456789012345678'],
    ['decimal below one', connect('Decimal', 'bytes', { scale: '5' }), '"AQ=="', '0.00001'],
    ['decimal of a negative scale', connect('Decimal', 'bytes', { scale: '-3' }), '"AQ=="', '1000'],
    ['decimal as JSON number', connect('Decimal', 'bytes', { scale: '20' }), '0.12345678901234567890', '0.1234567890123456789'],
    ['decimal as short JSON number', connect('Decimal', 'bytes', { scale: '2' }), '0.50', '0.5'],
    ['decimal of any scale', debezium('data.VariableScaleDecimal', 'struct'), '{"scale":4,"value":"AeJA"}', '12.3456'],
    ['date', debezium('time.Date', 'int32'), '17702', '"2018-06-20"'],
    ['date of Kafka Connect', connect('Date', 'int32'), '-1', '"1969-12-31"'],
    ['date of a leap year', debezium('time.Date', 'int32'), '11016', '"2000-02-29"'],
    ['date before our era', debezium('time.Date', 'int32'), '-719529', '"-0001-12-31"'],
    ['time in ms', debezium('time.Time', 'int32'), '49023000', '"13:37:03"'],
    ['time of Kafka Connect', connect('Time', 'int32'), '49023007', '"13:37:03.007"'],
    ['time in µs', debezium('time.MicroTime', 'int64'), '49023000123', '"13:37:03.000123"'],
    ['time in ns', debezium('time.NanoTime', 'int64'), '86399999999999', '"23:59:59.999999999"'],
    ['negative time of MySQL', debezium('time.MicroTime', 'int64'), '-3020399000000', '"-838:59:59"'],
    ['timestamp in ms', debezium('time.Timestamp', 'int64'), '1529507823007', '"2018-06-20T15:17:03.007"'],
    ['timestamp of Kafka Connect', connect('Timestamp', 'int64'), '1529507823000', '"2018-06-20T15:17:03"'],
    ['timestamp in µs', debezium('time.MicroTimestamp', 'int64'), '-1', '"1969-12-31T23:59:59.999999"'],
    ['timestamp in ns', debezium('time.NanoTimestamp', 'int64'), '1529507823000000001', '"2018-06-20T15:17:03.000000001"'],
    ['timestamp in ns before 1970', debezium('time.NanoTimestamp', 'int64'), '-1529507823000000001', '"1921-07-14T08:42:56.999999999"'],
    ['infinite timestamp', debezium('time.MicroTimestamp', 'int64'), '9223372036825200000', '"infinity"'],
    ['negative infinite timestamp', debezium('time.MicroTimestamp', 'int64'), '-9223372036832400000', '"-infinity"'],
    ['timestamp with zone', debezium('time.ZonedTimestamp', 'string'), '"2018-06-20T15:17:03.123456Z"', '"2018-06-20T15:17:03.123456Z"'],
    ['duration', debezium('time.MicroDuration', 'int64'), '37091106000000', '37091106000000'],
    ['year', debezium('time.Year', 'int32'), '2018', '2018'],
    ['bits', debezium('data.Bits', 'bytes', { length: '10' }), '"BQI="', '"1000000101"'],
    ['bits of a varying column', debezium('data.Bits', 'bytes', { length: '2147483647' }), '"BQ=="', '"00000101"'],
    ['bits of a length that is none', debezium('data.Bits', 'bytes', { length: { toString: 1, valueOf: 1 } }), '"BQ=="', '"00000101"'],
    ['JSON', debezium('data.Json', 'string'), '"{\\"a\\": 1.50}"', '"{\\"a\\": 1.50}"'],
    ['a set of MySQL', debezium('data.EnumSet', 'string'), '"a,b"', '"a,b"'],
    [
      'geometry',
      {
        type: 'struct',
        name: 'io.debezium.data.geometry.Geometry',
        fields: [
          { type: 'bytes', field: 'wkb' },
          { type: 'int32', field: 'srid' },
        ],
      },
      '{"wkb":"AQID","srid":4326}',
      '{"wkb":"AQID","srid":4326}',
    ],
    ['an array of dates', { type: 'array', items: debezium('time.Date', 'int32') }, '[17702,null]', '["2018-06-20",null]'],
    ['a map of decimals', { type: 'map', keys: { type: 'string' }, values: connect('Decimal', 'bytes', { scale: '0' }) }, '{"a":"AQ=="}', '{"a":1}'],
    ['a map without text names', { type: 'map', keys: { type: 'int32' }, values: { type: 'int32' } }, '[[1,2]]', '[[1,2]]'],
    ['bytes', { type: 'bytes' }, '"AAEC"', '"AAEC"'],
    ['int64', { type: 'int64' }, '-9223372036854775808', '-9223372036854775808'],
    ['double', { type: 'double' }, '0.30000000000000004', '0.30000000000000004'],
    ['no double', { type: 'double' }, '"NaN"', '"NaN"'],
    ['text', { type: 'string' }, '"NaN"', '"NaN"'],
    ['null', connect('Decimal', 'bytes', { scale: '2' }), 'null', 'null'],
    ['a type of tomorrow', { type: 'uint128', name: 'io.debezium.data.New' }, '[1]', '[1]'],
  ])('%s', (_, column, value, expected) => {
    expect(jsonOf(value, column)).toBe(`{"v":${expected}}`);
  });

  it('gives bytes as bytes and what is not finite as a number', () => {
    expect(decode('{"v":"AAEC"}', { type: 'bytes' }).after?.values().v).toEqual(Uint8Array.of(0, 1, 2));
    expect(decode('{"v":"-Infinity"}', { type: 'float' }).after?.values().v).toBe(Number.NEGATIVE_INFINITY);
  });

  it('reads columns that the schema does not name as they are', () => {
    expect(decode('{"v":17702,"w":17702}', debezium('time.Date', 'int32')).after?.values()).toEqual({ v: '2018-06-20', w: 17702 });
  });

  it('reads every decimal back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }), fc.integer({ min: 0, max: 70 }), (unscaled, scale) => {
        const bytes = Buffer.alloc(26);
        for (let at = 0; at < 26; at += 1) bytes[25 - at] = Number(BigInt.asUintN(8, unscaled >> BigInt(8 * at)));
        const value = JSON.stringify(bytes.toString('base64'));
        expect(jsonOf(value, connect('Decimal', 'bytes', { scale: String(scale) }))).toBe(`{"v":${normalNumber(`${unscaled}E-${scale}`)}}`);
      }),
    );
  });

  it('gives each day of the calendar its date', () => {
    const days = fc.integer({ min: -719_528, max: 2_932_896 });
    fc.assert(
      fc.property(days, (day) => {
        expect(jsonOf(String(day), debezium('time.Date', 'int32'))).toBe(`{"v":"${new Date(day * 86_400_000).toISOString().slice(0, 10)}"}`);
      }),
    );
  });

  it.each<[string, Parts, string, string]>([
    ['decimal that is no base64', connect('Decimal', 'bytes', { scale: '2' }), '"*"', 'BROKEN_VALUE'],
    ['decimal without scale', connect('Decimal', 'bytes'), '"AQ=="', 'BROKEN_VALUE'],
    ['decimal of a huge scale', connect('Decimal', 'bytes', { scale: '99999' }), '"AQ=="', 'BROKEN_VALUE'],
    ['decimal of no bytes', connect('Decimal', 'bytes', { scale: '2' }), '""', 'BROKEN_VALUE'],
    ['date as text', debezium('time.Date', 'int32'), '"2018-06-20"', 'BROKEN_VALUE'],
    ['bytes of a type that cannot be named', { type: 'bytes', name: { toString: 1, valueOf: 1 } }, '1', 'BROKEN_VALUE'],
    ['half a day', debezium('time.Date', 'int32'), '1.5', 'BROKEN_VALUE'],
    ['bytes as number', { type: 'bytes' }, '1', 'BROKEN_VALUE'],
    ['array as text', { type: 'array', items: {} }, '"a"', 'BROKEN_VALUE'],
    ['struct as text', { type: 'struct', fields: [] }, '"a"', 'BROKEN_VALUE'],
    ['number beyond all', { type: 'int64' }, '1E99999', 'BROKEN_VALUE'],
    ['value too deep', { type: 'string' }, `${'['.repeat(120)}${']'.repeat(120)}`, 'TOO_DEEP'],
  ])('%s is not decoded', (_, column, value, code) => {
    expect(decoded(`{"v":${value}}`, column)).toMatchObject({ kind: 'undecodable', error: { code } });
  });
});

describe('with a schema that nests without end', () => {
  const levels = 50_000;
  const value = `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it('is not decoded', () => {
    const schema = `${'{"type":"array","items":'.repeat(levels)}{}${'}'.repeat(levels)}`;
    const text = recordText(`{"v":${value}}`, { type: 'array', items: '@' }).replace('"@"', schema);
    expect(debeziumCodec.decode(recordOf(text))).toMatchObject({ error: { code: 'TOO_DEEP' } });
  });
});

describe('without a schema', () => {
  it.each([
    ['12345678901234567890123456789012345678'],
    ['-0.12345678901234567890123456789012345678'],
    ['9007199254740993'],
    ['9223372036854775807'],
    ['1763700000123456789'],
    ['0.1'],
    ['0.30000000000000004'],
    ['1.0000000000000000001'],
    ['123456789.123456789'],
    ['[9007199254740993,{"a":0.12345678901234567}]'],
    ['"text with 12345678901234567890.5 in it"'],
    ['true'],
    ['null'],
  ])('%s keeps every digit', (value) => {
    expect(jsonOf(value)).toBe(`{"v":${value}}`);
  });

  it('keeps a number whose digits are a double, but not with its exponent', () => {
    expect([jsonOf('3.3222577331086676e5'), jsonOf('-3.3222577331086676E5')]).toEqual(['{"v":332225.77331086676}', '{"v":-332225.77331086676}']);
  });

  it('keeps what a double would make zero or infinite', () => {
    expect(jsonOf('1234567890123456789e-5')).toBe('{"v":12345678901234.56789}');
    expect(jsonOf('1e-400')).toBe(`{"v":0.${'0'.repeat(399)}1}`);
    expect(jsonOf('1e400')).toBe(`{"v":1${'0'.repeat(400)}}`);
  });

  it('keeps the digits of any number', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: -40, max: 40 }), fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (digits, exponent, whole) => {
        const row = `{"v":${digits}e${exponent},"w":${whole},"x":${whole}.5}`;
        expect(decode(row).after?.json(exact)).toBe(`{"v":${normalNumber(`${digits}E${exponent}`)},"w":${whole},"x":${normalNumber(`${whole}.5`)}}`);
      }),
    );
  });

  it.each<TextPolicy>([exact, { numbers: 'double-or-text', drop: [], rename: {} }, { numbers: 'exact', drop: ['a'], rename: { b: 'c' } }])(
    'has the text of its values: %j',
    (policy) => {
      const names = fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'toJSON'), fc.string());
      const value = fc.oneof(fc.jsonValue(), fc.constantFrom(1e-7, 5e-324, -0, 1e21, '\ud800'));
      fc.assert(
        fc.property(fc.dictionary(names, value), (row) => {
          const { after } = decode(JSON.stringify(row));
          expect(after?.json(policy)).toBe(valuesToJsonText(after?.values() ?? {}, policy));
        }),
      );
    },
  );

  it('takes any name for a name', () => {
    const row = `{"__proto__":{"constructor":1},"constructor":"c","a.b":2,"$x":"\\ud800","nul":"\\u0000","${'n'.repeat(70)}":3,"d":1,"d":2}`;
    const values = decode(row).after?.values();
    expect(Object.getPrototypeOf(values)).toBe(null);
    expect(decode(row).after?.json(exact)).toBe(row.replace('"d":1,', ''));
  });

  it('nests as deep as it may', () => {
    const deep = (levels: number): string => `${'['.repeat(levels)}12345678901234567890${']'.repeat(levels)}`;
    expect(jsonOf(deep(100))).toBe(`{"v":${deep(100)}}`);
    expect(decoded(`{"v":${deep(101)}}`)).toMatchObject({ error: { code: 'TOO_DEEP' } });
  });
});

describe('a struct within a row', () => {
  it('has its fields looked up once, however many values there are', () => {
    const looks = (values: number): number => {
      let count = 0;
      const struct = {
        type: 'struct',
        get fields(): unknown {
          count += 1;
          return [{ field: 'day', ...debezium('time.Date', 'int32') }];
        },
      };
      const read = readWithExactNumbers({ value: Array.from({ length: values }, () => ({ day: 1 })), numbers: undefined }, (value, walk) =>
        valueBySchema(value, { type: 'array', items: struct }, walk),
      );
      expect(read.result).toEqual(Array.from({ length: values }, () => ({ day: '1970-01-02' })));
      return count;
    };
    expect(looks(1)).toBeGreaterThan(0);
    expect(looks(1000)).toBe(looks(1));
  });
});

describe('values that Debezium did not get', () => {
  const placeholder = '__debezium_unavailable_value';
  const letters = [...placeholder].map((letter) => letter.charCodeAt(0));
  it.each<[string, unknown, Parts | undefined]>([
    ['text', placeholder, undefined],
    ['JSON', placeholder, debezium('data.Json', 'string')],
    ['bytes', Buffer.from(placeholder).toString('base64'), { type: 'bytes' }],
    ['decimal', Buffer.from(placeholder).toString('base64'), connect('Decimal', 'bytes', { scale: '2' })],
    ['bytes as hex', Buffer.from(placeholder).toString('hex'), { type: 'string' }],
    ['an array of text', [placeholder], { type: 'array', items: { type: 'string' } }],
    ['an array of integers', letters, { type: 'array', items: { type: 'int32' } }],
    ['a map', { [placeholder]: placeholder }, { type: 'map', keys: { type: 'string' }, values: { type: 'string' } }],
    ['a map as JSON text', JSON.stringify({ [placeholder]: placeholder }), debezium('data.Json', 'string')],
  ])('%s is unknown and not in the row', (_, value, column) => {
    const event = decode(JSON.stringify({ id: 1, v: value }), column);
    expect([event.unknown, event.after?.json(exact)]).toEqual([['v'], '{"id":1}']);
  });

  it.each<[unknown]>([
    [`${placeholder}.`],
    [[placeholder, placeholder]],
    [letters.slice(1)],
    [[...letters.slice(1), 1]],
    [{ other: placeholder }],
    [[]],
    [null],
  ])('%j is a value', (value) => {
    const event = decode(JSON.stringify({ v: value }));
    expect([event.unknown, JSON.parse(event.after?.json(exact) ?? '')]).toEqual([undefined, { v: value }]);
  });

  it('are in no before-image either', () => {
    const text = recordText('{"id":1,"v":"new"}').replace('"before":null', `"before":{"id":1,"v":"${placeholder}"}`);
    const event = onlyEvent(debeziumCodec.decode(recordOf(text)));
    expect([event.before?.json(exact), event.unknown]).toEqual(['{"id":1}', undefined]);
  });
});
