// The maxwell codec. Expected results are written by hand from Maxwell's documentation of its data format.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChangeEvent, describeDecoded, type RowChange, rawRecord } from '../../src/index.ts';
import { maxwellCodec } from '../../src/maxwell/codec.ts';
import { decodeMaxwell, maxwellRecord } from '../support/maxwell.ts';
import { onlyEvent, recordOf, sequence } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const source = { system: 'mysql', database: 'test', table: 'e' };
const time = 0;
const seq = `${sequence}000000000`;
const creature = { id: 1, m: 5.444, c: '2016-10-21 05:33:54.631000', comment: 'I am a creature of light.' };
const was = { m: 4.2341, c: '2016-10-21 05:33:37.523000' };
const keyed = { primary_key: [1], primary_key_columns: ['id'] };

function said(content: unknown): unknown {
  return describeDecoded(decodeMaxwell(content)).map((line) => JSON.parse(line));
}

function codeOf(content: unknown, place = {}): string {
  const decoded = decodeMaxwell(content, place);
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

function eventsOf(content: unknown, place = {}): readonly ChangeEvent[] {
  const decoded = decodeMaxwell(content, place);
  if (decoded.kind !== 'changes') throw new Error(`expected changes: ${JSON.stringify(decoded)}`);
  return decoded.events;
}

function eventOf(type: string, parts: object): RowChange {
  return onlyEvent(decodeMaxwell(maxwellRecord(type, parts)));
}

describe('the types of a record', () => {
  it.each<[string, object, unknown]>([
    ['insert', maxwellRecord('insert', { xid: 23396, commit: true, data: creature }), [{ kind: 'insert', source, after: creature, version: { time, seq } }]],
    [
      'insert, with the key',
      maxwellRecord('insert', { ...keyed, data: creature }),
      [{ kind: 'insert', source, key: { id: 1 }, after: creature, version: { time, seq } }],
    ],
    [
      'update: before is data with old laid over it',
      maxwellRecord('update', { ...keyed, xid: 1, data: creature, old: was }),
      [{ kind: 'modify', source, key: { id: 1 }, after: creature, before: { ...creature, ...was }, version: { time, seq } }],
    ],
    ['update of nothing', maxwellRecord('update', { data: creature }), [{ kind: 'modify', source, after: creature, version: { time, seq } }]],
    ['delete', maxwellRecord('delete', { ...keyed, data: creature }), [{ kind: 'remove', source, key: { id: 1 }, before: creature, version: { time, seq } }]],
    [
      'bootstrap-insert',
      maxwellRecord('bootstrap-insert', { ...keyed, data: creature }),
      [{ kind: 'snapshot', source, key: { id: 1 }, after: creature, version: { time: 1477053217_000_000 - 9e15, seq } }],
    ],
    [
      'everything that can be switched on',
      maxwellRecord('insert', {
        ...keyed,
        query: 'insert into test.e set m = 4',
        xoffset: 3,
        position: 'mysql-bin.000006:800911',
        gtid: '0-1-62',
        server_id: 23042,
        thread_id: 108,
        schema_id: 1,
        push_ts: 1477053217.123456,
        data: creature,
      }),
      [{ kind: 'insert', source, key: { id: 1 }, after: creature, version: { time, seq: expect.stringMatching(/^60000000800911000000003/) } }],
    ],
  ])('%s', (_, content, expected) => {
    expect(said(content)).toEqual(expected);
  });

  it.each([
    ['bootstrap-start', { data: {} }, '"bootstrap-start" of "test.e"'],
    ['bootstrap-complete', { data: {} }, '"bootstrap-complete" of "test.e"'],
    [
      'table-create',
      { ts: 1477053126000, def: { database: 'test', table: 'e', columns: [], 'primary-key': ['id'] }, sql: 'create table test.e ()' },
      '"table-create" of "test.e"',
    ],
    ['table-alter', { ts: 1477053308000, old: {}, def: {}, sql: 'alter table test.e', position: 'master.000006:804398' }, '"table-alter" of "test.e"'],
    ['table-drop', { ts: 1477053308000, sql: 'drop table test.e' }, '"table-drop" of "test.e"'],
    ['database-create', { table: undefined, ts: 1477053308000, charset: 'utf8' }, '"database-create" of "test"'],
    ['database-alter', { table: null, ts: 1477053308000 }, '"database-alter" of "test"'],
    ['database-drop', { table: undefined, ts: 1477053308000 }, '"database-drop" of "test"'],
  ])('%s is left out, and the reason says so', (type, parts, reason) => {
    expect(decodeMaxwell(maxwellRecord(type, parts))).toEqual({ kind: 'ignored', reason: expect.stringContaining(reason) });
  });
});

describe('the key', () => {
  it.each<[string, object, RowChange['key']]>([
    [
      'of several columns, in their order',
      { primary_key_columns: ['b', 'a'], data: { a: 1, b: 'x' } },
      [
        ['b', 'x'],
        ['a', 1],
      ],
    ],
    ['of hostile names', { primary_key_columns: ['__proto__'], data: JSON.parse('{"__proto__":1}') }, [['__proto__', 1]]],
    ['that is not named', { primary_key: [1], data: { id: 1 } }, undefined],
    ['of a table without one', { primary_key: [], primary_key_columns: [], data: { id: 1 } }, undefined],
    ['whose column is left out', { primary_key_columns: ['id'], data: { a: 1 } }, undefined],
    ['of which one column is left out', { primary_key_columns: ['a', 'id'], data: { a: 1 } }, undefined],
    ['that every object inherits', { primary_key_columns: ['constructor'], data: { a: 1 } }, undefined],
    ['that is null', { primary_key_columns: ['id'], data: { id: null } }, undefined],
  ])('%s', (_, parts, key) => {
    for (const type of ['insert', 'update', 'delete', 'bootstrap-insert']) expect(eventOf(type, parts).key).toEqual(key);
  });

  it('that changes is a removal and a row, in this order', () => {
    const data = { id: 2, tenant: 7, note: 'x' };
    const events = said(maxwellRecord('update', { primary_key_columns: ['tenant', 'id'], data, old: { id: 1, note: null } }));
    expect(events).toEqual([
      { kind: 'remove', source, key: { tenant: 7, id: 1 }, before: { id: 1, tenant: 7, note: null }, version: { time, seq } },
      { kind: 'insert', source, key: { tenant: 7, id: 2 }, after: data, version: { time, seq: `${sequence}000000001` } },
    ]);
  });

  it.each<[string, object]>([
    ['is the same number', { primary_key_columns: ['id'], data: { id: 1, a: 1 }, old: { id: 1.0, a: 2 } }],
    ['is not known', { data: { id: 2 }, old: { id: 1 } }],
    ['was null', { primary_key_columns: ['id'], data: { id: 2 }, old: { id: null } }],
  ])('makes one event of an update where it %s', (_, parts) => {
    expect(eventOf('update', parts).kind).toBe('modify');
  });

  it('that changes by one in the twentieth digit is another key', () => {
    const text = JSON.stringify(maxwellRecord('update', { primary_key_columns: ['id'], data: { id: '@' }, old: { id: '#' } }));
    const events = eventsOf(text.replace('"@"', '12345678901234567891').replace('"#"', '12345678901234567890'));
    expect(events.map((event) => event.kind !== 'truncate' && event.key)).toEqual([[['id', 12345678901234567890n]], [['id', 12345678901234567891n]]]);
  });

  it.each([['id'], [[1]], [{ id: 1 }], [['id', '']], [Array.from({ length: 33 }, (_, at) => `c${at}`)]])('is refused where its columns are %j', (columns) => {
    expect(codeOf(maxwellRecord('insert', { primary_key_columns: columns, data: { id: 1 } }))).toBe('BROKEN_RECORD');
  });
});

describe('the row', () => {
  it('keeps every digit, name and kind of value', () => {
    const columns = [
      '"decimal":12345678901234567890123456789012345678.9012345678',
      '"bigint":18446744073709551615',
      '"blob":"AAEC+v8="',
      '"set":["b_val","c_val"]',
      '"zero":"0000-00-00 00:00:00"',
      '"json":{"a":[1,{"b":null}],"big":9007199254740993}',
      '"__proto__":{"constructor":1}',
      '"a.b":"\\u0000"',
      `"${'n'.repeat(70)}":"\\ud800"`,
    ];
    const text = `{${columns.join(',')}}`;
    const row = onlyEvent(decodeMaxwell(JSON.stringify(maxwellRecord('insert', { data: '@' })).replace('"@"', () => text))).after;
    expect(row?.json(exact)).toBe(text);
    expect([Object.getPrototypeOf(row?.values()), row?.values().set]).toEqual([null, ['b_val', 'c_val']]);
  });

  it('from before has the columns of old, null or not, and weighs at least as much', () => {
    const { after, before } = eventOf('update', { data: { id: 1, a: 'now', b: 2 }, old: { a: null, c: 'x'.repeat(500) } });
    expect(before?.values()).toEqual({ id: 1, a: null, b: 2, c: 'x'.repeat(500) });
    expect(before?.bytes).toBeGreaterThan((after?.bytes ?? 0) + 500);
  });
});

describe('the record', () => {
  it.each<[string, unknown, string]>([
    ['nothing', '', 'EMPTY'],
    ['a cut record', '{"database":"d"', 'NOT_JSON'],
    ['null', null, 'UNKNOWN_FORMAT'],
    ['another type', maxwellRecord('INSERT', { data: creature }), 'UNKNOWN_FORMAT'],
    ['a type of every object', maxwellRecord('constructor', { data: creature }), 'UNKNOWN_FORMAT'],
    ['no database', maxwellRecord('insert', { database: undefined, data: creature }), 'UNKNOWN_FORMAT'],
    ['no table', maxwellRecord('insert', { table: undefined, data: creature }), 'BROKEN_RECORD'],
    ['an empty table', maxwellRecord('insert', { table: '', data: creature }), 'BROKEN_RECORD'],
    ['a table with an endless name', maxwellRecord('insert', { table: 'x'.repeat(256), data: creature }), 'BROKEN_RECORD'],
    ['a database with an endless name', maxwellRecord('insert', { database: 'x'.repeat(256), data: creature }), 'BROKEN_RECORD'],
    ['no row', maxwellRecord('insert'), 'NO_IMAGE'],
    ['a row that is a list', maxwellRecord('insert', { data: [creature] }), 'NO_IMAGE'],
    ['old that is no row', maxwellRecord('update', { data: creature, old: [1] }), 'BROKEN_VALUE'],
    ['a number out of all bounds', JSON.stringify(maxwellRecord('insert', { data: '@' })).replace('"@"', '{"a":1e9999}'), 'BROKEN_VALUE'],
    [
      'a row nested too deeply',
      JSON.stringify(maxwellRecord('insert', { data: '@' })).replace('"@"', `{"a":${'['.repeat(101)}${']'.repeat(101)}}`),
      'TOO_DEEP',
    ],
  ])('%s: %#', (_, content, code) => {
    expect(codeOf(content)).toBe(code);
  });

  it.each([{ encrypted: { iv: 'aXY=', bytes: 'Ynl0ZXM=' } }, { data: 'c2VjcmV0' }])('that is encrypted says what to configure: %j', (parts) => {
    expect(decodeMaxwell(maxwellRecord('insert', parts))).toEqual({
      kind: 'undecodable',
      error: { code: 'NO_IMAGE', message: expect.stringContaining('encrypt=none') },
    });
  });

  it('is recognised, and those of other formats are not', () => {
    const others = [
      { eventSource: 'aws:dynamodb', dynamodb: {} },
      { data: {}, metadata: { operation: 'insert', 'record-type': 'data' } },
      { before: null, after: {}, source: { db: 'd', table: 't' }, op: 'c', ts_ms: 1 },
      { data: [{}], database: 'd', table: 't', type: 'INSERT', ts: 1, es: 1, isDdl: false },
      { operationType: 'insert', ns: { db: 'd', coll: 'c' }, fullDocument: {} },
      { type: 'WriteRowsEvent', schema: 's', table: 't', row: { values: {} } },
      { id: 1, database: 'd', type: 'insert' },
    ];
    expect(others.map((other) => maxwellCodec.recognises(recordOf(other)))).toEqual(others.map(() => false));
    for (const type of ['insert', 'bootstrap-start', 'table-drop']) expect(maxwellCodec.recognises(recordOf(maxwellRecord(type)))).toBe(true);
    expect(maxwellCodec.recognises(recordOf('{'))).toBe(false);
  });

  it.each(maxwellCodec.examples.map((example) => [example.title, example] as const))('of the examples: %s', (_, { text, sequence: place }) => {
    const record = recordOf(text, { sequence: place });
    expect([maxwellCodec.recognises(record), maxwellCodec.decode(record).kind]).toEqual([true, 'changes']);
  });

  it('is answered whatever its bytes', () => {
    const own = [
      maxwellRecord('update', { ...keyed, xid: 3, xoffset: 1, position: 'master.000006:800911', data: { id: 2 }, old: { id: 1 } }),
      maxwellRecord('delete', { gtid: '0-1-62', commit: true, data: { id: 2, big: '@' } }),
      maxwellRecord('bootstrap-insert', { data: creature }),
      maxwellRecord('table-drop'),
    ].map((record) => Buffer.from(JSON.stringify(record).replace('"@"', '12345678901234567890')));
    const edits = fc.array(
      fc.tuple(fc.nat(), fc.nat(3), fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.constantFrom('1e5', '":', '[', '\u009e', '-1').map(Buffer.from))),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    const edited = fc.tuple(fc.nat(own.length - 1), edits).map(([which, changes]) => {
      let bytes = Buffer.from(own[which] ?? '');
      for (const [where, removed, added] of changes) {
        const at = where % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
      }
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(edited, fc.uint8Array(), fc.json().map(Buffer.from)), fc.oneof(fc.constant(sequence), fc.string()), (bytes, place) => {
        const record = rawRecord({ bytes, sequence: place });
        const decoded = maxwellCodec.decode(record);
        for (const line of describeDecoded(decoded)) expect(JSON.parse(line)).toHaveProperty('kind');
        if (decoded.kind !== 'changes') return;
        expect(maxwellCodec.recognises(record)).toBe(true);
        for (const { version } of decoded.events) {
          expect(version.seq).toMatch(/^(0|[1-9]\d{0,64})$/);
          expect(Number.isSafeInteger(version.time)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
