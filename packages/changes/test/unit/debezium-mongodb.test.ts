// The debezium codec on records of Debezium's MongoDB connector: documents as text, keys, versions.
import { describe, expect, it } from 'vitest';
import { debeziumCodec } from '../../src/debezium/codec.ts';
import { compareVersions, type RowChange } from '../../src/index.ts';
import { onlyEvent, recordOf, sequence } from '../support/records.ts';

type Parts = Readonly<Record<string, unknown>>;

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const id = '669067d6c2b0a1d5f3e4a001';
const source = {
  connector: 'mongodb',
  name: 'shop',
  db: 'shop',
  collection: 'orders',
  ord: 7,
  ts_ms: 1763700000000,
  ts_us: 1763700000000000,
  snapshot: 'false',
};

function message(parts: Parts, sourceParts: Parts = {}): Parts {
  return { before: null, after: null, updateDescription: null, source: { ...source, ...sourceParts }, op: 'c', ts_ms: 1763700000200, ...parts };
}

function decode(content: unknown, partitionKey = 'default'): RowChange {
  return onlyEvent(debeziumCodec.decode({ ...recordOf(content), partitionKey }));
}

function codeOf(content: unknown): string {
  const decoded = debeziumCodec.decode(recordOf(content));
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

describe('a document', () => {
  it.each<[string, string]>([
    ['{"_id": 1,"n": {"$numberLong": "9007199254740993"},"d": {"$numberDecimal": "1.50"}}', '{"_id":1,"n":9007199254740993,"d":1.5}'],
    ['{"_id": 1,"n": 9007199254740993,"d": 0.12345678901234567890}', '{"_id":1,"n":9007199254740993,"d":0.1234567890123456789}'],
    ['{"_id": 1,"at": {"$date": 1720739862005},"b": {"$binary": "AAEC", "$type": "00"}}', '{"_id":1,"at":"2024-07-11T23:17:42.005Z","b":"AAEC"}'],
    ['{"_id": 1,"a": NaN,"b": [Infinity,-Infinity],"c": "NaN \\" NaN \\\\"}', '{"_id":1,"a":"NaN","b":["Infinity","-Infinity"],"c":"NaN \\" NaN \\\\"}'],
    ['{"__proto__": {"a": 1},"_id": "x","b": "\\ud800\\u0000"}', '{"__proto__":{"a":1},"_id":"x","b":"\\ud800\\u0000"}'],
  ])('%s', (after, expected) => {
    for (const content of [message({ after }), { schema: { type: 'struct', fields: [] }, payload: message({ after }) }]) {
      expect(decode(content).after?.json(exact)).toBe(expected);
    }
  });

  it('gives doubles that JSON does not have as numbers', () => {
    expect(decode(message({ after: '{"_id": 1,"a": NaN,"b": -Infinity}' })).after?.values()).toEqual({ _id: 1, a: Number.NaN, b: Number.NEGATIVE_INFINITY });
  });

  it.each<[string, unknown, string]>([
    ['is cut off', message({ after: '{"_id": 1' }), 'BROKEN_VALUE'],
    ['is cut off in a text', message({ after: '{"_id": "\\"\\"' }), 'BROKEN_VALUE'],
    ['is none', message({ after: '[1]' }), 'BROKEN_VALUE'],
    ['has a number beyond all', message({ after: '{"_id": 1e99999}' }), 'BROKEN_VALUE'],
    ['is too deep', message({ after: `{"_id":1,"a":${'['.repeat(200)}${']'.repeat(200)}}` }), 'TOO_DEEP'],
    ['was not looked up', message({ op: 'u', updateDescription: { updatedFields: '{"a": 1}', removedFields: null, truncatedArrays: null } }), 'NO_IMAGE'],
    ['has no collection', message({ after: '{"_id":1}' }, { collection: null }), 'BROKEN_RECORD'],
  ])('that %s is not decoded', (_, content, code) => {
    expect(codeOf(content)).toBe(code);
  });

  it('says what to configure', () => {
    expect(debeziumCodec.decode(recordOf(message({ op: 'u' })))).toMatchObject({ error: { message: expect.stringContaining('change_streams_update_full') } });
  });
});

describe('key', () => {
  it.each<[string, unknown]>([
    [`{"$oid": "${id}"}`, id],
    ['1004', 1004],
    ['{"$numberLong": "9007199254740993"}', 9007199254740993n],
    ['9007199254740993', 9007199254740993n],
    ['"1004"', '1004'],
    ['{"$binary": {"base64": "AAEC", "subType": "00"}}', Uint8Array.of(0, 1, 2)],
    ['{"hi" : "kafka", "nums" : [10.0]}', { hi: 'kafka', nums: [10] }],
  ])('of the _id %s', (text, expected) => {
    const event = decode(message({ op: 'd' }), JSON.stringify({ id: text }));
    expect([event.kind, event.source, event.key]).toEqual(['remove', { system: 'mongodb', database: 'shop', table: 'orders' }, [['_id', expected]]]);
  });

  it('comes from the document where the partition key has none', () => {
    const after = `{"_id": {"$oid": "${id}"}}`;
    expect(decode(message({ after })).key).toEqual([['_id', id]]);
    expect(decode(message({ after }), '{"id":"{"}').key).toEqual([['_id', id]]);
    expect(decode(message({ op: 'd', before: after })).key).toEqual([['_id', id]]);
    expect(decode(message({ op: 'd' })).key).toBeUndefined();
  });
});

describe('version', () => {
  const version = (parts: Parts, op = 'd'): RowChange['version'] => decode(message({ op, after: '{"_id":1}' }, parts)).version;

  it('is the cluster time, then the place in the stream', () => {
    expect(version({})).toEqual({ time: 1763700000000007, seq: `${sequence}000000000` });
    expect(version({ ts_us: undefined })).toEqual(version({}));
  });

  it.each<[Parts, Parts]>([
    [{ ord: 9 }, { ord: 10 }],
    [{ ord: 2_000_000 }, { ts_ms: 1763700001000, ts_us: undefined, ord: 0 }],
  ])('%j is older than %j', (older, newer) => {
    expect(compareVersions(version(older), version(newer))).toBeLessThan(0);
  });

  it('of a snapshot is below every change', () => {
    expect(version({ snapshot: 'true' }, 'r')).toEqual({ time: 1763700000000000 - 9e15, seq: `${sequence}000000000` });
  });
});
