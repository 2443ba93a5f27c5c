// The debezium codec on the record around the row: kinds, source, key, version, and the records that are no changes. Expected
// results are written by hand from Debezium's documentation.
import { describe, expect, it } from 'vitest';
import { debeziumCodec } from '../../src/debezium/codec.ts';
import { compareVersions, type Decoded, describeDecoded, type RawRecord, type RowChange, rawRecord } from '../../src/index.ts';
import { onlyEvent, recordOf, sequence } from '../support/records.ts';

type Parts = Readonly<Record<string, unknown>>;

const streamSeq = `${sequence}000000000`;
const key = '{"id":1001}';
const time = { ts_ms: 1763700000123, ts_us: 1763700000123456 };
const postgresql = {
  version: '3.3.1.Final',
  connector: 'postgresql',
  name: 'shop',
  snapshot: 'false',
  db: 'shop',
  schema: 'public',
  table: 'orders',
  lsn: 24023128,
  ...time,
};
const mysql = {
  connector: 'mysql',
  name: 'shop',
  snapshot: 'false',
  db: 'shop',
  table: 'orders',
  server_id: 1,
  gtid: null,
  file: 'binlog.000004',
  pos: 1176,
  row: 2,
  ...time,
};

function message(parts: Parts = {}, source: Parts = postgresql): Parts {
  return { before: null, after: { id: 1001, price: '19.90' }, source, transaction: null, op: 'c', ts_ms: 1763700000200, ...parts };
}

function keyed(content: unknown, partitionKey = key): RawRecord {
  return { ...recordOf(content), partitionKey };
}

function decode(content: unknown, partitionKey = key): RowChange {
  return onlyEvent(debeziumCodec.decode(keyed(content, partitionKey)));
}

function outcome(decoded: Decoded): string {
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

describe('kinds', () => {
  const row = { id: 1001, price: '19.90' };
  it.each<[string, Parts, Parts]>([
    ['c', { op: 'c', after: row }, { kind: 'insert', after: row }],
    ['u', { op: 'u', before: { id: 1001, price: '1' }, after: row }, { kind: 'modify', before: { id: 1001, price: '1' }, after: row }],
    ['d', { op: 'd', before: row, after: null }, { kind: 'remove', before: row }],
    ['r', { op: 'r', after: row, source: { ...postgresql, snapshot: 'last' } }, { kind: 'snapshot', after: row }],
    ['c of a snapshot', { op: 'c', after: row, source: { ...postgresql, snapshot: 'true' } }, { kind: 'snapshot', after: row }],
    ['c beside a snapshot', { op: 'c', after: row, source: { ...postgresql, snapshot: null } }, { kind: 'insert', after: row }],
  ])('%s', (_, parts, expected) => {
    const [line = ''] = describeDecoded(debeziumCodec.decode(keyed(message(parts))));
    const { kind, after, before } = JSON.parse(line);
    expect({ kind, ...(after && { after }), ...(before && { before }) }).toEqual(expected);
  });

  it('t empties a table', () => {
    expect(debeziumCodec.decode(keyed(message({ op: 't', after: null }), 'default'))).toEqual({
      kind: 'changes',
      events: [
        {
          kind: 'truncate',
          source: { system: 'postgresql', database: 'shop', schema: 'public', table: 'orders' },
          version: { time: 1763700000123456, seq: '24023128' },
        },
      ],
    });
  });

  it('says the same with a schema around the payload as without', () => {
    const schema = { type: 'struct', fields: [], name: 'shop.public.orders.Envelope' };
    const plain = describeDecoded(debeziumCodec.decode(keyed(message())));
    for (const around of [schema, null]) {
      expect(describeDecoded(debeziumCodec.decode(keyed({ schema: around, payload: message() })))).toEqual(plain);
    }
  });
});

describe('source', () => {
  it.each<[Parts, Parts]>([
    [postgresql, { system: 'postgresql', database: 'shop', schema: 'public', table: 'orders' }],
    [mysql, { system: 'mysql', database: 'shop', table: 'orders' }],
    [
      { connector: 'sqlserver', db: 'a', schema: 'dbo', table: 'T', ...time },
      { system: 'sqlserver', database: 'a', schema: 'dbo', table: 'T' },
    ],
    [
      { connector: 'vitess', table: 'T', ...time },
      { system: 'vitess', table: 'T' },
    ],
  ])('%j', (source, expected) => {
    expect(decode(message({}, source)).source).toEqual(expected);
  });
});

describe('key', () => {
  const schema = { type: 'struct', fields: [{ type: 'int64', field: 'id' }] };
  const day = { type: 'int32', name: 'io.debezium.time.Date', field: 'day' };
  it.each<[string, unknown]>([
    ['{"id":1001}', [['id', 1001]]],
    [
      '{"no":2,"customer":"c"}',
      [
        ['no', 2],
        ['customer', 'c'],
      ],
    ],
    ['{"id":9007199254740993}', [['id', 9007199254740993n]]],
    [JSON.stringify({ schema, payload: { id: 7 } }), [['id', 7]]],
    [JSON.stringify({ schema: { fields: [day] }, payload: { day: 19000 } }), [['day', '2022-01-08']]],
    ['{"__proto__":1}', [['__proto__', 1]]],
    ['default', undefined],
    ['', undefined],
    ['{}', undefined],
    ['{"id":', undefined],
    ['[1]', undefined],
    [`{"id":"${'x'.repeat(300)}"}`, undefined],
  ])('of the partition key %s', (partitionKey, expected) => {
    expect(decode(message(), partitionKey).key).toEqual(expected);
  });

  it('reads a key without a schema by that of the row', () => {
    const row = (field: string): Parts => ({ type: 'struct', field, fields: [day] });
    const event = decode({ schema: { fields: [row('before'), row('after')] }, payload: message({ after: { day: 19000 } }) }, '{"day":19000}');
    expect(event.key).toEqual([['day', '2022-01-08']]);
    expect(event.after?.values().day).toBe('2022-01-08');
  });
});

describe('version', () => {
  const gtid = '3e11fa47-71ca-11e1-9e33-c80aa9429562:23';
  const binlogSeq = `4${'0'.repeat(12)}1176${'0'.repeat(15)}2`;
  const next = (source: Parts, parts: Parts = {}): RowChange['version'] => decode(message(parts, source)).version;

  it.each<[string, Parts, RowChange['version']]>([
    ['the LSN of PostgreSQL', postgresql, { time: 1763700000123456, seq: '24023128' }],
    ['milliseconds from before Debezium 2.6', { ...postgresql, ts_us: undefined }, { time: 1763700000123000, seq: '24023128' }],
    ['the place in the binary log', mysql, { time: 0, seq: binlogSeq }],
    ['the same without any time', { ...mysql, ts_ms: null, ts_us: null }, { time: 0, seq: binlogSeq }],
    ['the time of the commit, which comes with a GTID', { ...mysql, gtid }, { time: 1763700000123456, seq: binlogSeq }],
    ['the place, where the connector is too old to read that time', { ...mysql, gtid, ts_us: undefined }, { time: 0, seq: binlogSeq }],
    ['the place, where the GTID is empty', { ...mysql, gtid: '' }, { time: 0, seq: binlogSeq }],
    ['the place for MariaDB by the connector of MySQL', { ...mysql, gtid: '0-1-62' }, { time: 0, seq: binlogSeq }],
    ['the place for MariaDB, whose GTIDs carry no time', { ...mysql, connector: 'mariadb', gtid: '0-1-62' }, { time: 0, seq: binlogSeq }],
    ['the stream, where the log has no place', { ...mysql, file: '' }, { time: 0, seq: streamSeq }],
    [
      'the stream, where the source has no order known here',
      { connector: 'oracle', table: 'T', scn: '12', ...time },
      { time: 1763700000123456, seq: streamSeq },
    ],
    ['the time of the connector, where the source has none', { ...postgresql, ts_ms: 0, ts_us: null }, { time: 1763700000200000, seq: '24023128' }],
  ])('%s', (_, source, expected) => {
    expect(next(source)).toEqual(expected);
  });

  it.each<[string, Parts, Parts]>([
    ['a later LSN', postgresql, { ...postgresql, lsn: 100000000 }],
    ['a later row of one event', mysql, { ...mysql, row: 10 }],
    ['a later event', { ...mysql, pos: 99999, row: 7 }, { ...mysql, pos: 100000, row: 0 }],
    ['a later file', { ...mysql, pos: 99999 }, { ...mysql, file: 'binlog.000010', pos: 4 }],
    ['a later event of a statement that began earlier', { ...mysql, pos: 200, ts_us: 1763700001000000 }, { ...mysql, pos: 300, ts_us: 1763700000000000 }],
    [
      'a later commit on another server, whatever its log says',
      { ...mysql, gtid, file: 'binlog.000010' },
      { ...mysql, gtid: gtid.replace('3', '4'), file: 'binlog.000001', ts_us: 1763700000123457 },
    ],
  ])('%s is newer', (_, older, newer) => {
    expect(compareVersions(next(older), next(newer))).toBeLessThan(0);
    expect(compareVersions(next(older), next(older))).toBe(0);
  });

  it('tells changes of a compressed transaction apart where Debezium counts them', () => {
    const counted = (total: number): RowChange['version'] =>
      next({ ...mysql, row: 0 }, { transaction: { id: 'x', total_order: total, data_collection_order: 1 } });
    expect(compareVersions(counted(1), counted(2))).toBeLessThan(0);
  });

  it('ranks a snapshot below every change, and a newer above an older one', () => {
    const read = (ts_us: number): RowChange['version'] => next({ ...postgresql, snapshot: 'incremental', ts_us }, { op: 'r' });
    expect(read(1763700000123456)).toEqual({ time: 1763700000123456 - 9e15, seq: streamSeq });
    expect(compareVersions(read(1763700000123456), read(1763700000123457))).toBeLessThan(0);
    expect(compareVersions(read(1763700000123456), next({ ...postgresql, ts_us: undefined, ts_ms: 1 }))).toBeLessThan(0);
    expect(compareVersions(next({ ...mysql, snapshot: 'true' }, { op: 'r' }), next(mysql))).toBeLessThan(0);
  });
});

describe('records that are no changes', () => {
  const transaction = { status: 'END', id: '556:24023128', event_count: 1, data_collections: [{ data_collection: 'public.orders', event_count: 1 }], ts_ms: 1 };
  const heartbeat = { schema: { type: 'struct', name: 'io.debezium.connector.common.Heartbeat' }, payload: { ts_ms: 1 } };
  it.each<[string, unknown, string, boolean]>([
    ['a tombstone', '', key, true],
    ['a tombstone without a key', '', 'default', false],
    ['the begin of a transaction', { status: 'BEGIN', id: '556', event_count: null, data_collections: null }, '{"id":"556"}', true],
    ['the end of a transaction', { schema: { name: 'io.debezium.connector.common.TransactionMetadataValue' }, payload: transaction }, '{"id":"556"}', true],
    ['a heartbeat', { ts_ms: 1763700000123 }, '{"serverName":"shop"}', true],
    ['a heartbeat with schema', heartbeat, 'default', true],
    ['a heartbeat that could be a row', { ts_ms: 1763700000123 }, 'default', false],
    [
      'a schema change',
      { source: mysql, ts_ms: 1, databaseName: 'shop', schemaName: null, ddl: 'create table a (b int)', tableChanges: [] },
      '{"databaseName":"shop"}',
      true,
    ],
    ['a logical message', message({ op: 'm', source: { ...postgresql, table: '' }, message: { prefix: 'p', content: 'QQ==' } }), '{"prefix":"p"}', true],
  ])('%s is ignored', (_, content, partitionKey, recognised) => {
    const record = keyed(content, partitionKey);
    expect([outcome(debeziumCodec.decode(record)), debeziumCodec.recognises(record)]).toEqual(['ignored', recognised]);
  });
});

describe('records that cannot be read', () => {
  it.each<[string, unknown, string]>([
    ['of an unknown op', message({ op: 'x' }), 'BROKEN_RECORD'],
    ['without a table', message({}, { ...postgresql, table: '' }), 'BROKEN_RECORD'],
    ['without a time', message({ ts_ms: null }, { ...postgresql, ts_ms: null, ts_us: null }), 'BROKEN_RECORD'],
    ['of a time that a snapshot would hide', message({ ts_ms: 0 }, { ...postgresql, ts_us: 9e15, ts_ms: 0 }), 'BROKEN_RECORD'],
    ['without a row', message({ after: null }), 'NO_IMAGE'],
    ['of spaces', ' \n', 'EMPTY'],
    ['without envelope', { id: 1, price: '19.90', __deleted: 'false', __op: 'c' }, 'UNKNOWN_FORMAT'],
    ['of an outbox', { schema: { type: 'string' }, payload: '{"a":1}' }, 'UNKNOWN_FORMAT'],
    ['of Aurora DSQL', { type: 'full', op: 'c', after: { a: 1 }, source: { schema: 'public', table: 't', ts_ns: 1 } }, 'UNKNOWN_FORMAT'],
    ['of DynamoDB', { eventSource: 'aws:dynamodb', eventName: 'INSERT', dynamodb: {} }, 'UNKNOWN_FORMAT'],
    ['of Maxwell', { database: 'a', table: 'b', type: 'insert', ts: 1, data: { id: 1 } }, 'UNKNOWN_FORMAT'],
    ['of MongoDB', { operationType: 'insert', ns: { db: 'a', coll: 'b' }, documentKey: { _id: 1 }, fullDocument: { _id: 1 } }, 'UNKNOWN_FORMAT'],
    ['of DMS', { data: { id: 1 }, metadata: { operation: 'insert', 'schema-name': 'a', 'table-name': 'b' } }, 'UNKNOWN_FORMAT'],
    ['cut off', JSON.stringify(message()).slice(0, -9), 'NOT_JSON'],
  ])('%s: %#', (_, content, code) => {
    const record = keyed(content);
    expect(outcome(debeziumCodec.decode(record))).toBe(code);
    if (code === 'UNKNOWN_FORMAT' || code === 'EMPTY') expect(debeziumCodec.recognises(keyed(content, 'a'))).toBe(false);
  });

  it('whose place in the stream is none, where the source has no order', () => {
    const place = { ...keyed(message({}, { connector: 'oracle', table: 'T', ...time })), sequence: 'x' };
    expect(outcome(debeziumCodec.decode(place))).toBe('BROKEN_RECORD');
  });
});

describe('examples', () => {
  it.each(debeziumCodec.examples.map((example) => [example.title, example] as const))('%s', (_, { text, sequence: place, partitionKey = '' }) => {
    const record = rawRecord({ bytes: Buffer.from(text), sequence: place, partitionKey });
    expect([debeziumCodec.decode(record).kind, debeziumCodec.recognises(record), partitionKey.length <= 256]).toEqual(['changes', true, true]);
  });
});
