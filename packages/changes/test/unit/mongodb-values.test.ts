// MongoDB's types in Extended JSON as values, canonical, relaxed and of version 1. Expected results are written by hand from the
// specification of Extended JSON and the table beside the code.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalNumber, type RowChange, type TextPolicy, valuesToJsonText } from '../../src/index.ts';
import { mongodbCodec } from '../../src/mongodb/codec.ts';
import { onlyEvent, recordOf } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;

/** `document` is JSON text: the tests care for digits. */
function insertText(document: string): string {
  return `{"operationType":"insert","clusterTime":{"$timestamp":{"t":1720739862,"i":1}},"ns":{"db":"shop","coll":"orders"},"documentKey":{"_id":1},"fullDocument":${document}}`;
}

function decode(document: string): RowChange {
  return onlyEvent(mongodbCodec.decode(recordOf(insertText(document))));
}

function valueAt(value: string): unknown {
  return decode(`{"v":${value}}`).after?.values().v;
}

function jsonOf(value: string): string {
  return decode(`{"v":${value}}`).after?.json(exact) ?? '';
}

describe('types', () => {
  it.each<[string, unknown]>([
    ['"text"', 'text'],
    ['true', true],
    ['null', null],
    ['[1,["a",null],[]]', [1, ['a', null], []]],
    ['{"a":{"b":[]},"":1}', { a: { b: [] }, '': 1 }],
    ['{"$oid":"669067D6c2b0a1d5f3e4a001"}', '669067d6c2b0a1d5f3e4a001'],
    ['{"$numberInt":"-3"}', -3],
    ['{"$numberLong":"3"}', 3],
    ['{"$numberLong":"-9223372036854775808"}', -9223372036854775808n],
    ['9223372036854775807', 9223372036854775807n],
    ['{"$numberDouble":"1.0E10"}', 1e10],
    ['{"$numberDouble":"-0.0"}', -0],
    ['{"$numberDouble":"5.0E-324"}', 5e-324],
    ['{"$numberDouble":"NaN"}', Number.NaN],
    ['{"$numberDouble":"-Infinity"}', Number.NEGATIVE_INFINITY],
    ['{"$numberDecimal":"1.50"}', 1.5],
    ['{"$numberDecimal":"Infinity"}', Number.POSITIVE_INFINITY],
    ['{"$numberDecimal":"NaN"}', Number.NaN],
    ['{"$numberDecimal":"0E-6176"}', 0],
    ['{"$numberDecimal":"9.999E+6144"}', '9.999E+6144'],
    ['{"$numberDecimal":"-1E-6176"}', '-1E-6176'],
    ['{"$date":"2024-07-11T23:17:42.005Z"}', '2024-07-11T23:17:42.005Z'],
    ['{"$date":"2024-07-11T23:17:42.5Z"}', '2024-07-11T23:17:42.500Z'],
    ['{"$date":"2024-07-12T01:17:42+02:00"}', '2024-07-11T23:17:42Z'],
    ['{"$date":"2024-07-12T01:17:42.005+0200"}', '2024-07-11T23:17:42.005Z'],
    ['{"$date":"2024-07-11T19:17:42-0400"}', '2024-07-11T23:17:42Z'],
    ['{"$numberDouble":"1.7976931348623157E308"}', 1.7976931348623157e308],
    ['{"$date":{"$numberLong":"1720739862000"}}', '2024-07-11T23:17:42Z'],
    ['{"$date":{"$numberLong":"-1"}}', '1969-12-31T23:59:59.999Z'],
    ['{"$date":{"$numberLong":"253402300800000"}}', '10000-01-01T00:00:00Z'],
    ['{"$date":{"$numberLong":"9223372036854775807"}}', '292278994-08-17T07:12:55.807Z'],
    ['{"$date":1720739862005}', '2024-07-11T23:17:42.005Z'],
    ['{"$binary":{"base64":"AAEC","subType":"00"}}', Uint8Array.of(0, 1, 2)],
    ['{"$binary":{"base64":"","subType":"80"}}', new Uint8Array()],
    ['{"$binary":"AAEC","$type":"00"}', Uint8Array.of(0, 1, 2)],
    ['{"$binary":{"base64":"c//SZESzTGmQ6OfR38A11A==","subType":"04"}}', '73ffd264-44b3-4c69-90e8-e7d1dfc035d4'],
    ['{"$binary":"c//SZESzTGmQ6OfR38A11A==","$type":"4"}', '73ffd264-44b3-4c69-90e8-e7d1dfc035d4'],
    ['{"$uuid":"73FFD264-44b3-4c69-90e8-e7d1dfc035d4"}', '73ffd264-44b3-4c69-90e8-e7d1dfc035d4'],
    ['{"$timestamp":{"t":1720739862,"i":4294967295}}', { t: 1720739862, i: 4294967295 }],
    ['{"$symbol":"s"}', 's'],
    ['{"$code":"function(){}"}', 'function(){}'],
    ['{"$undefined":true}', null],
    ['{"$code":"f","$scope":{"n":{"$numberInt":"1"}}}', { $code: 'f', $scope: { n: 1 } }],
    ['{"$regularExpression":{"pattern":"^a","options":"i"}}', { $regularExpression: { pattern: '^a', options: 'i' } }],
    ['{"$dbPointer":{"$ref":"a.b","$id":{"$oid":"669067d6c2b0a1d5f3e4a001"}}}', { $dbPointer: { $ref: 'a.b', $id: '669067d6c2b0a1d5f3e4a001' } }],
    ['{"$ref":"a","$id":{"$numberInt":"1"}}', { $ref: 'a', $id: 1 }],
    ['{"$minKey":1}', { $minKey: 1 }],
    ['{"$maxKey":1}', { $maxKey: 1 }],
  ])('%s', (text, expected) => {
    expect(valueAt(text)).toEqual(expected);
    expect(valueAt(`[[${text}]]`)).toEqual([[expected]]);
  });

  it.each([
    ['{"$oid":5}'],
    ['{"$oid":"66"}'],
    ['{"$numberInt":"1.5"}'],
    ['{"$numberLong":"abc"}'],
    ['{"$numberDouble":"nan"}'],
    ['{"$numberDecimal":"1E99999"}'],
    ['{"$numberDouble":"1e400"}'],
    ['{"$date":"2024-07-12T01:17:42+02"}'],
    ['{"$date":1.5}'],
    ['{"$date":"yesterday"}'],
    ['{"$date":"2024-13-11T23:17:42Z"}'],
    ['{"$date":{"$numberLong":"x"}}'],
    ['{"$binary":{"base64":"*","subType":"00"}}'],
    ['{"$binary":"AAEC"}'],
    ['{"$uuid":"73ffd264"}'],
    ['{"$timestamp":{"t":1}}'],
    ['{"$undefined":false}'],
    ['{"$oid":"669067d6c2b0a1d5f3e4a001","more":1}'],
    ['{"more":1,"$oid":"669067d6c2b0a1d5f3e4a001"}'],
    ['{"$set":{"a":1}}'],
  ])('%s is a document like any other', (text) => {
    expect(jsonOf(text)).toBe(`{"v":${text}}`);
  });
});

describe('exactness', () => {
  it.each([
    ['{"$numberDecimal":"1234567890123456789012345678901234"}', '1234567890123456789012345678901234'],
    ['{"$numberDecimal":"-0.1234567890123456789012345678901234"}', '-0.1234567890123456789012345678901234'],
    ['9007199254740993', '9007199254740993'],
    ['[0.12345678901234567890,{"a":9007199254740993}]', '[0.1234567890123456789,{"a":9007199254740993}]'],
    ['0.30000000000000004', '0.30000000000000004'],
  ])('%s', (text, expected) => {
    expect(jsonOf(text)).toBe(`{"v":${expected}}`);
  });

  it('keeps the digits of any number, as MongoDB has it and as JSON', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: 0n, max: 10n ** 33n }),
        fc.integer({ min: -50, max: 50 }),
        (whole, digits, exponent) => {
          const decimal = `${digits}E${exponent}`;
          const text = `{"a":{"$numberLong":"${whole}"},"b":${whole},"c":{"$numberDecimal":"${decimal}"}}`;
          expect(jsonOf(text)).toBe(`{"v":{"a":${whole},"b":${whole},"c":${normalNumber(decimal)}}}`);
        },
      ),
    );
  });

  it('gives any double as it is', () => {
    fc.assert(
      fc.property(fc.double(), (double) => {
        expect(valueAt(`{"$numberDouble":"${Object.is(double, -0) ? '-0.0' : double}"}`)).toBe(double);
      }),
    );
  });

  it('gives any date as JavaScript does, within four digits of a year', () => {
    const date = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (when) => {
        const iso = when.toISOString();
        const expected = iso.replace('.000Z', 'Z');
        expect([valueAt(`{"$date":"${iso}"}`), valueAt(`{"$date":{"$numberLong":"${when.getTime()}"}}`)]).toEqual([expected, expected]);
      }),
    );
  });
});

describe('names and depth', () => {
  it('takes any name for a name', () => {
    const document = `{"__proto__":{"$numberInt":1,"constructor":2},"constructor":"c","a.b":1,"$x":"\\ud800","nul":"\\u0000","${'n'.repeat(70)}":3,"d":1,"d":2}`;
    const { after } = decode(document);
    expect(Object.getPrototypeOf(after?.values())).toBe(null);
    expect(after?.json(exact)).toBe(document.replace('"d":1,', ''));
  });

  it('nests as deep as it may, with every digit', () => {
    const deep = (levels: number): string => `${'['.repeat(levels)}12345678901234567890${']'.repeat(levels)}`;
    expect(jsonOf(deep(150))).toBe(`{"v":${deep(150)}}`);
    expect(mongodbCodec.decode(recordOf(insertText(`{"v":${deep(151)}}`)))).toMatchObject({ error: { code: 'TOO_DEEP' } });
    expect(mongodbCodec.decode(recordOf(insertText(`{"v":${deep(100_000)}}`)))).toMatchObject({ kind: 'undecodable' });
  });
});

describe('text', () => {
  const leaf = fc.constantFrom<unknown>(
    ...[1e-7, -0.5, 12, null, true, 'a', '\ud800'],
    ...[{ $oid: '669067d6c2b0a1d5f3e4a001' }, { $numberDecimal: '1.50' }, { $numberLong: '9007199254740993' }, { $numberDouble: 'NaN' }, { $undefined: true }],
    ...[{ $date: { $numberLong: '5' } }, { $timestamp: { t: 1, i: 2 } }, { $binary: { base64: 'AAEC', subType: '00' } }, { $minKey: 1 }],
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 })),
  }));

  it.each<TextPolicy>([
    { numbers: 'exact', drop: [], rename: {} },
    { numbers: 'double-or-text', drop: [], rename: {} },
    { numbers: 'exact', drop: ['a'], rename: { b: 'c' } },
  ])('is that of the values: %j', (policy) => {
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.string()), tree), (document) => {
        const { after } = decode(JSON.stringify(document));
        expect(after?.json(policy)).toBe(valuesToJsonText(after?.values() ?? {}, policy));
      }),
    );
  });
});
