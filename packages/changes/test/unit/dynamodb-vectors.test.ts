// The vectors D1 to D19 that commons-codec is tested with (a translator of DynamoDB's records to CrateDB), with what they give here:
// every digit, sets as sorted lists, whatever type a list's members have. Expected results are written by hand.
import { describe, expect, it } from 'vitest';
import { compareVersions, type Decoded, dynamodbCodec } from '../../src/index.ts';
import { change, onlyEvent, recordOf } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const id = { S: '5F9E-Fsadd41C-4C92-A8C1-70BF3FFB9266' };
const text = id.S;

const basic = {
  id,
  humidity: { N: '84.84' },
  temperature: { N: '42.42' },
  device: { S: 'foo' },
  timestamp: { S: '2024-07-12T01:17:42' },
  string_set: { SS: ['location_1'] },
  number_set: { NS: [1, 2, 3, 4] },
  binary_set: { BS: ['U3Vubnk='] },
};
const nested = {
  id,
  data: { M: { temperature: { N: '42.42' }, humidity: { N: '84.84' } } },
  meta: { M: { timestamp: { S: '2024-07-12T01:17:42' }, device: { S: 'foo' } } },
  string_set: { SS: ['location_1'] },
  number_set: { NS: [1, 2, 3, 0.34] },
  binary_set: { BS: ['U3Vubnk='] },
  somemap: { M: { test: { N: 1 }, test2: { N: 2 } } },
};
const modified = {
  id,
  humidity: { N: '84.84' },
  temperature: { N: '55.66' },
  device: { S: 'bar' },
  location: { S: 'Sydney' },
  empty_string: { S: '' },
  null_string: { S: null },
};
const modifiedNested = {
  id,
  tags: { L: [{ S: 'foo' }, { S: 'bar' }] },
  empty_map: { M: {} },
  empty_list: { L: [] },
  list_of_objects: { L: [{ M: { foo: { S: 'bar' } } }, { M: { baz: { S: 'qux' } } }] },
};
const fullLoad = {
  id,
  location: { M: { coordinates: { L: [{ S: '' }] } } },
  list_of_objects: { L: [{ M: { date: { S: '2024-08-28' }, tags: { L: [{ S: '' }, { S: '' }] } } }] },
  list_of_varied: { L: [{ M: { a: { N: '1' } } }, { N: '2' }, { S: 'Three' }] },
  map_of_numbers: { M: { foo: { N: '1' }, bar: { N: '-2.50' } } },
  set_of_strings: { SS: ['location_2', 'location_1'] },
  set_of_numbers: { NS: ['3', '0.34', '10'] },
  set_of_binaries: { BS: ['U3Vubnk=', 'AA=='] },
};

interface Vector {
  readonly name: string;
  readonly eventName?: string;
  readonly image: object;
  readonly before?: object;
  /** As JSON text; none for a removal. */
  readonly after?: string;
  readonly beforeJson?: string;
}

const vectors: readonly Vector[] = [
  { name: 'D1: a number', image: { foo: { N: '84.84' } }, after: '{"foo":84.84}' },
  {
    name: 'D4: INSERT, with a set of numbers that are no text',
    image: basic,
    after: `{"id":"${text}","humidity":84.84,"temperature":42.42,"device":"foo","timestamp":"2024-07-12T01:17:42","string_set":["location_1"],"number_set":[1,2,3,4],"binary_set":["U3Vubnk="]}`,
  },
  {
    name: 'D5: INSERT, nested',
    image: nested,
    after: `{"id":"${text}","data":{"temperature":42.42,"humidity":84.84},"meta":{"timestamp":"2024-07-12T01:17:42","device":"foo"},"string_set":["location_1"],"number_set":[0.34,1,2,3],"binary_set":["U3Vubnk="],"somemap":{"test":1,"test2":2}}`,
  },
  {
    name: 'D6: MODIFY, with an empty text and one that is null',
    eventName: 'MODIFY',
    image: modified,
    before: { id, humidity: { N: '84.84' } },
    after: `{"id":"${text}","humidity":84.84,"temperature":55.66,"device":"bar","location":"Sydney","empty_string":"","null_string":null}`,
    beforeJson: `{"id":"${text}","humidity":84.84}`,
  },
  {
    name: 'D7: MODIFY, nested',
    eventName: 'MODIFY',
    image: modifiedNested,
    after: `{"id":"${text}","tags":["foo","bar"],"empty_map":{},"empty_list":[],"list_of_objects":[{"foo":"bar"},{"baz":"qux"}]}`,
  },
  { name: 'D8: REMOVE', eventName: 'REMOVE', image: {}, before: { id, humidity: { N: '84.84' } }, beforeJson: `{"id":"${text}","humidity":84.84}` },
  { name: 'D9: a set of numbers', image: { a: { NS: ['1', '1.25'] } }, after: '{"a":[1,1.25]}' },
  {
    name: 'D10: sets of strings and of binaries',
    image: { a: { SS: ['foo', 'bar'] }, b: { BS: ['AQ==', 'AA=='] } },
    after: '{"a":["bar","foo"],"b":["AA==","AQ=="]}',
  },
  {
    name: 'D11: a list of maps with maps',
    image: { a: { L: [{ M: { b: { M: { c: { N: '1' } } } } }, { M: { b: { M: { c: { N: '2' } } } } }] } },
    after: '{"a":[{"b":{"c":1}},{"b":{"c":2}}]}',
  },
  {
    name: 'D12: an item of a full load; a list of several types stays in its place',
    image: fullLoad,
    after: `{"id":"${text}","location":{"coordinates":[""]},"list_of_objects":[{"date":"2024-08-28","tags":["",""]}],"list_of_varied":[{"a":1},2,"Three"],"map_of_numbers":{"foo":1,"bar":-2.5},"set_of_strings":["location_1","location_2"],"set_of_numbers":[0.34,3,10],"set_of_binaries":["AA==","U3Vubnk="]}`,
  },
  { name: 'D15: a list in a list', image: { a: { L: [{ N: '1' }, { S: 'foo' }, { L: [{ N: '1.25' }] }] } }, after: '{"a":[1,"foo",[1.25]]}' },
  { name: 'D16: a number beside a list of two types', image: { foo: { N: '1' }, bar: { L: [{ N: '1' }, { S: 'foo' }] } }, after: '{"foo":1,"bar":[1,"foo"]}' },
  { name: 'D17: NULL, BOOL and B', image: { a: { NULL: true }, b: { BOOL: false }, c: { B: 'Zm9v' } }, after: '{"a":null,"b":false,"c":"Zm9v"}' },
  {
    name: 'D19: maps of a list whose members differ in type, as they are',
    image: { a: { L: [{ M: { abc: { N: '42.42' } } }, { M: { abc: { N: '42' } } }, { M: { abc: { NULL: true } } }, { M: { abc: { S: '123' } } }] } },
    after: '{"a":[{"abc":42.42},{"abc":42},{"abc":null},{"abc":"123"}]}',
  },
];

function decodeVector({ eventName = 'INSERT', image, before }: Vector): Decoded {
  const images = { NewImage: eventName === 'REMOVE' ? undefined : image, OldImage: before };
  return dynamodbCodec.decode(recordOf(change({ eventName, change: { Keys: { id }, ...images } })));
}

function codeOf(content: object): string {
  const decoded = dynamodbCodec.decode(recordOf(content));
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

describe('vectors', () => {
  it.each(vectors)('$name', (vector) => {
    const event = onlyEvent(decodeVector(vector));
    expect([event.kind.toUpperCase(), event.key]).toEqual([vector.eventName ?? 'INSERT', [['id', text]]]);
    expect([event.after?.json(exact), event.before?.json(exact)]).toEqual([vector.after, vector.beforeJson]);
  });

  it('D2: another source is another format', () => {
    expect(codeOf(change({ record: { eventSource: 'foo:bar' } }))).toBe('UNKNOWN_FORMAT');
  });

  it('D3: another event is no change of an item', () => {
    expect(codeOf(change({ eventName: 'FOOBAR' }))).toBe('BROKEN_RECORD');
  });

  it.each(['S', 'N', 'B'])('D13: the type of a key is that of its value: %s', (type) => {
    const [key] = onlyEvent(dynamodbCodec.decode(recordOf(change({ change: { Keys: { id: { [type]: '1000' } } } })))).key ?? [];
    expect(key?.[1]).toEqual({ S: '1000', N: 1000, B: Uint8Array.of(0xd7, 0x4d, 0x34) }[type]);
  });

  it('D14: a key of another type is refused', () => {
    expect(codeOf(change({ change: { Keys: { Id: { F: '1' } } } }))).toBe('BROKEN_VALUE');
    expect(codeOf(change({ change: { Keys: { Id: { SS: ['1'] } } } }))).toBe('BROKEN_RECORD');
  });

  it('D17: another type, and none, are refused', () => {
    for (const attribute of [{ FOO: 'x' }, {}]) expect(codeOf(change({ change: { NewImage: { a: attribute } } }))).toBe('BROKEN_VALUE');
  });

  it('D18: the same record again is a replay', () => {
    const [first, again] = [change(), change()].map((record) => onlyEvent(dynamodbCodec.decode(recordOf(record))).version);
    expect(first && again && compareVersions(first, again)).toBe(0);
  });
});
