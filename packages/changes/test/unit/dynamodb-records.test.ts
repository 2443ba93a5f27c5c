// The dynamodb codec on the records of real systems and on the record around the item. Expected results are written by hand
// from AWS's and LocalStack's documentation.
import { describe, expect, it } from 'vitest';
import { compareVersions, describeDecoded, dynamodbCodec, type RowChange } from '../../src/index.ts';
import { change, localStack, localStackCases, onlyEvent, opslog, recordOf, sequence } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;

function decode(content: unknown): RowChange {
  return onlyEvent(dynamodbCodec.decode(recordOf(content)));
}

function codeOf(content: unknown, place = {}): string {
  const decoded = dynamodbCodec.decode(recordOf(content, place));
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

describe('records that DynamoDB wrote', () => {
  const source = { system: 'aws:dynamodb', table: 'table-testdrive' };
  const seq = `${sequence}000000000`;
  const line = (at: number): string => describeDecoded(dynamodbCodec.decode(recordOf(opslog[at])))[0] ?? '';

  it('INSERT', () => {
    expect(JSON.parse(line(0))).toEqual({
      kind: 'insert',
      source,
      key: { device: 'qux', timestamp: '2024-07-12T01:17:42' },
      after: { humidity: 84.84, temperature: 42.42, device: 'qux', timestamp: '2024-07-12T01:17:42' },
      version: { time: 1720740233012995, seq },
    });
  });

  it('MODIFY', () => {
    expect(JSON.parse(line(1))).toEqual({
      kind: 'modify',
      source,
      key: { device: 'foo', timestamp: '2024-07-12T01:17:42' },
      after: { humidity: 84.84, temperature: 55.66, device: 'foo', timestamp: '2024-07-12T01:17:42' },
      before: { humidity: 84.84, temperature: 42.42, device: 'foo', timestamp: '2024-07-12T01:17:42' },
      version: { time: 1720742302233719, seq },
    });
  });

  it('REMOVE', () => {
    expect(JSON.parse(line(2))).toEqual({
      kind: 'remove',
      source,
      key: { device: 'foo', timestamp: '2024-07-12T01:17:42' },
      before: { humidity: 84.84, temperature: 55.66, device: 'foo', timestamp: '2024-07-12T01:17:42' },
      version: { time: 1720742321848352, seq },
    });
  });
});

describe('records that LocalStack wrote', () => {
  it.each([
    ['insert-all-types', ['insert']],
    ['put-identical', ['modify']],
    ['modify-update', ['modify']],
    ['update-no-op', []],
    ['update-condition-fails', []],
    ['modify-put', ['modify']],
    ['remove', ['remove']],
    ['remove-missing', []],
    ['update-upsert', ['insert']],
    ['batch-write', ['insert', 'insert', 'remove']],
    ['transact-write', ['insert', 'modify', 'remove']],
    ['partiql', []],
    ['microsecond-insert', ['insert']],
    ['microsecond-modify', ['modify']],
    ['microsecond-remove', ['remove']],
    ['keys-only-insert', ['insert']],
    ['keys-only-modify', ['modify']],
    ['ttl-remove', ['remove']],
  ])('%s: %j', (name, kinds) => {
    const records = localStack(name);
    const events = records.map((record) => onlyEvent(dynamodbCodec.decode(record)));
    expect(events.map((event) => event.kind)).toEqual(kinds);
    expect(events.map((event) => event.version.seq)).toEqual(records.map((record) => `${record.sequence}000000000`));
    for (const { kind, after, before } of events) {
      expect([kind, after !== undefined, before !== undefined]).toEqual([kind, kind !== 'remove', kind !== 'insert']);
    }
  });

  it('knows every case of the fixture', () => {
    expect(localStackCases).toHaveLength(18);
  });

  const eventOf = (name: string): RowChange => {
    const [record] = localStack(name);
    if (record === undefined) throw new Error(`no record in ${name}`);
    return onlyEvent(dynamodbCodec.decode(record));
  };

  it('takes whole seconds for seconds', () => {
    expect(eventOf('insert-all-types').version.time).toBe(1795238586_000_000);
  });

  it('gives the key in the order of its names, with the type of each part', () => {
    expect(eventOf('insert-all-types').key).toEqual([
      ['pk', 'customer#1'],
      ['sk', 1],
    ]);
    expect(eventOf('update-upsert').key).toEqual([
      ['pk', 'up'],
      ['sk', -1.5],
    ]);
    expect(eventOf('microsecond-insert').key).toEqual([['digest', Uint8Array.of(1, 2, 255)]]);
  });

  it('gives every digit of every type as text', () => {
    const nines = `${'9'.repeat(38)}${'0'.repeat(88)}`;
    const expected = [
      '"pk":"customer#1","sk":1,"s":"text","empty":""',
      '"unicode":"Grüße, 日本語, עברית, 👩‍👩‍👧, é, \\u0000, \\"quoted\\", \\\\back\\\\, line\\nbreak, \u2028"',
      '"n":42,"n38":12345678901234567890123456789012345678,"nDec":-0.1234567890123456789012345678901234567',
      `"nBig":${nines},"nSmall":0.${'0'.repeat(129)}1,"nZero":0,"nTrail":1.5,"n53":9007199254740993`,
      '"bin":"AAEC+v8=","binEmpty":"","bTrue":true,"bFalse":false,"nul":null',
      '"ss":["a","b","ü"],"ns":[-2.5,1,3,12345678901234567890123456789012345678],"bs":["/wA=","b25l"]',
      '"list":["x",1,null,false,"aW4gbGlzdA==",[],{},"",["q"]]',
      '"map":{"a.b":"dotted","S":"named like a type","deep":{"er":[{"x":7}]}},"odd name-Ü":"odd","__proto__x":"p"',
    ];
    // The fixture writes é as e + U+0301.
    expect(eventOf('insert-all-types').after?.json(exact).normalize('NFC')).toBe(`{${expected.join(',')}}`.normalize('NFC'));
  });

  it('says the same of an image whether its numbers are in their normal form or not', () => {
    const { after, before } = eventOf('put-identical');
    expect(JSON.parse(after?.json(exact) ?? '')).toEqual(JSON.parse(before?.json(exact) ?? ''));
    for (const digits of ['"nTrail":1.5,', `"nSmall":0.${'0'.repeat(129)}1,`, `"nBig":${'9'.repeat(38)}${'0'.repeat(88)},`]) {
      expect([after?.json(exact).includes(digits), before?.json(exact).includes(digits)]).toEqual([true, true]);
    }
  });
});

describe('the record around the item', () => {
  const at = (time: unknown, precision?: unknown): object =>
    change({ change: { ApproximateCreationDateTime: time, ApproximateCreationDateTimePrecision: precision } });

  it.each([
    [1720740233, undefined, 1720740233_000_000],
    [9_007_199_254, undefined, 9_007_199_254_000_000],
    // Seconds of the year 5138: more microseconds than a double counts.
    [99_999_999_999, undefined, undefined],
    [100_000_000_000, undefined, 100_000_000_000_000],
    [99_999_999_999_999, undefined, undefined],
    [100_000_000_000_000, undefined, 100_000_000_000_000],
    [1720740233012, undefined, 1720740233012_000],
    [1720740233012, null, 1720740233012_000],
    [1720740233012, 'MILLISECOND', 1720740233012_000],
    [1720740233012995, undefined, 1720740233012995],
    [1720740233012995, 'MICROSECOND', 1720740233012995],
    [1720740233, 'MILLISECOND', 1720740233_000],
    [0, undefined, 0],
    [1720740233012, 'NANOSECOND', undefined],
    [1.5, undefined, undefined],
    [-1, undefined, undefined],
    [1e300, undefined, undefined],
    [9007199254740991, 'MILLISECOND', undefined],
    ['1720740233012', undefined, undefined],
    [undefined, undefined, undefined],
    [null, undefined, undefined],
  ])('time %s with precision %s is %s µs', (time, precision, expected) => {
    if (expected === undefined) expect(codeOf(at(time, precision))).toBe('BROKEN_RECORD');
    else expect(decode(at(time, precision)).version.time).toBe(expected);
  });

  it('orders milliseconds before microseconds of the same one, as of a stream that was switched to those', () => {
    const milli = decode(at(1720740233123, 'MILLISECOND')).version;
    const micro = (micros: number) => decode(at(1720740233123_000 + micros, 'MICROSECOND')).version;
    const later = onlyEvent(dynamodbCodec.decode(recordOf(at(1720740233123, 'MILLISECOND'), { sequence: `${sequence.slice(0, -1)}3` }))).version;
    expect(compareVersions(milli, later)).toBeLessThan(0);
    for (const micros of [1, 400, 999]) expect(compareVersions(later, micro(micros))).toBeLessThan(0);
    expect(compareVersions(micro(999), decode(at(1720740233124, 'MILLISECOND')).version)).toBeLessThan(0);
    // What a switch the other way costs, for as long as one millisecond.
    expect(compareVersions(micro(400), later)).toBeGreaterThan(0);
  });

  it('orders by sub-sequence what an aggregate carried', () => {
    const event = onlyEvent(dynamodbCodec.decode(recordOf(change(), { sequence: '123', subSequence: 7 })));
    expect(event.version.seq).toBe('123000007000');
  });

  it('sorts the names of the key by their bytes', () => {
    const keys = { '\u{1f600}': { S: '1' }, '\uffff': { S: '2' }, b: { N: '3' }, a: { B: 'AA==' } };
    expect(decode(change({ change: { Keys: keys } })).key?.map(([name]) => name)).toEqual(['a', 'b', '\uffff', '\u{1f600}']);
  });

  it('takes a removal by time to live for a removal', () => {
    const userIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    const event = decode(change({ eventName: 'REMOVE', change: { NewImage: undefined, OldImage: { id: { S: 'a' } } }, record: { userIdentity } }));
    expect([event.kind, event.after, event.before?.json(exact)]).toEqual(['remove', undefined, '{"id":"a"}']);
  });

  it('needs no image to remove, and has no row after it', () => {
    expect(decode(change({ eventName: 'REMOVE', change: { NewImage: null } }))).not.toHaveProperty('before');
    expect(decode(change({ eventName: 'REMOVE' }))).not.toHaveProperty('after');
  });

  it.each(['INSERT', 'MODIFY'])('%s without an image says what to configure', (eventName) => {
    const decoded = dynamodbCodec.decode(recordOf(change({ eventName, change: { NewImage: undefined } })));
    expect(decoded).toEqual({ kind: 'undecodable', error: { code: 'NO_IMAGE', message: expect.stringContaining('NEW_AND_OLD_IMAGES') } });
  });

  it.each<[string, unknown, string]>([
    ['nothing', '', 'EMPTY'],
    ['white space', ' \n', 'EMPTY'],
    ['a cut record', JSON.stringify(change()).slice(0, -1), 'NOT_JSON'],
    ['Python repr', "{'eventSource': 'aws:dynamodb'}", 'NOT_JSON'],
    ['more than a record can hold', `"${'x'.repeat(10 * 1024 * 1024)}"`, 'TOO_LARGE'],
    ['null', null, 'UNKNOWN_FORMAT'],
    ['a list', [change()], 'UNKNOWN_FORMAT'],
    ['another source', change({ record: { eventSource: 'foo:bar' } }), 'UNKNOWN_FORMAT'],
    ['another event', change({ eventName: 'FOOBAR' }), 'BROKEN_RECORD'],
    ['an event of every object', change({ eventName: 'constructor' }), 'BROKEN_RECORD'],
    ['no event', change({ eventName: undefined }), 'BROKEN_RECORD'],
    ['no table', change({ record: { tableName: undefined } }), 'BROKEN_RECORD'],
    ['an empty table', change({ record: { tableName: '' } }), 'BROKEN_RECORD'],
    ['no change', change({ record: { dynamodb: null } }), 'BROKEN_RECORD'],
    ['no key', change({ change: { Keys: undefined } }), 'BROKEN_VALUE'],
    ['an empty key', change({ change: { Keys: {} } }), 'BROKEN_RECORD'],
    ['a key of no key type', change({ change: { Keys: { id: { BOOL: true } } } }), 'BROKEN_RECORD'],
    ['a key that is null', change({ change: { Keys: { id: { S: null } } } }), 'BROKEN_RECORD'],
    ['a broken key', change({ change: { Keys: { id: { N: 'x' } } } }), 'BROKEN_VALUE'],
    ['an image that is no item', change({ change: { NewImage: [] } }), 'BROKEN_VALUE'],
    ['a broken image before', change({ eventName: 'MODIFY', change: { OldImage: { n: { N: 'x' } } } }), 'BROKEN_VALUE'],
  ])('%s: %#', (_, content, code) => {
    expect(codeOf(content)).toBe(code);
  });

  it('refuses a place in the stream that makes no order', () => {
    expect(codeOf(change(), { sequence: 'abc' })).toBe('BROKEN_RECORD');
    expect(codeOf(change(), { subSequence: 1_000_000 })).toBe('BROKEN_RECORD');
  });
});
