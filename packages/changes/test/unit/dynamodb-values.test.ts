// DynamoDB's ten types as values and as text, hostile names and broken values. Expected results are written by hand.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dynamodbCodec, ExactNumber, ValueSet, valuesToJsonText } from '../../src/index.ts';
import { allKindsItem, decodeInsert, insertOf } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const doubleOrText = { ...exact, numbers: 'double-or-text' } as const;

const text = (image: string, policy = {}): string | undefined => decodeInsert(image).after?.json({ ...exact, ...policy });

function errorOf(image: string): { code: string; message: string } {
  const decoded = dynamodbCodec.decode(insertOf(image));
  return decoded.kind === 'undecodable' ? decoded.error : { code: decoded.kind, message: '' };
}

describe('the ten types', () => {
  it.each<[string, unknown, string]>([
    ['{"S":"x"}', 'x', '"x"'],
    ['{"S":""}', '', '""'],
    ['{"S":null}', null, 'null'],
    ['{"S":"\\ud800\\u0000"}', '\ud800\u0000', '"\\ud800\\u0000"'],
    ['{"S":"12"}', '12', '"12"'],
    ['{"N":"12"}', 12, '12'],
    ['{"N":"9007199254740993"}', 9007199254740993n, '9007199254740993'],
    ['{"N":"0.10000000000000000001"}', new ExactNumber('0.10000000000000000001'), '0.10000000000000000001'],
    ['{"N":"12345678901234567890123456789012345678901"}', 12345678901234567890123456789012345678901n, '12345678901234567890123456789012345678901'],
    ['{"B":"AAEC+v8="}', Uint8Array.of(0, 1, 2, 250, 255), '"AAEC+v8="'],
    ['{"B":""}', new Uint8Array(), '""'],
    ['{"BOOL":true}', true, 'true'],
    ['{"BOOL":false}', false, 'false'],
    ['{"NULL":true}', null, 'null'],
    ['{"M":{}}', Object.create(null), '{}'],
    ['{"M":{"S":{"N":"1"}}}', Object.assign(Object.create(null), { S: 1 }), '{"S":1}'],
    ['{"L":[]}', [], '[]'],
    ['{"L":[{"N":"1"},{"S":"foo"},{"L":[{"N":"1.25"}]}]}', [1, 'foo', [1.25]], '[1,"foo",[1.25]]'],
    ['{"SS":["b","a","\\uffff","\\ud83d\\ude00"]}', new ValueSet(['b', 'a', '\uffff', '\u{1f600}']), '["a","b","\uffff","\u{1f600}"]'],
    ['{"NS":["10","9","-1","1.250"]}', new ValueSet([10, 9, -1, 1.25]), '[-1,1.25,9,10]'],
    ['{"BS":["b25l","/wA="]}', new ValueSet([Uint8Array.of(111, 110, 101), Uint8Array.of(255, 0)]), '["/wA=","b25l"]'],
  ])('%s', (attribute, value, json) => {
    const image = `{"a":${attribute}}`;
    expect(decodeInsert(image).after?.values().a).toStrictEqual(value);
    expect(text(image)).toBe(`{"a":${json}}`);
  });

  it('keeps the digits of numbers that a writer did not put as text', () => {
    expect(text('{"a":{"N":9007199254740993},"b":{"NS":[0.34,3,0.10000000000000000001]},"SizeBytes":{"N":1.50}}')).toBe(
      '{"a":9007199254740993,"b":[0.10000000000000000001,0.34,3],"SizeBytes":1.5}',
    );
    expect(text('{"a":{"L":[{"M":{"N":{"N":-1E2}}}]}}')).toBe('{"a":[{"N":-100}]}');
  });

  it('writes what neither a double nor an int64 holds as text where the policy says so', () => {
    const image = '{"a":{"N":"1.5"},"b":{"N":"9007199254740993"},"c":{"NS":["12345678901234567890","2"]},"d":{"L":[{"N":"0.10000000000000000001"}]}}';
    expect(text(image, doubleOrText)).toBe('{"a":1.5,"b":9007199254740993,"c":[2,"12345678901234567890"],"d":["0.10000000000000000001"]}');
  });

  it('gives the documented MongoDB document of an item of all kinds', () => {
    expect(JSON.parse(text(allKindsItem) ?? '')).toEqual({
      customerId: 'Test-001',
      ListKey: [
        'StringValue0',
        'StringValue1',
        0,
        1,
        false,
        true,
        ['StringSet1', 'StringSet2'],
        [0, 1],
        ['InnerListListValue1'],
        { InnerListMapKey1: 'StringValue1', InnerListMapKey2: 'StringValue2' },
      ],
      MapKey: { MapInnerNumKey: 0, MapInnerList: ['ListString1'], MapInnerKey: 'StringValue1' },
      StringSet: ['StringValue0', 'StringValue1'],
      NumberKey: 1,
      NumberSet: [0, 3],
      BooleanKey: false,
      StringKey: 'StringValue1',
    });
  });
});

describe('names', () => {
  const image = '{"__proto__":{"S":"p"},"constructor":{"M":{"__proto__":{"N":"1"}}},"a.b":{"NULL":true},"$x[0]":{"BOOL":true},"\\"\\u0000":{"S":""}}';
  const json = '{"__proto__":"p","constructor":{"__proto__":1},"a.b":null,"$x[0]":true,"\\"\\u0000":""}';

  it('are data, whatever they are', () => {
    const values = decodeInsert(image).after?.values() ?? {};
    expect(Object.keys(values)).toEqual(['__proto__', 'constructor', 'a.b', '$x[0]', '"\u0000']);
    expect(Object.getPrototypeOf(values)).toBeNull();
    expect(text(image)).toBe(json);
    expect(valuesToJsonText(values, exact)).toBe(json);
  });

  it.each<[string, object, string]>([
    ['dropped', { drop: ['ssn', 'absent'] }, '{"id":"1","ts":{"ssn":2}}'],
    ['renamed', { rename: { ts: 'created_at' } }, '{"id":"1","ssn":3,"created_at":{"ssn":2}}'],
    ['dropped before they are renamed', { drop: ['ts'], rename: { ts: 'x' } }, '{"id":"1","ssn":3}'],
    ['renamed over another', { rename: { ts: 'ssn' } }, '{"id":"1","ssn":{"ssn":2}}'],
    ['exchanged', { rename: { ts: 'ssn', ssn: 'ts' } }, '{"id":"1","ts":3,"ssn":{"ssn":2}}'],
    ['renamed to __proto__', { rename: { ssn: '__proto__' } }, '{"id":"1","__proto__":3,"ts":{"ssn":2}}'],
  ])('of the top level can be %s', (_, policy, expected) => {
    const row = '{"id":{"S":"1"},"ssn":{"N":"3"},"ts":{"M":{"ssn":{"N":"2"}}}}';
    expect(text(row, policy)).toBe(expected);
    expect(valuesToJsonText(decodeInsert(row).after?.values() ?? {}, { ...exact, ...policy })).toBe(expected);
  });

  it('are not renamed by what every object has', () => {
    expect(text('{"toString":{"S":"x"},"a":{"S":"y"}}', { drop: ['a'] })).toBe('{"toString":"x"}');
  });
});

describe('broken values', () => {
  it.each([
    '{"N":""}',
    '{"N":"NaN"}',
    '{"N":"1e9999"}',
    '{"N":null}',
    '{"N":"0x10"}',
    '{"S":1}',
    '{"S":{}}',
    '{"B":"A"}',
    '{"B":"AA=A"}',
    '{"B":"A==="}',
    '{"B":"AA-_"}',
    '{"B":"AB=="}',
    '{"B":"AAB="}',
    '{"B":5}',
    '{"BOOL":"true"}',
    '{"NULL":"true"}',
    '{"M":[]}',
    '{"M":null}',
    '{"L":{}}',
    '{"SS":"a"}',
    '{"SS":[null]}',
    '{"NS":["1","x"]}',
    '{"BS":["*"]}',
    '{"FOO":"x"}',
    '{"__proto__":"x"}',
    '{}',
    '{"S":"a","N":"1"}',
    '"text"',
    'null',
    '[]',
  ])('%s', (attribute) => {
    expect(errorOf(`{"a":${attribute}}`).code).toBe('BROKEN_VALUE');
    expect(errorOf(`{"ok":{"S":"x"},"a":{"L":[{"M":{"inner":${attribute}}}]}}`)).toEqual({
      code: 'BROKEN_VALUE',
      message: expect.stringContaining('"NewImage" → "a" → "0" → "inner" has '),
    });
  });

  const nested = (depth: number): string => `{"a":${'{"L":['.repeat(depth - 1)}{"S":"x"}${']}'.repeat(depth - 1)}}`;

  it('may be 100 deep and no deeper', () => {
    expect(text(nested(100))).toBe(`{"a":${'['.repeat(99)}"x"${']'.repeat(99)}}`);
    expect(errorOf(nested(101)).code).toBe('TOO_DEEP');
    expect(errorOf(nested(200_000)).code).toBe('TOO_DEEP');
  });

  it('do not make long messages', () => {
    expect(errorOf(`{"${'n'.repeat(60_000)}":{"N":"${'x'.repeat(60_000)}"}}`).message.length).toBeLessThan(400);
  });

  it('are refused where the bytes are not UTF-8, and U+FFFD that was sent is not', () => {
    const record = insertOf('{"a":{"S":"\ufffd"}}');
    expect(dynamodbCodec.decode(record).kind).toBe('changes');
    const bytes = record.bytes().slice();
    bytes.set([0xff], bytes.indexOf(0xef));
    const broken = { ...record, bytes: () => bytes, text: () => new TextDecoder().decode(bytes) };
    expect(dynamodbCodec.decode(broken)).toMatchObject({ kind: 'undecodable', error: { code: 'NOT_JSON' } });
  });
});

describe('laws', () => {
  const base64 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'));
  const attribute = fc.letrec<{ any: object; list: object; map: object; leaf: object }>((tie) => ({
    leaf: fc.oneof(
      fc.record({ S: fc.string({ unit: 'binary' }) }),
      fc.record({ N: fc.tuple(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: -130, max: 87 })).map(([m, e]) => `${m}E${e}`) }),
      fc.record({ BOOL: fc.boolean() }),
      fc.record({ NULL: fc.constant(true) }),
      fc.record({ B: base64 }),
      fc.record({ SS: fc.uniqueArray(fc.string(), { minLength: 1 }) }),
      fc.record({ NS: fc.uniqueArray(fc.integer().map(String), { minLength: 1 }) }),
      fc.record({ BS: fc.uniqueArray(base64, { minLength: 1 }) }),
    ),
    list: fc.record({ L: fc.array(tie('any'), { maxLength: 4 }) }),
    map: fc.record({ M: fc.dictionary(fc.string(), tie('any'), { maxKeys: 4 }) }),
    any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('map')),
  })).any;

  it('the text made from the tree is the text made from the values, and is JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), attribute, { maxKeys: 6 }), fc.constantFrom(exact, doubleOrText), (item, policy) => {
        const row = decodeInsert(JSON.stringify(item)).after;
        const json = row?.json(policy) ?? '';
        expect(() => JSON.parse(json)).not.toThrow();
        expect(valuesToJsonText(row?.values() ?? {}, policy)).toBe(json);
        expect(row?.bytes).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});
