// Values as JSON text, and what was decoded as JSON lines. Expected text is written by hand.
import { describe, expect, it } from 'vitest';
import { describeDecoded, ExactNumber, type RowImage, type Value, ValueSet, valuesToJsonText, valueToJson } from '../../src/index.ts';

describe('valueToJson', () => {
  it.each<[Value, string]>([
    [null, 'null'],
    [true, 'true'],
    ['a"\u2028\ud800', '"a\\"\u2028\\ud800"'],
    [1.5, '1.5'],
    [-0, '0'],
    [1e21, '1000000000000000000000'],
    [5e-7, '0.0000005'],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [12345678901234567890n, '12345678901234567890'],
    [new ExactNumber('9.990E+3'), '9990'],
    [Uint8Array.of(255), '"/w=="'],
    [Uint8Array.of(0, 255, 0).subarray(1, 2), '"/w=="'],
    [new ValueSet([10n, new ExactNumber('9.5'), -1]), '[-1,9.5,10]'],
    [new ValueSet([Uint8Array.of(111), Uint8Array.of(255)]), '["/w==","bw=="]'],
    [['b', 'a', []], '["b","a",[]]'],
    [{ b: 1, a: { c: null } }, '{"b":1,"a":{"c":null}}'],
  ])('%#: %s', (value, expected) => {
    expect(valueToJson(value, { numbers: 'exact' })).toBe(expected);
  });

  it('writes as text what neither a double nor an int64 holds', () => {
    expect(valueToJson([12345678901234567890n, 5n, new ExactNumber('0.10000000000000000001')], { numbers: 'double-or-text' })).toBe(
      '["12345678901234567890",5,"0.10000000000000000001"]',
    );
  });
});

describe('describeDecoded', () => {
  const json = '{"n":12345678901234567890}';
  const row: RowImage = { bytes: 0, values: () => ({}), json: () => json };
  const version = { time: 5, seq: '7' };

  it('leaves out what is absent', () => {
    const source = { system: 'mysql', table: 't' };
    expect(
      describeDecoded({
        kind: 'changes',
        events: [
          {
            kind: 'snapshot',
            source: { system: 'postgresql', database: 'd', schema: 's', table: 't' },
            key: [
              ['b', 1n],
              ['a', 'x'],
            ],
            after: row,
            before: row,
            unknown: ['z'],
            version,
          },
          { kind: 'remove', source, key: undefined, version },
          { kind: 'truncate', source, version },
        ],
      }),
    ).toEqual([
      `{"kind":"snapshot","source":{"system":"postgresql","database":"d","schema":"s","table":"t"},"key":{"b":1,"a":"x"},"after":${json},"before":${json},"unknown":["z"],"version":{"time":5,"seq":"7"}}`,
      '{"kind":"remove","source":{"system":"mysql","table":"t"},"version":{"time":5,"seq":"7"}}',
      '{"kind":"truncate","source":{"system":"mysql","table":"t"},"version":{"time":5,"seq":"7"}}',
    ]);
  });

  it('says why there is no change', () => {
    expect(describeDecoded({ kind: 'ignored', reason: 'tombstone' })).toEqual(['{"kind":"ignored","reason":"tombstone"}']);
    expect(describeDecoded({ kind: 'undecodable', error: { code: 'EMPTY', message: 'm' } })).toEqual([
      '{"kind":"undecodable","error":{"code":"EMPTY","message":"m"}}',
    ]);
    expect(valuesToJsonText({}, { numbers: 'exact', drop: [], rename: {} })).toBe('{}');
  });
});
