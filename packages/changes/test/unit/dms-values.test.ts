// The dms codec on the values of a row: every digit, every name, and whatever a hostile record has in their place.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dmsCodec } from '../../src/dms/codec.ts';
import { describeDecoded, ExactNumber, type RowImage, rawRecord } from '../../src/index.ts';
import { decodeDms, dmsRecord, loadOf, transaction } from '../support/dms.ts';
import { onlyEvent, recordOf, sequence } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;

function rowOf(row: string): RowImage {
  const { after } = onlyEvent(decodeDms(loadOf(row)));
  if (after === undefined) throw new Error('expected a row');
  return after;
}

describe('numbers', () => {
  it.each<[string, string]>([
    ['0', '0'],
    ['-0', '0'],
    ['1.50', '1.5'],
    ['2.20000005', '2.20000005'],
    ['9007199254740993', '9007199254740993'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['18446744073709551615', '18446744073709551615'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['-0.1234567890123456789012345678901234567', '-0.1234567890123456789012345678901234567'],
    ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
    ['100000000000000000000.10', '100000000000000000000.1'],
    ['1.2345678901234567E+18', '1234567890123456700'],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    ['9.99e125', `999${'0'.repeat(123)}`],
    ['1e999', `1${'0'.repeat(999)}`],
    ['5e-324', `0.${'0'.repeat(323)}5`],
    ['4.9406564584124654e-324', `0.${'0'.repeat(323)}49406564584124654`],
  ])('%s is %s', (token, digits) => {
    for (const row of [`{"n":${token}}`, `{"n": ${token} }`, `{\n\t"n":\t${token}\n}`, `{"a":"x","n":${token},"z":[${token}]}`]) {
      const json = rowOf(row).json(exact);
      expect(json).toContain(`"n":${digits}`);
      if (row.includes('"z"')) expect(json).toContain(`"z":[${digits}]`);
    }
  });

  it('are values of the kind that holds them', () => {
    const values = rowOf('{"a":1,"b":9007199254740993,"c":0.12345678901234567890,"d":[1e400]}').values();
    expect(values).toEqual({ a: 1, b: 9007199254740993n, c: new ExactNumber('0.1234567890123456789'), d: [10n ** 400n] });
  });

  it.each(['1e1001', '1e-1001', '-1E+99999999999', `0.${'1'.repeat(150_001)}`])('%.12s is out of all bounds', (token) => {
    const decoded = decodeDms(loadOf(`{"a":{"b":[1,${token}]}}`));
    expect(decoded).toMatchObject({ kind: 'undecodable', error: { code: 'BROKEN_VALUE', message: expect.stringContaining('"data" → "a" → "b" → "1"') } });
  });

  it('keep all their digits, wherever they stand', () => {
    const digits = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.nat(30)).map(([negative, digit, places]) => {
      const whole = digit.toString();
      const text = places === 0 ? whole : `${whole}.${'0'.repeat(places - 1)}7`;
      return (negative && /[1-9]/.test(text) ? '-' : '') + text;
    });
    const decoy = fc.constantFrom('"x"', '": 1234567890123456789,"', '"\\\\"', '"a\\": 12345678901234567890 ,"', '"\\u003a 1e5 }"', '"[1e5]"', '""');
    const quotedOnce = (text: string): string => JSON.stringify(text.slice(1, -1).replaceAll('\\', '').replaceAll('"', ''));
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            digits,
            fc.oneof(
              decoy.map(quotedOnce),
              fc.string().map((text) => JSON.stringify(`: ${text} 12345678901234567890,`)),
            ),
          ),
          { maxLength: 6 },
        ),
        (parts) => {
          const json = `{${parts.map(([number, text], at) => `"n${at}":${number},"s${at}":${text}`).join(',')}}`;
          expect(rowOf(json).json(exact)).toBe(json);
        },
      ),
    );
  });
});

describe('text that looks like numbers', () => {
  it.each([
    ': 1234567890123456789,',
    '\\": 12345678901234567890 ,',
    '\\\\\\": [1e400]',
    '\\\\',
    '\u009e123',
    '\\u009e12345678901234567890',
    '\\u009E',
    'x, 1e1001 ]',
  ])('%s stays text beside a long number', (text) => {
    const image = rowOf(`{"a":12345678901234567890,"s":"${text}","b":12345678901234567890,"t":["${text}"]}`);
    const plain: unknown = JSON.parse(`"${text}"`);
    expect(image.values()).toEqual({ a: 12345678901234567890n, s: plain, b: 12345678901234567890n, t: [plain] });
  });

  it.each([
    '{"a":12345678901234567890 1}',
    '{"a":00000000000000000001}',
    '{"a":1234567890123456789.}',
    '{ 12345678901234567890 :1}',
    '{"a":12345678901234567890"}',
  ])('%s is no JSON, marked or not', (row) => {
    for (const beside of ['', ',"\u009e":1']) {
      expect(decodeDms(loadOf(row).replace(/}$/, `${beside}}`))).toMatchObject({ kind: 'undecodable', error: { code: 'NOT_JSON' } });
    }
  });
});

describe('names and values', () => {
  it('of every kind come as they are', () => {
    const columns = [
      ['"text"', '"2018-01-02T00:00:00.100000Z"'],
      ['"interval"', '"1 day 04:00:00"'],
      ['"lob"', 'null'],
      ['"bool"', 'true'],
      ['"json"', '"{\\"a\\":[1,2]}"'],
      ['"nested"', '{"list":[1,null,{"x":false}],"":{}}'],
      ['"__proto__"', '{"constructor":1}'],
      ['"constructor"', '"c"'],
      ['"a.b"', '1'],
      ['"$x"', '2'],
      ['"x[0]"', '3'],
      [`"${'n'.repeat(70)}"`, '4'],
      ['"nul\\u0000"', '"\\u0000"'],
      ['"lone"', '"\\ud800"'],
    ];
    const json = `{${columns.map(([name, value]) => `${name}:${value}`).join(',')}}`;
    const image = rowOf(json);
    expect(image.json(exact)).toBe(json);
    const values = image.values();
    expect(Object.getPrototypeOf(values)).toBeNull();
    expect(Object.getPrototypeOf(values.nested)).toBeNull();
    expect(Object.keys(values)).toHaveLength(columns.length);
    expect(Object.keys(values)).toContain('__proto__');
    expect(
      Object.getPrototypeOf(onlyEvent(decodeDms(dmsRecord('delete', { row: { data: { id: 1 }, 'before-image': { id: 1 } } }))).before?.values()),
    ).toBeNull();
  });

  it('that come twice are those that come last', () => {
    expect(rowOf('{"a":12345678901234567890,"a":1}').json(exact)).toBe('{"a":1}');
    expect(rowOf('{"a":1,"a":12345678901234567890}').json(exact)).toBe('{"a":12345678901234567890}');
  });

  it('are dropped and renamed at the top', () => {
    expect(rowOf('{"a":1,"b":{"a":2},"c":3}').json({ numbers: 'exact', drop: ['c'], rename: { a: 'z', b: '__proto__' } })).toBe('{"z":1,"__proto__":{"a":2}}');
  });

  it('of a deleted row stay their own when two images are laid over each other', () => {
    const text = JSON.stringify(dmsRecord('delete', { row: { data: '@', 'before-image': '#' } }))
      .replace('"@"', '{"__proto__":1,"a":null}')
      .replace('"#"', '{"__proto__":2}');
    const before = onlyEvent(decodeDms(text)).before;
    expect(before?.json(exact)).toBe('{"__proto__":2,"a":null}');
    expect(Object.keys(before?.values() ?? {})).toEqual(['__proto__', 'a']);
  });

  it('weigh about what they are', () => {
    expect(rowOf('{"a":1}').bytes).toBeLessThan(rowOf(`{"a":"${'x'.repeat(1000)}"}`).bytes - 900);
    expect(rowOf(`{"n":0.${'7'.repeat(1000)}}`).bytes).toBeGreaterThan(1000);
  });

  it('may be nested a hundred deep, not deeper', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}12345678901234567890${']'.repeat(depth)}}`;
    expect(rowOf(nested(100)).json(exact)).toBe(nested(100));
    for (const depth of [101, 5000, 100_000]) {
      expect(decodeDms(loadOf(nested(depth)))).toMatchObject({ kind: 'undecodable', error: { code: 'TOO_DEEP' } });
      expect(decodeDms(loadOf(nested(depth).replace('a', '\u009e')))).toMatchObject({ kind: 'undecodable', error: { code: 'TOO_DEEP' } });
    }
  });
});

describe('any bytes', () => {
  const rows = [
    dmsRecord('load', { row: { data: { id: 1, name: 'O\u2019Brien', note: null } } }),
    dmsRecord('update', { row: { data: { id: 2 }, 'before-image': { id: 1 } }, metadata: transaction(7) }),
    dmsRecord('delete', { row: { data: { id: 2 } }, metadata: transaction(7, 2) }),
    dmsRecord('truncate-table', { row: { control: {} } }),
  ].map((row) => Buffer.from(JSON.stringify(row).replace('"id":2', '"id":12345678901234567890')));
  const edits = fc.array(
    fc.tuple(fc.nat(), fc.nat(3), fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.constantFrom('1e5', '":', '\u009e', '\\').map(Buffer.from))),
    { minLength: 1, maxLength: 4 },
  );
  const edited = fc.tuple(fc.nat(rows.length - 1), edits).map(([row, changes]) => {
    let bytes = Buffer.from(rows[row] ?? '');
    for (const [where, removed, added] of changes) {
      const at = where % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
    }
    return bytes;
  });

  it('are answered', () => {
    fc.assert(
      fc.property(fc.oneof(edited, fc.uint8Array(), fc.json().map(Buffer.from)), fc.oneof(fc.constant(sequence), fc.string()), (bytes, place) => {
        const record = rawRecord({ bytes, sequence: place });
        const lines = describeDecoded(dmsCodec.decode(record));
        for (const line of lines) expect(JSON.parse(line)).toHaveProperty('kind');
        const decoded = dmsCodec.decode(record);
        if (decoded.kind === 'changes') {
          expect(dmsCodec.recognises(record)).toBe(true);
          for (const { version } of decoded.events) expect(version.seq).toMatch(/^(0|[1-9]\d{0,64})$/);
        }
      }),
      {
        numRuns: 3000,
        examples: [
          [Buffer.from('\ufeff{}'), sequence],
          [Buffer.from('[['.repeat(1e6)), sequence],
          [Buffer.from(`{"metadata":${'['.repeat(1e6)}`), sequence],
        ],
      },
    );
  });

  it('are read in one pass: long runs of digits, quotes and backslashes take no time', () => {
    const size = 2_000_000;
    for (const run of [
      '1'.repeat(size),
      `"${'\\\\'.repeat(size / 2)}"`,
      '"",'.repeat(size / 3),
      ' '.repeat(size),
      '1e'.repeat(size / 2),
      '.'.repeat(size),
      '1.'.repeat(size / 2),
    ]) {
      for (const row of [`[1e5,${run}`, `{"a":1e5,"b":${run}}`, `{"a":12345678901234567890,"b":"${run.replaceAll('"', '').replaceAll('\\', '')}"}`]) {
        expect(dmsCodec.decode(recordOf(loadOf(row))).kind).toMatch(/undecodable|changes/);
      }
    }
  });
});
