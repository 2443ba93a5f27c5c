// The way through the text gives what the way through the parsed tree gives. White space before a record sends it the second way, so
// each record is decoded twice.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanRecord } from '../../src/dynamodb/scan/record.ts';
import { dynamodbStreamsCodec } from '../../src/dynamodb-streams/codec.ts';
import { type Codec, type Decoded, describeDecoded, dynamodbCodec, type TextPolicy } from '../../src/index.ts';
import { change, onlyEvent, opslog, realRecords, recordOf } from '../support/records.ts';

const policies: readonly TextPolicy[] = [
  { numbers: 'exact', drop: [], rename: {} },
  { numbers: 'double-or-text', drop: [], rename: {} },
  { numbers: 'exact', drop: ['a', 'id', '__proto__'], rename: {} },
  { numbers: 'double-or-text', drop: ['b'], rename: { a: 'id', id: '7', constructor: '__proto__', c: '"' } },
];

/** Everything that can be seen of what was decoded. */
function seen(decoded: Decoded): unknown {
  if (decoded.kind !== 'changes') return describeDecoded(decoded).map((line) => line.replace(/\(\d+ characters\)/, ''));
  return decoded.events.map((event) => {
    if (event.kind === 'truncate') return event;
    const rows = [event.after, event.before].map(
      (row) => row && { values: row.values(), names: Object.keys(row.values()), json: policies.map((policy) => row.json(policy)) },
    );
    return { ...event, after: rows[0], before: rows[1] };
  });
}

function isSameBothWays(text: string, codec: Codec): void {
  const [fast, plain] = [codec.decode(recordOf(text)), codec.decode(recordOf(` ${text}`))];
  // Not vitest's: it takes an attribute called `constructor` for the class of the item.
  assert.deepStrictEqual(seen(fast), seen(plain));
  expect(describeDecoded(fast)).toEqual(describeDecoded(codec.decode(recordOf(text))));
}

const anyName = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'id') },
  fc.constantFrom('0', '10', '2024-07', '007', '__proto__', 'constructor', '', 'ü', '\u{1f600}', '"', '\\', 'a.b'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const text = fc.oneof(
  fc.constantFrom('', 'x', '\u0000', '"', '\\', '/', '\u2028', '\ud800', '\ufffd', '\u007f', 'ü€', '\u{1f600}'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const number = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '007',
    '5.',
    '.5',
    '+1',
    '1.50',
    '-1.5',
    '1E2',
    '1e-130',
    '9007199254740993',
    '0.1234567890123456',
    '12345678901234567890123456789012345678',
  ),
  fc.tuple(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: -130, max: 87 })).map(([mantissa, exponent]) => `${mantissa}E${exponent}`),
  // DynamoDB has none beyond these exponents.
  fc
    .double({ noNaN: true, min: -1e125, max: 1e125 })
    .filter((double) => double === 0 || Math.abs(double) >= 1e-130)
    .map(String),
);
const base64 = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const broken = fc.constantFrom<unknown>(
  { S: null },
  { S: 1 },
  { N: 1 },
  { N: 0.1 },
  { N: 'x' },
  { N: '' },
  { N: '1E9999' },
  { N: '1E300' },
  { B: 'A' },
  { B: 'AB==' },
  { BOOL: 'true' },
  { NULL: 1 },
  { M: [] },
  { L: {} },
  { SS: [1] },
  { NS: [1, '2'] },
  { FOO: 'x' },
  {},
  { S: 'a', N: '1' },
  null,
  'x',
);

function attributes(withBroken: boolean, name: fc.Arbitrary<string>): fc.Arbitrary<object> {
  return fc
    .letrec<{ any: unknown; leaf: unknown; list: unknown; map: unknown }>((tie) => ({
      leaf: fc.oneof(
        { weight: withBroken ? 1 : 0, arbitrary: broken },
        { weight: 3, arbitrary: fc.record({ S: text }) },
        { weight: 3, arbitrary: fc.record({ N: number }) },
        { weight: 2, arbitrary: fc.record({ BOOL: fc.boolean() }) },
        { weight: 1, arbitrary: fc.record({ NULL: fc.boolean() }) },
        { weight: 1, arbitrary: fc.record({ B: base64 }) },
        { weight: 1, arbitrary: fc.record({ SS: fc.array(text, { maxLength: 4 }) }) },
        { weight: 1, arbitrary: fc.record({ NS: fc.array(number, { maxLength: 4 }) }) },
        { weight: 1, arbitrary: fc.record({ BS: fc.array(base64, { maxLength: 4 }) }) },
      ),
      list: fc.record({ L: fc.array(tie('any'), { maxLength: 4 }) }),
      map: fc.record({ M: fc.dictionary(name, tie('any'), { maxKeys: 4 }) }),
      any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('map')),
    }))
    .any.chain((first) => fc.dictionary(name, fc.constant(first), { minKeys: 1, maxKeys: 4 })) as fc.Arbitrary<object>;
}

const key = fc.oneof(
  fc.record({ id: fc.oneof(fc.record({ S: text }), fc.record({ N: number }), fc.record({ B: base64 }), fc.record({ BOOL: fc.boolean() })) }),
  fc.constant({ '\uffff': { S: 'b' }, '\u{1f600}': { N: '1.50' }, a: { B: 'AA==' } }),
);

/** The texts of records for both codecs, most as DynamoDB writes them. */
function recordTexts(withBroken: boolean): fc.Arbitrary<string> {
  const image = attributes(withBroken, anyName);
  const time = fc.constantFrom<unknown>(1720740233012, 1720740233, 1720740233012995, 1720740233.5, 1.720740233e9, 0, -1, 1e300, '1', null);
  return fc
    .record({
      kind: fc.constantFrom('INSERT', 'MODIFY', 'REMOVE'),
      key,
      after: fc.option(image, { nil: undefined }),
      before: fc.option(image, { nil: undefined }),
      time,
      isStreams: fc.boolean(),
      view: fc.constantFrom('NEW_IMAGE', 'KEYS_ONLY', undefined),
    })
    .map(({ kind, key: Keys, after, before, time: ApproximateCreationDateTime, isStreams, view }) => {
      const inner = { ApproximateCreationDateTime, Keys, NewImage: after, OldImage: before, SizeBytes: 5 };
      if (!isStreams) return JSON.stringify(change({ eventName: kind, change: inner }));
      return JSON.stringify({
        eventID: 'x',
        eventName: kind,
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: 'r',
        dynamodb: { ...inner, SequenceNumber: '0123', StreamViewType: view },
        eventSourceARN: 'arn:aws:dynamodb:r:1:table/t/stream/x',
      });
    });
}

const codecs = [dynamodbCodec, dynamodbStreamsCodec];
const pieces = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  ' ',
  '\n',
  '\t',
  '0',
  '1',
  '-',
  '.',
  'e',
  'u',
  'S',
  'N',
  'true',
  'null',
  '\\u0041',
  '\\/',
  '\\ud800',
  '\ud800',
  '\ufffd',
  '\ufeff',
  '\u0000',
  'ü',
  '{}',
  '[]',
  '"a":{"S":"x"},',
  '"id":{"N":"1"},',
  '"tableName":"t",',
  '"dynamodb":{},',
  '"eventName":"REMOVE",',
  '"x":[1,{"y":null}],',
];
const mutated = fc
  .tuple(
    fc.oneof(recordTexts(true), fc.constantFrom(...opslog)),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom('', ...pieces)), { minLength: 1, maxLength: 3 }),
  )
  .map(([record, edits]) =>
    edits.reduce((now, [where, removed, added]) => now.slice(0, where % (now.length + 1)) + added + now.slice((where % (now.length + 1)) + removed), record),
  );

describe('the text and the tree', () => {
  it('give the same for records as DynamoDB writes them', () => {
    fc.assert(fc.property(recordTexts(false), fc.constantFrom(...codecs), isSameBothWays), { numRuns: 1500 });
  });

  it('give the same for records with values that DynamoDB does not write', () => {
    fc.assert(fc.property(recordTexts(true), fc.constantFrom(...codecs), isSameBothWays), { numRuns: 1500 });
  });

  it('give the same for records with a few characters changed', () => {
    fc.assert(fc.property(mutated, fc.constantFrom(...codecs), isSameBothWays), { numRuns: 4000 });
  });

  it('give the same for real records', () => {
    for (const record of realRecords) isSameBothWays(record.text(), dynamodbCodec);
  });
});

/** A record whose new image is this text. */
const withImage = (image: string): string => JSON.stringify(change({ change: { NewImage: '@' } })).replace('"@"', () => image);
const nested = (depth: number): string => `{"a":${'{"L":['.repeat(depth - 1)}{"S":"x"}${']}'.repeat(depth - 1)}}`;
const many = (count: number): string => `{${Array.from({ length: count }, (_, at) => `"n${at}":{"N":"${at}"}`).join(',')}}`;

describe('the text', () => {
  it.each([
    ['what DynamoDB wrote', opslog[1] ?? ''],
    [
      'all types',
      withImage(
        '{"s":{"S":"x"},"n":{"N":"1E2"},"b":{"B":"AA=="},"o":{"BOOL":false},"z":{"NULL":true},"m":{"M":{"m":{"M":{}}}},"l":{"L":[{"L":[]}]},"ss":{"SS":["b","a"]},"ns":{"NS":["10","9"]},"bs":{"BS":[]}}',
      ),
    ],
    ['escapes in values', withImage('{"s":{"S":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\ud800"},"ss":{"SS":["\\u0041","\\n"]}}')],
    ['an escape that plain JSON has not', withImage('{"s":{"S":"\\/\\u0041"}}')],
    ['characters of any size', withImage('{"ü":{"S":"€\u{1f600}"}}')],
    ['a name that begins with a digit', withImage('{"2024-07":{"S":"x"}}')],
    ['the greatest depth', withImage(nested(100))],
    ['as many names as there is room for', withImage(many(256))],
    ['more values than are noted', withImage(`{"l":{"L":[${Array.from({ length: 2000 }, (_, at) => `{"N":"${at}"},{"NULL":true}`).join(',')}]}}`)],
    ['a user of time to live', JSON.stringify(change({ record: { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } } }))],
    ['fields to come', JSON.stringify(change({ record: { more: [{ a: [1.5e3, -0, true, false, null, '\\'] }, {}, []] }, change: { More: 'x' } }))],
  ])('is enough for %s', (_, record) => {
    expect(scanRecord(record)).toBeDefined();
    isSameBothWays(record, dynamodbCodec);
  });

  it.each([
    ['two attributes of one name', withImage('{"a":{"S":"x"},"b":{"S":"y"},"a":{"N":"1"}}')],
    ['two images', JSON.stringify(change()).replace('"SizeBytes":6', '"NewImage":{"id":{"S":"z"}}')],
    ['two names of one hash', withImage('{"Aa":{"S":"x"},"BB":{"S":"y"}}')],
    ['a name of digits', withImage('{"b":{"S":"x"},"1":{"S":"y"},"0":{"M":{"z":{"N":"1"},"9":{"N":"2"}}}}')],
    ['a name with an escape', withImage('{"\\u0061":{"S":"x"},"a":{"S":"y"}}')],
    ['a field with an escape', JSON.stringify(change()).replace('tableName', 'table\\u004eame')],
    ['numbers that are no text', withImage('{"a":{"N":9007199254740993}}')],
    ['null for text', withImage('{"a":{"S":null}}')],
    ['white space', withImage('{"a": {"S":"x"}}')],
    ['a line end', `${JSON.stringify(change())}\n`],
    ['a control character', withImage('{"a":{"S":"\u0001"}}')],
    ['a broken surrogate', withImage('{"a":{"S":"\ud800"}}')],
    ['U+FFFD', withImage('{"a":{"S":"\ufffd"}}')],
    ['a byte order mark', `\ufeff${JSON.stringify(change())}`],
    ['an escape cut off', withImage('{"a":{"S":"\\u12"}}')],
    ['an escape of other than digits', withImage('{"a":{"S":"\\u12g4 and more"}}')],
    ['an unknown escape', withImage('{"a":{"S":"\\x"}}')],
    ['another type', withImage('{"a":{"L":[{"M":{"b":{"FOO":"x"}}}]}}')],
    ['too great a depth', withImage(nested(101))],
    ['more names than there is room for', withImage(many(257))],
    ['nothing', ''],
    ['a record cut off', JSON.stringify(change()).slice(0, -1)],
    ['something behind the record', `${JSON.stringify(change())}{}`],
    ['what is too long', withImage(`{"a":{"S":"${'x'.repeat(1024 * 1024)}"}}`)],
  ])('is not enough for %s', (_, record) => {
    expect(scanRecord(record)).toBeUndefined();
    isSameBothWays(record, dynamodbCodec);
  });

  it('is enough for every item with ordinary names', () => {
    const ordinary = fc.constantFrom('a', 'b', 'id', 'ü', '2024-07', '__proto__', 'constructor', 'a.b', '');
    const item = attributes(false, ordinary).map((image) => JSON.stringify(image));
    fc.assert(
      fc.property(item, (image) => image.includes('\ufffd') || scanRecord(withImage(image)) !== undefined),
      { numRuns: 500 },
    );
  });

  it('is read again where another was read in between', () => {
    const json = (image: string) => onlyEvent(dynamodbCodec.decode(recordOf(withImage(image)))).after;
    const first = json('{"a":{"S":"first"},"b":{"N":"1"}}');
    const second = json('{"other":{"S":"a much longer second \\n item"}}');
    const [exact] = policies;
    expect(exact && [first?.json(exact), second?.json(exact), first?.json(exact)]).toEqual([
      '{"a":"first","b":1}',
      '{"other":"a much longer second \\n item"}',
      '{"a":"first","b":1}',
    ]);
  });
});
