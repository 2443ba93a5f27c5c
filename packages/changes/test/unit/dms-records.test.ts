// The dms codec on the record around the row: operations, control records, keys, versions. Expected results are written by
// hand from the documentation of AWS DMS and of the translators that read its records.
import { describe, expect, it } from 'vitest';
import { dmsCodec } from '../../src/dms/codec.ts';
import { compareVersions, describeDecoded, type RowChange } from '../../src/index.ts';
import { built, builtMicros, decodeDms, dmsRecord, metadata, transaction } from '../support/dms.ts';
import { onlyEvent, recordOf, sequence } from '../support/records.ts';

const source = { system: 'aws:dms', schema: 'public', table: 'foo' };
const seq = `${sequence}000000000`;
const jane = { age: 31, attributes: '{"baz": "qux"}', id: 46, name: 'Jane' };
const john = { age: 33, attributes: '{"foo": "bar"}', id: 42, name: 'John' };
const tableDef = { 'table-def': { columns: { id: { type: 'INT32', nullable: false } }, 'primary-key': ['id'] } };
const committed = 1722214654000001;

function said(content: unknown): unknown {
  const [line = ''] = describeDecoded(decodeDms(content));
  return JSON.parse(line);
}

function codeOf(content: unknown, place = {}): string {
  const decoded = decodeDms(content, place);
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

function event(operation: string, row: object, more = {}): RowChange {
  return onlyEvent(decodeDms(dmsRecord(operation, { row, metadata: more })));
}

// M16 is about an option of that translator, not about a record.
describe('the vectors of a translator of DMS records', () => {
  it.each<[string, unknown, unknown]>([
    ['M1: an unknown shape', { unknown: 'foo:bar' }, { kind: 'undecodable', error: { code: 'UNKNOWN_FORMAT' } }],
    ['M2: no schema and no table', { control: {}, metadata: { operation: 'insert' } }, { kind: 'undecodable', error: { code: 'BROKEN_RECORD' } }],
    [
      'M3: an unknown operation',
      { control: {}, metadata: { operation: 'FOOBAR', 'schema-name': 'public', 'table-name': 'foo' } },
      { kind: 'undecodable', error: { code: 'BROKEN_RECORD', message: expect.stringContaining('"FOOBAR"') } },
    ],
    [
      'M4, M5, M7: create-table',
      dmsRecord('create-table', { row: { control: tableDef } }),
      { kind: 'ignored', reason: expect.stringContaining('"create-table" of table "public.foo"') },
    ],
    [
      'M6, M7: drop-table',
      dmsRecord('drop-table', { row: { control: {} } }),
      { kind: 'ignored', reason: expect.stringContaining('"drop-table" of table "public.foo"') },
    ],
    [
      'M8: a table in which DMS keeps its books',
      dmsRecord('create-table', { row: { control: tableDef }, metadata: { 'schema-name': '', 'table-name': 'awsdms_apply_exceptions' } }),
      { kind: 'ignored', reason: expect.stringContaining('"awsdms_apply_exceptions"') },
    ],
    [
      'M9, M10: insert',
      dmsRecord('insert', { row: { data: jane }, metadata: transaction(1139) }),
      { kind: 'insert', source, after: jane, version: { time: committed, seq: '113900000000000000000001' } },
    ],
    [
      'M11: update of a value, nothing from before',
      dmsRecord('update', { row: { 'before-image': {}, data: john }, metadata: transaction(1140) }),
      { kind: 'modify', source, after: john, version: { time: committed, seq: '114000000000000000000001' } },
    ],
    [
      'M12: update without knowing the key',
      dmsRecord('update', { row: { data: john } }),
      { kind: 'modify', source, after: john, version: { time: builtMicros, seq } },
    ],
    [
      'M13, M14: delete, the other columns not known',
      dmsRecord('delete', { row: { data: { age: null, attributes: null, id: 45, name: null } }, metadata: transaction(1144) }),
      {
        kind: 'remove',
        source,
        before: { age: null, attributes: null, id: 45, name: null },
        version: { time: committed, seq: '114400000000000000000001' },
      },
    ],
    ['load', dmsRecord('load', { row: { data: john } }), { kind: 'snapshot', source, after: john, version: { time: builtMicros - 9e15, seq } }],
    ['truncate-table', dmsRecord('truncate-table', { row: { control: {} } }), { kind: 'truncate', source, version: { time: builtMicros, seq } }],
  ])('%s', (_, content, expected) => {
    const line = said(content);
    expect(line).toMatchObject(expected as object);
    if (!('error' in (expected as object))) expect(Object.keys(line as object).sort()).toEqual(Object.keys(expected as object).sort());
  });

  it('M15: remembers nothing of a table, so a new key of it is no matter', () => {
    const insert = dmsRecord('insert', { row: { data: jane } });
    const first = said(insert);
    decodeDms(dmsRecord('create-table', { row: { control: { 'table-def': { columns: {}, 'primary-key': ['name'] } } } }));
    expect(said(insert)).toEqual(first);
  });
});

describe('the row', () => {
  it('has no key: DMS names none beside the row', () => {
    for (const type of ['schema-table', 'primary-key', 'transaction-id', 'attribute-name', 'constant']) {
      const more = { 'partition-key-type': type, 'partition-key-value': 'public.foo.46' };
      expect(event('insert', { data: jane }, more)).toMatchObject({ key: undefined, kind: 'insert' });
    }
  });

  it('of a change of the key comes with the old key, for whoever knows its columns', () => {
    const { after, before, kind } = event('update', { 'before-image': { id: 46 }, data: { ...jane, id: 45 } });
    expect([kind, after?.values(), before?.values()]).toEqual(['modify', { ...jane, id: 45 }, { id: 46 }]);
  });

  it.each<[string, object, object]>([
    ['data alone', { data: { id: 1, a: 2 } }, { id: 1, a: 2 }],
    ['the image from before alone', { 'before-image': { id: 1 } }, { id: 1 }],
    ['both: what was before counts', { data: { id: 1, a: null }, 'before-image': { a: 2 } }, { id: 1, a: 2 }],
    ['data and an empty image', { data: { id: 1 }, 'before-image': {} }, { id: 1 }],
    ['data and no image', { data: { id: 1 }, 'before-image': null }, { id: 1 }],
  ])('that is deleted: %s', (_, row, before) => {
    const removed = event('delete', row);
    expect(removed.before?.values()).toEqual(before);
    expect(JSON.parse(removed.before?.json({ numbers: 'exact', drop: [], rename: {} }) ?? '')).toEqual(before);
    expect(removed).not.toHaveProperty('after');
  });

  it('may lie under _doc, where the task maps the record to a document', () => {
    expect(event('load', { data: { _doc: { id: 1 } } }).after?.values()).toEqual({ id: 1 });
    expect(event('load', { data: { _doc: { id: 1 }, k: 2 } }).after?.values()).toEqual({ _doc: { id: 1 }, k: 2 });
    expect(event('load', { data: { _doc: '{"id":1}' } }).after?.values()).toEqual({ _doc: '{"id":1}' });
  });

  it('that has no columns left is a row, too', () => {
    expect(event('load', { data: {} }).after?.values()).toEqual({});
  });
});

describe('the table', () => {
  it.each(['create-table', 'drop-table', 'rename-table', 'add-column', 'drop-column', 'rename-column', 'change-columns', 'column-type-change', 'unheard-of'])(
    'is not changed by %s, and the reason says so',
    (operation) => {
      for (const row of [{ control: {} }, {}]) {
        const decoded = decodeDms(dmsRecord(operation, { row }));
        expect(decoded).toEqual({ kind: 'ignored', reason: expect.stringContaining(`"${operation}" of table "public.foo"`) });
      }
    },
  );

  it('of DMS itself is left out, whatever happens to it; one of a source that is only named so is not', () => {
    const named = { 'schema-name': '', 'table-name': 'awsdms_status' };
    for (const operation of ['load', 'insert', 'update', 'delete', 'create-table', 'truncate-table']) {
      expect(codeOf(dmsRecord(operation, { row: { data: { server_name: 'ip-172-23-0-106' } }, metadata: named }))).toBe('ignored');
    }
    expect(event('insert', { data: jane }, { ...named, 'schema-name': 'public' }).source).toEqual({ ...source, table: 'awsdms_status' });
  });

  it('needs no schema', () => {
    expect(event('insert', { data: jane }, { 'schema-name': '' }).source).toEqual({ system: 'aws:dms', table: 'foo' });
  });
});

describe('the version', () => {
  const version = (more: object, place = {}) => onlyEvent(decodeDms(dmsRecord('update', { row: { data: jane }, metadata: more }), place)).version;

  it.each<[string, object, { time: number; seq: string }]>([
    ['of a transaction that MySQL numbers', transaction(215426970434175), { time: committed, seq: '21542697043417500000000000000000001' }],
    [
      'of the last numbers there are',
      transaction('18446744073709551615', '18446744073709551615'),
      { time: committed, seq: '1844674407370955161518446744073709551615' },
    ],
    ['of no number', transaction('e0e7bc05-b942-4b53-a587-dbda8a1a8d90'), { time: committed, seq }],
    ['of a broken number', transaction(1.5), { time: committed, seq }],
    ['of half a place', transaction(1139, null), { time: committed, seq }],
    ['of whole seconds', transaction(0, 0, '2024-07-29T00:57:34Z'), { time: 1722214654000000, seq: '0' }],
    ['without a commit', { 'transaction-id': 12884904641, 'transaction-record-id': 1 }, { time: builtMicros, seq }],
    ['of four places of a second', { timestamp: '2021-02-21T23:02:36.5680Z' }, { time: 1613948556568000, seq }],
    ['of nanoseconds, which end at microseconds', { timestamp: '2021-02-21T23:02:36.123456789Z' }, { time: 1613948556123456, seq }],
  ])('%s', (_, more, expected) => {
    expect(version(more)).toEqual(expected);
  });

  it('keeps an int64 that no double holds', () => {
    const text = JSON.stringify(dmsRecord('insert', { row: { data: jane }, metadata: transaction('@') })).replace('"@"', '9223372036854775807');
    expect(onlyEvent(decodeDms(text)).version.seq).toBe('922337203685477580700000000000000000001');
  });

  it('orders the changes of one transaction, the transactions of one time, and what came before both', () => {
    const inOrder = [
      onlyEvent(decodeDms(dmsRecord('load', { row: { data: jane } }), { sequence: '9'.repeat(56) })).version,
      onlyEvent(decodeDms(dmsRecord('load', { row: { data: jane }, metadata: { timestamp: '2024-07-29T00:57:35.691763Z' } }), { sequence: '1' })).version,
      version(transaction(99, 7, '2024-07-29T00:57:33.999999Z'), { sequence: '5' }),
      version(transaction(99, 9), { sequence: '4' }),
      version(transaction(99, 10), { sequence: '3' }),
      version(transaction(100, 1), { sequence: '2' }),
    ];
    for (let at = 1; at < inOrder.length; at += 1) {
      const [older, newer] = [inOrder[at - 1], inOrder[at]];
      if (older !== undefined && newer !== undefined) expect(compareVersions(older, newer)).toBeLessThan(0);
    }
  });

  it.each<[string, object]>([
    ['no time', { timestamp: undefined }],
    ['a local time', { timestamp: '2024-07-29T00:57:35.691762' }],
    ['a time that is none', { timestamp: '2024-13-29T00:57:35Z' }],
    ['a number', { timestamp: 1722214655 }],
    ['a time before all computers', { timestamp: '1969-12-31T23:59:59Z' }],
    ['a broken commit', transaction(1, 1, 'yesterday')],
  ])('is not made of %s', (_, more) => {
    expect(codeOf(dmsRecord('insert', { row: { data: jane }, metadata: more }))).toBe('BROKEN_RECORD');
  });

  it.each([{ sequence: 'abc' }, { sequence: '1'.repeat(57) }, { subSequence: 1_000_000 }])('is not made of the place %j', (place) => {
    for (const operation of ['load', 'insert', 'truncate-table']) {
      expect(codeOf(dmsRecord(operation, { row: { data: jane } }), place)).toBe('BROKEN_RECORD');
    }
  });
});

describe('the record', () => {
  it('may be printed over many lines, with white space around it', () => {
    const content = dmsRecord('insert', { row: { data: jane }, metadata: transaction(1) });
    const plain = said(content);
    for (const text of [
      `\n ${JSON.stringify(content, null, '\t')}\n\n`,
      `${JSON.stringify(content)}\n`,
      `${JSON.stringify(content, null, 4).replaceAll('\n', '\r\n')}   `,
    ]) {
      expect(said(text)).toEqual(plain);
    }
  });

  it('may have parts that a reader added', () => {
    expect(codeOf({ kinesis: { shard_id: 'shardId-0' }, ...dmsRecord('load', { row: { data: jane } }) })).toBe('changes');
  });

  it.each<[string, unknown, string]>([
    ['nothing', '', 'EMPTY'],
    ['a cut record', JSON.stringify(dmsRecord('load', { row: { data: jane } })).slice(0, -1), 'NOT_JSON'],
    ['null', null, 'UNKNOWN_FORMAT'],
    ['a list', [dmsRecord('load')], 'UNKNOWN_FORMAT'],
    ['no metadata', { data: jane }, 'UNKNOWN_FORMAT'],
    ['metadata that is no object', { data: jane, metadata: 'x' }, 'UNKNOWN_FORMAT'],
    ['no operation', { data: jane, metadata: { ...metadata('load'), operation: undefined } }, 'UNKNOWN_FORMAT'],
    ['a row that only has a column metadata', { metadata: { operation: 'insert' } }, 'UNKNOWN_FORMAT'],
    ['an operation of every object', dmsRecord('load', { row: { data: jane }, metadata: { operation: 'constructor' } }), 'BROKEN_RECORD'],
    ['no table', dmsRecord('load', { row: { data: jane }, metadata: { 'table-name': undefined } }), 'BROKEN_RECORD'],
    ['an empty table', dmsRecord('load', { row: { data: jane }, metadata: { 'table-name': '' } }), 'BROKEN_RECORD'],
    ['a table with an endless name', dmsRecord('load', { row: { data: jane }, metadata: { 'table-name': 'x'.repeat(256) } }), 'BROKEN_RECORD'],
    ['no schema', dmsRecord('load', { row: { data: jane }, metadata: { 'schema-name': undefined } }), 'BROKEN_RECORD'],
    ['a load without the row', dmsRecord('load'), 'NO_IMAGE'],
    ['an update with the image before only', dmsRecord('update', { row: { 'before-image': jane } }), 'NO_IMAGE'],
    ['a delete of nothing', dmsRecord('delete', { row: { data: {}, 'before-image': {} } }), 'NO_IMAGE'],
    ['a row that is a list', dmsRecord('load', { row: { data: [jane] } }), 'BROKEN_VALUE'],
    ['an image before that is text', dmsRecord('update', { row: { data: jane, 'before-image': 'x' } }), 'BROKEN_VALUE'],
  ])('%s: %s is %s', (_, content, code) => {
    expect(codeOf(content)).toBe(code);
  });

  it('is recognised, and those of other formats are not', () => {
    const others = [
      { eventSource: 'aws:dynamodb', dynamodb: {} },
      { before: null, after: {}, source: {}, op: 'c', ts_ms: 1 },
      { database: 'd', table: 't', type: 'insert', ts: 1, data: {} },
      { operationType: 'insert', ns: { db: 'd', coll: 'c' }, fullDocument: {} },
      { type: 'WriteRowsEvent', schema: 's', table: 't', row: { values: {} } },
      { id: 1, metadata: { operation: 1 }, data: {} },
    ];
    expect(others.map((other) => dmsCodec.recognises(recordOf(other)))).toEqual(others.map(() => false));
    for (const operation of ['load', 'drop-table']) expect(dmsCodec.recognises(recordOf(dmsRecord(operation)))).toBe(true);
    expect(dmsCodec.recognises(recordOf({ ...dmsRecord('load'), metadata: { timestamp: built, operation: 'drop-table', 'record-type': 'control' } }))).toBe(
      true,
    );
    expect(dmsCodec.recognises(recordOf('{'))).toBe(false);
  });
});

describe('the examples', () => {
  it.each(dmsCodec.examples.map((example) => [example.title, example] as const))('%s', (_, { text, sequence: place }) => {
    const record = recordOf(text, { sequence: place });
    expect([dmsCodec.recognises(record), dmsCodec.decode(record).kind]).toEqual([true, 'changes']);
  });
});
