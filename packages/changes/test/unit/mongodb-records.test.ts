// The mongodb codec on the change event around the document: kinds, keys, versions, and events that change no document. Expected
// results are written by hand from MongoDB's documentation of change events.
import { describe, expect, it } from 'vitest';
import { type ChangeEvent, compareVersions, describeDecoded, rawRecord } from '../../src/index.ts';
import { mongodbCodec } from '../../src/mongodb/codec.ts';
import { onlyEvent, recordOf, sequence } from '../support/records.ts';

type Parts = Readonly<Record<string, unknown>>;

const oid = '669067d6c2b0a1d5f3e4a001';
const key = { _id: { $oid: oid } };
const document = { ...key, price: { $numberDecimal: '19.90' } };
const version = { time: 1720739862000001, seq: `${sequence}000000000` };

function change(parts: Parts): Parts {
  return {
    _id: { _data: '8266906816' },
    operationType: 'insert',
    clusterTime: { $timestamp: { t: 1720739862, i: 1 } },
    wallTime: { $date: '2024-07-11T23:17:42.005Z' },
    ns: { db: 'shop', coll: 'orders' },
    documentKey: key,
    ...parts,
  };
}

function linesOf(content: unknown): readonly unknown[] {
  return describeDecoded(mongodbCodec.decode(recordOf(content))).map((line) => JSON.parse(line));
}

function codeOf(content: unknown, place = {}): string {
  const decoded = mongodbCodec.decode(recordOf(content, place));
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

describe('a change of a document', () => {
  const source = { system: 'mongodb', database: 'shop', table: 'orders' };
  const row = { _id: oid, price: 19.9 };
  it.each<[string, Parts, Parts]>([
    ['insert', { fullDocument: document }, { kind: 'insert', after: row }],
    ['update', { fullDocument: document, updateDescription: { updatedFields: {} } }, { kind: 'modify', after: row }],
    ['update', { fullDocument: document, fullDocumentBeforeChange: { ...key, price: 1 } }, { kind: 'modify', after: row, before: { _id: oid, price: 1 } }],
    ['replace', { fullDocument: document }, { kind: 'modify', after: row }],
    ['delete', {}, { kind: 'remove' }],
    ['delete', { fullDocumentBeforeChange: document }, { kind: 'remove', before: row }],
  ])('%s', (operationType, parts, expected) => {
    expect(linesOf(change({ operationType, ...parts }))).toEqual([{ ...expected, source, key: { _id: oid }, version }]);
  });

  it.each<[unknown, unknown]>([
    [{ $oid: oid }, oid],
    [{ $numberLong: '9007199254740993' }, 9007199254740993n],
    ['a', 'a'],
    [null, null],
    [{ $binary: { base64: 'AAEC', subType: '00' } }, Uint8Array.of(0, 1, 2)],
    [
      { customer: 'c', no: { $numberInt: '1' } },
      { customer: 'c', no: 1 },
    ],
    [{ $date: { $numberLong: '0' } }, '1970-01-01T00:00:00Z'],
  ])('has the _id %j', (_id, expected) => {
    expect(onlyEvent(mongodbCodec.decode(recordOf(change({ operationType: 'delete', documentKey: { _id } })))).key).toEqual([['_id', expected]]);
  });

  it('takes the _id of the document where there is no documentKey', () => {
    expect(onlyEvent(mongodbCodec.decode(recordOf(change({ documentKey: undefined, fullDocument: document })))).key).toEqual([['_id', oid]]);
  });
});

describe('a sharded collection', () => {
  const event = (fullDocument: Parts): readonly ChangeEvent[] => {
    const decoded = mongodbCodec.decode(recordOf(change({ operationType: 'update', documentKey: { region: 'eu', _id: 7 }, fullDocument })));
    if (decoded.kind !== 'changes') throw new Error(decoded.kind);
    return decoded.events;
  };

  it.each<[Parts]>([[{ _id: 7, region: 'eu', n: 1 }], [{ _id: 7, n: 1 }]])('has the shard key in the key: %j', (fullDocument) => {
    expect(event(fullDocument)).toMatchObject([
      {
        kind: 'modify',
        key: [
          ['region', 'eu'],
          ['_id', 7],
        ],
        version,
      },
    ]);
  });

  it.each([['us'], [null]])('moves the document when its shard key becomes %j', (region) => {
    const events = event({ _id: 7, region, n: 1 });
    expect(events).toMatchObject([
      {
        kind: 'remove',
        key: [
          ['region', 'eu'],
          ['_id', 7],
        ],
        version,
      },
      {
        kind: 'modify',
        key: [
          ['region', region],
          ['_id', 7],
        ],
        version: { time: version.time, seq: `${sequence}000000001` },
      },
    ]);
    expect(events.map((one) => 'after' in one)).toEqual([false, true]);
  });
});

describe('version', () => {
  const versionOf = (parts: Parts, place = {}): { readonly time: number; readonly seq: string } =>
    onlyEvent(mongodbCodec.decode(recordOf(change({ operationType: 'delete', ...parts }), place))).version;
  const at = (t: number, i: number): Parts => ({ clusterTime: { $timestamp: { t, i } } });

  it.each<[Parts, Parts]>([
    [at(1, 9), at(1, 10)],
    [at(1, 4_000_000_000), at(2, 0)],
  ])('%j is older than %j', (older, newer) => {
    expect(compareVersions(versionOf(older), versionOf(newer))).toBeLessThan(0);
  });

  it('takes the order of the stream within a transaction, whose changes have one cluster time', () => {
    const [first, second] = ['49590338271490256608559692538361571095921575989136588898', '49590338271490256608559692538362780021741190618311295074'];
    expect(compareVersions(versionOf({}, { sequence: first }), versionOf({}, { sequence: second }))).toBeLessThan(0);
  });

  it.each<[Parts, number]>([
    [{ clusterTime: undefined }, 1720739862005000],
    [{ clusterTime: undefined, wallTime: { $date: { $numberLong: '1720739862005' } } }, 1720739862005000],
    [{ clusterTime: null, wallTime: undefined }, 0],
  ])('%j has the time %j', (parts, time) => {
    expect(versionOf(parts).time).toBe(time);
  });
});

describe('events that change no document', () => {
  it.each<[string, Parts]>([
    ['drop', {}],
    ['rename', { to: { db: 'shop', coll: 'new' } }],
    ['dropDatabase', { ns: { db: 'shop' } }],
    ['invalidate', { ns: undefined }],
    ['create', {}],
    ['createIndexes', {}],
    ['shardCollection', {}],
  ])('%s is ignored, with a reason', (operationType, parts) => {
    const record = recordOf(change({ operationType, documentKey: undefined, ...parts }));
    expect([mongodbCodec.decode(record), mongodbCodec.recognises(record)]).toMatchObject([{ kind: 'ignored', reason: expect.stringMatching(/\w/) }, true]);
  });
});

describe('events that cannot be read', () => {
  it.each<[string, unknown, string]>([
    ['of an unknown kind', change({ operationType: 'upsert' }), 'BROKEN_RECORD'],
    ['without a collection', change({ ns: { db: 'shop' }, fullDocument: document }), 'BROKEN_RECORD'],
    ['without a key', change({ operationType: 'delete', documentKey: {} }), 'BROKEN_RECORD'],
    ['of a broken cluster time', change({ operationType: 'delete', clusterTime: { $timestamp: { t: -1, i: 0 } } }), 'BROKEN_RECORD'],
    ['of a cluster time that is none', change({ operationType: 'delete', clusterTime: 5 }), 'BROKEN_RECORD'],
    ['of a broken wall time', change({ operationType: 'delete', clusterTime: null, wallTime: { $date: 'x' } }), 'BROKEN_RECORD'],
    ['without the document', change({ operationType: 'update', updateDescription: { updatedFields: { a: 1 } } }), 'NO_IMAGE'],
    ['whose document was not found', change({ operationType: 'update', fullDocument: null }), 'NO_IMAGE'],
    ['that are fragments', change({ fullDocument: document, splitEvent: { fragment: 1, of: 2 } }), 'NO_IMAGE'],
    [
      'with a number beyond all',
      JSON.stringify(change({ fullDocument: { a: 5 } }))
        .replace('5}}', '1e99999}}')
        .replace('{"a":5}', '{"a":1e99999}'),
      'BROKEN_VALUE',
    ],
    [
      'of a deep key',
      JSON.stringify(change({ operationType: 'delete', documentKey: { _id: '@' } })).replace('"@"', `${'['.repeat(50_000)}${']'.repeat(50_000)}`),
      'TOO_DEEP',
    ],
    ['of nothing', '', 'EMPTY'],
    ['of a plain row', { operationType: 'insert', id: 1 }, 'UNKNOWN_FORMAT'],
    ['of DynamoDB', { eventSource: 'aws:dynamodb', eventName: 'INSERT', dynamodb: {} }, 'UNKNOWN_FORMAT'],
    ['of Debezium', { op: 'c', after: '{"_id":1}', source: { connector: 'mongodb', db: 'a', collection: 'b' } }, 'UNKNOWN_FORMAT'],
  ])('%s', (_, content, code) => {
    expect(codeOf(content)).toBe(code);
    if (code === 'UNKNOWN_FORMAT' || code === 'EMPTY') expect(mongodbCodec.recognises(recordOf(content))).toBe(false);
  });

  it('whose place in the stream is none', () => {
    expect(codeOf(change({ operationType: 'delete' }), { sequence: 'x' })).toBe('BROKEN_RECORD');
  });

  it('say what to configure', () => {
    expect(mongodbCodec.decode(recordOf(change({ operationType: 'update' })))).toMatchObject({ error: { message: expect.stringContaining('updateLookup') } });
  });
});

describe('examples', () => {
  it.each(mongodbCodec.examples.map((example) => [example.title, example] as const))('%s', (_, { text, sequence: place }) => {
    const record = rawRecord({ bytes: Buffer.from(text), sequence: place });
    expect([mongodbCodec.decode(record).kind, mongodbCodec.recognises(record)]).toEqual(['changes', true]);
  });
});
