// Aggregates taken apart: the vectors of the format, and what becomes of everything that is no whole aggregate.
import { describe, expect, test } from 'vitest';
import { hasAggregates, unaggregate as unaggregated, unaggregateFrom } from '../../../src/aggregation/deaggregate.ts';
import { hashRangeOf } from '../../../src/aggregation/hash-range.ts';
import { aggregate, type RecordToAggregate } from '../../../src/testing/index.ts';
import type { StreamRecord } from '../../../src/types.ts';
import { recordAt } from '../../support/records.ts';
import { bytes, golden, hashOfA, highestHash, number, recordOf, seen, shardWith, wrapFields } from './carriers.ts';

const unaggregate = (...given: Parameters<typeof unaggregated>) => unaggregated(...given).records;
const text = (value: string) => Buffer.from(value);
const plenty = Number.POSITIVE_INFINITY;
const helloWorld = [
  { partitionKey: 'a', data: text('hello') },
  { partitionKey: 'b', explicitHashKey: '12345', data: text('world') },
];

describe('golden bytes', () => {
  test('the encoder makes them', () => {
    expect(Buffer.from(aggregate(helloWorld)).toString('hex')).toBe(golden.toString('hex'));
  });

  test('K1: both records come, in their places', () => {
    expect(unaggregate(recordOf(7, golden), undefined).map(seen)).toEqual([
      { sequence: '7', subSequence: 0, partitionKey: 'a', aggregated: { outsideShard: false }, text: 'hello' },
      { sequence: '7', subSequence: 1, partitionKey: 'b', aggregated: { explicitHashKey: '12345', outsideShard: false }, text: 'world' },
    ]);
  });

  test('K3: a record of another shard comes with a mark, and nothing else is lost', () => {
    const range = hashRangeOf(shardWith(hashOfA, highestHash));
    const records = unaggregate(recordOf(7, golden), range);
    expect(records.map((record) => [record.text(), record.aggregated?.outsideShard])).toEqual([
      ['hello', false],
      ['world', true],
    ]);
  });

  test('K4: a wrong digest leaves the record as it came', () => {
    const broken = Buffer.from(golden);
    broken.writeUInt8(golden.readUInt8(golden.length - 1) ^ 1, golden.length - 1);
    const carrier = recordOf(7, broken);
    const found = unaggregate(carrier, undefined);
    expect(found).toHaveLength(1);
    expect(found[0]).toBe(carrier);
  });
});

describe('one record', () => {
  test('has the shard and the time of its carrier', () => {
    const carrier = recordOf(7, golden, { arrivalMs: 5 });
    for (const { shard, arrivalMs } of unaggregate(carrier, undefined)) expect([shard, arrivalMs]).toEqual([carrier.shard, 5]);
  });

  test('is found wherever its carrier lies', () => {
    const page = Buffer.concat([text('before'), golden, text('after')]);
    const [hello] = unaggregate(recordOf(7, page.subarray(6, 6 + golden.length)), undefined);
    expect(Buffer.from(hello?.bytes() ?? []).toString()).toBe('hello');
    expect(hello?.text()).toBe('hello');
  });

  test('goes when it is let go, and what was asked for before stays', () => {
    const { records, free } = unaggregated(recordOf(7, golden), undefined);
    const before = records[0]?.bytes();
    free();
    for (const record of records) {
      expect(() => record.bytes()).toThrow(expect.objectContaining({ code: 'BATCH_RELEASED' }));
      expect(() => record.text()).toThrow(expect.objectContaining({ code: 'BATCH_RELEASED' }));
    }
    expect(Buffer.from(before ?? [])).toEqual(text('hello'));
  });

  test('does not ask its carrier for each payload: that may have to decode them all', () => {
    let asked = 0;
    const whole = aggregate(Array.from({ length: 100 }, () => ({ partitionKey: 'a', data: text('x') })));
    const counted = () => {
      asked += 1;
      return whole;
    };
    const records = unaggregate(recordOf(7, whole, { bytes: counted }), undefined);
    const afterwards = asked;
    expect(records.map((record) => record.text() + Buffer.from(record.bytes()).toString()).join('')).toBe('xx'.repeat(100));
    expect(asked).toBe(afterwards);
  });
});

/** One key `k`, and a record of it that says `hi`. */
const keys = bytes(1, 0x6b);
const keyIndex = number(1, 0);
const hi = bytes(3, 0x68, 0x69);
const record = bytes(3, ...keyIndex, ...hi);
/** As many bytes as a number may have, and none is the last. */
const endless: readonly number[] = Array.from({ length: 10 }, () => 0x80);

describe('what is no whole aggregate is one record', () => {
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['nothing at all', text('')],
    ['one byte of the magic', golden.subarray(0, 1)],
    ['the magic alone', golden.subarray(0, 4)],
    ['the magic and less than a digest', golden.subarray(0, 19)],
    ['plain text', text('plain text that is longer than magic and digest')],
    ['an aggregate behind a byte', Buffer.concat([text('x'), golden])],
    ['an aggregate before a byte', Buffer.concat([golden, text('x')])],
    ['an aggregate of nothing: the position must go on past it', wrapFields()],
    ['tables without records', wrapFields(keys)],
    ['a table that ends too early', wrapFields(record, [0x0a, 2, 0x6b])],
    ['a record that ends too early', wrapFields(keys, [0x1a, 7, ...keyIndex, ...hi])],
    ['data longer than its record', wrapFields(keys, bytes(3, ...keyIndex, 0x1a, 3, 0x68, 0x69), keys)],
    ['a record without a key', wrapFields(keys, record, bytes(3, ...hi))],
    ['a record without data', wrapFields(keys, record, bytes(3, ...keyIndex))],
    ['a record without anything', wrapFields(keys, record, bytes(3))],
    ['no table', wrapFields(record)],
    ['a key behind the table', wrapFields(keys, record, bytes(3, ...number(1, 1), ...hi))],
    ['a key far behind the table', wrapFields(keys, record, bytes(3, ...number(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), ...hi))],
    ['a key of more than 64 bits', wrapFields(keys, record, bytes(3, ...number(1, ...endless, 0), ...hi))],
    ['a key of more than 64 bits, and a good one', wrapFields(keys, bytes(3, ...number(1, ...endless), ...keyIndex, ...hi))],
    ['a hash key of more than 64 bits', wrapFields(keys, bytes(3, ...number(2, ...endless), ...keyIndex, ...hi))],
    ['a key that ends too early', wrapFields(keys, record, bytes(3, ...hi, ...number(1, 0x80)))],
    ['a hash key without a table', wrapFields(keys, record, bytes(3, ...keyIndex, ...number(2, 0), ...hi))],
    ['a hash key that ends too early', wrapFields(keys, bytes(2, 0x31), record, bytes(3, ...keyIndex, ...hi, ...number(2, 0x80)))],
    ['field number 0', wrapFields(keys, record, number(0, 0))],
    ['a field number of more than 29 bits', wrapFields(keys, record, [0x80, 0x80, 0x80, 0x80, 0x10, 0])],
    ['a group', wrapFields(keys, record, [0x4b, 0x4c])],
    ['the end of a group', wrapFields(keys, record, [0x4c])],
    ['a wire type that there is not', wrapFields(keys, record, [0x4e])],
    ['an unknown number that ends too early', wrapFields(keys, record, number(9, 0x80))],
    ['unknown 8 bytes that end too early', wrapFields(keys, record, [0x49, 1, 2, 3, 4, 5, 6, 7])],
    ['unknown 4 bytes that end too early', wrapFields(keys, record, [0x4d, 1, 2, 3])],
    ['unknown bytes that end too early', wrapFields(keys, record, [0x4a, 3, ...number(9, 1)])],
    ['unknown bytes that end too early, in a record', wrapFields(keys, bytes(3, ...keyIndex, ...hi, 0x4a, 9, 1), bytes(9, 1, 2, 3, 4, 5, 6, 7, 8))],
  ];
  test.each(cases)('%s', (_name, data) => {
    const carrier = recordOf(7, data);
    const found = unaggregate(carrier, undefined);
    expect(found).toHaveLength(1);
    expect(found[0]).toBe(carrier);
  });
});

describe('what other encoders may write', () => {
  const zero = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
  const unknown = [...number(9, 0xff, 1), ...bytes(9, 1, 2, 3), ...bytes(9), 0x49, 1, 2, 3, 4, 5, 6, 7, 8, 0x4d, 1, 2, 3, 4];
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['what most write', wrapFields(keys, record)],
    ['the table behind the record', wrapFields(record, keys)],
    ['the data before the key', wrapFields(keys, bytes(3, ...hi, ...keyIndex))],
    ['tags', wrapFields(keys, bytes(3, ...keyIndex, ...hi, ...bytes(4, ...bytes(1, 0x74), ...bytes(2, 0x76)), ...bytes(4)))],
    ['a number with leading zeros', wrapFields(keys, bytes(3, ...number(1, ...zero), ...hi))],
    ['a length and a field number with leading zeros', wrapFields([0x8a, 0, 0x81, 0, 0x6b], bytes(3, 0x88, 0x80, 0, 0, ...hi))],
    ['unknown fields of every kind', wrapFields(unknown, keys, unknown, bytes(3, ...unknown, ...keyIndex, ...unknown, ...hi, ...unknown), unknown)],
    ['the highest field number', wrapFields(keys, [0xf8, 0xff, 0xff, 0xff, 0x0f, 1], record)],
    [
      'known fields of another kind',
      wrapFields(number(1, 5), number(3, 5), keys, bytes(3, ...bytes(1, 9), ...bytes(2, 9), ...keyIndex, ...hi, ...number(3, 5))),
    ],
    ['fields that come twice: the last counts', wrapFields(keys, bytes(3, ...number(1, 7), ...bytes(3, 0x78), ...keyIndex, ...hi))],
    ['keys that no record has', wrapFields(keys, bytes(1, 0x6c), bytes(2, 0x31), record)],
  ];
  test.each(cases)('%s', (_name, data) => {
    expect(unaggregate(recordOf(7, data), undefined).map(seen)).toEqual([
      { sequence: '7', subSequence: 0, partitionKey: 'k', aggregated: { outsideShard: false }, text: 'hi' },
    ]);
  });

  test('empty keys and empty data', () => {
    expect(unaggregate(recordOf(7, wrapFields(bytes(1), bytes(3, ...keyIndex, ...bytes(3)))), undefined).map(seen)).toEqual([
      { sequence: '7', subSequence: 0, partitionKey: '', aggregated: { outsideShard: false }, text: '' },
    ]);
  });
});

describe('which shard a record belongs to', () => {
  const carrier = (partitionKey: string, explicitHashKey?: string) =>
    recordOf(7, aggregate([{ partitionKey, ...(explicitHashKey === undefined ? {} : { explicitHashKey }), data: text('x') }]));
  const after = (decimal: string) => String(BigInt(decimal) + 1n);
  const before = (decimal: string) => String(BigInt(decimal) - 1n);
  const cases: readonly (readonly [string, string, string, string | undefined, boolean])[] = [
    ['its hash is the first', hashOfA, highestHash, undefined, false],
    ['its hash is before the first', after(hashOfA), highestHash, undefined, true],
    ['its hash is the last', '0', hashOfA, undefined, false],
    ['its hash is behind the last', '0', before(hashOfA), undefined, true],
    ['its explicit hash is the first', '12345', highestHash, '12345', false],
    ['its explicit hash is before the first', '12346', highestHash, '12345', true],
    ['its explicit hash is the last', '0', '12345', '12345', false],
    ['its explicit hash is behind the last, with fewer digits', '100', '12344', '12345', true],
    ['its explicit hash has leading zeros', '12345', '12345', '0012345', false],
    ['its explicit hash is the highest', highestHash, highestHash, highestHash, false],
    ['only the explicit hash counts', hashOfA, hashOfA, '1', true],
    ['an explicit hash of more than 128 bits', '1', '2', String(2n ** 128n), false],
    ['an explicit hash that is no number', '1', '2', 'x', false],
    ['an explicit hash that is empty', '1', '2', '', false],
    ['a range that is no range', 'x', '0', undefined, false],
    ['a range of everything', '0', highestHash, undefined, false],
  ];
  test.each(cases)('%s', (_name, start, end, explicitHashKey, outsideShard) => {
    const [found] = unaggregate(carrier('a', explicitHashKey), hashRangeOf(shardWith(start, end)));
    expect(found?.aggregated).toEqual({ ...(explicitHashKey === undefined ? {} : { explicitHashKey }), outsideShard });
  });

  test('a range of everything, or none, asks for no hash', () => {
    expect([hashRangeOf(shardWith('0', highestHash)), hashRangeOf(recordAt(1).shard)]).toEqual([undefined, undefined]);
  });
});

describe('a batch', () => {
  test.each<[boolean, string, readonly StreamRecord[]]>([
    [false, 'nothing', []],
    [false, 'single records', [recordOf(1, text('plain')), recordOf(2, text(''))]],
    [true, 'an aggregate behind others', [recordOf(1, text('plain')), recordOf(2, golden)]],
    [true, 'what begins like one', [recordOf(1, golden.subarray(0, 4))]],
  ])('%s: it has to be taken apart, of %s', (expected, _name, records) => {
    expect(hasAggregates(records)).toBe(expected);
  });

  test('is taken apart from a place on, until it costs as much as it may: one record at least, and none without a place', () => {
    const records = [recordOf(1, text('plain')), recordOf(2, golden), recordOf(3, golden), recordOf(4, text('plain'))];
    const one = unaggregateFrom([recordOf(2, golden)], 0, plenty, undefined).bytes;
    expect(one).toBeGreaterThan(golden.byteLength + 2 * 100);
    const taken = (at: number, bytesMax: number) => {
      const { records: found, bytes, next } = unaggregateFrom(records, at, bytesMax, undefined);
      return [found.map(({ sequence, subSequence }) => `${sequence}/${subSequence}`).join(' '), bytes, next];
    };
    expect(taken(0, plenty)).toEqual(['1/0 2/0 2/1 3/0 3/1 4/0', 2 * one, 4]);
    expect(taken(0, 1)).toEqual(['1/0 2/0 2/1', one, 2]);
    expect(taken(2, one)).toEqual(['3/0 3/1', one, 3]);
    expect(taken(2, one + 1)).toEqual(['3/0 3/1 4/0', one, 4]);
    expect(taken(4, plenty)).toEqual(['', 0, 4]);
  });

  test('costs what its bytes, its records and its keys do', () => {
    const costOf = (...given: readonly RecordToAggregate[]) => unaggregated(recordOf(7, aggregate(given)), undefined).bytes - aggregate(given).byteLength;
    const a = { partitionKey: 'a', data: text('x') };
    const key = costOf(a, { ...a, partitionKey: 'b' }) - costOf(a, a);
    expect(key).toBeGreaterThan(0);
    expect(costOf(a, a) - costOf(a)).toBe(costOf(a) - key);
    expect(costOf({ ...a, explicitHashKey: '1' }) - costOf(a)).toBe(key);
    expect(unaggregated(recordOf(7, text('plain')), undefined).bytes).toBe(0);
  });

  test('of both kinds keeps its order', () => {
    const plain = recordOf(1, text('plain'));
    const { records, free } = unaggregateFrom([plain, recordOf(2, golden), recordOf(3, wrapFields()), recordOf(4, golden)], 0, plenty, undefined);
    expect(records[0]).toBe(plain);
    expect(records.map(({ sequence, subSequence }) => `${sequence}/${subSequence}`)).toEqual(['1/0', '2/0', '2/1', '3/0', '4/0', '4/1']);
    free();
    const gone = records.map((record) => {
      try {
        return record.text().length === 0;
      } catch {
        return true;
      }
    });
    expect(gone).toEqual([false, true, true, false, true, true]);
  });
});
