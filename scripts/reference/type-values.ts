// The values that the page of types tells of: kinds of values as they are here, and what the codecs make of the types of each source,
// from records that are decoded. It knows no database.
import { type Codec, codecByName, ExactNumber, rawRecord, type Value, ValueSet } from '@shardfold/changes';
import type { KeyType } from '../../packages/sinks/src/types.ts';

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

const long38 = 12345678901234567890123456789012345678n;
const fraction38 = new ExactNumber('0.12345678901234567890123456789012345678');

/** One value for each way in which databases differ. */
export const values: readonly NamedValue[] = [
  { name: 'null', value: null },
  { name: 'boolean', value: true },
  { name: 'integer', value: 42 },
  { name: 'the largest int64', value: 2n ** 63n - 1n },
  { name: 'the largest unsigned int64', value: 2n ** 64n - 1n },
  { name: 'integer of 38 digits', value: long38 },
  { name: 'integer of 65 digits', value: 10n ** 65n - 1n },
  { name: 'fraction', value: 19.9 },
  { name: 'fraction that no double holds', value: new ExactNumber('1234567890123.123456789') },
  { name: 'fraction of 38 digits', value: fraction38 },
  { name: 'NaN', value: Number.NaN },
  { name: 'Infinity', value: Number.POSITIVE_INFINITY },
  { name: 'text', value: 'Ada' },
  { name: 'empty text', value: '' },
  { name: 'text with NUL', value: 'a\u0000b' },
  { name: 'text with half a surrogate pair', value: 'a\ud800b' },
  { name: 'binary', value: Uint8Array.of(0, 255) },
  { name: 'set of texts', value: new ValueSet(['b', 'a']) },
  { name: 'set of numbers', value: new ValueSet([10, 9, long38]) },
  { name: 'list', value: [1, 'a', null] },
  { name: 'map', value: { a: 1, b: [true] } },
  { name: 'map with an integer of 38 digits', value: { a: long38 } },
  { name: 'map with binary in it', value: { a: Uint8Array.of(0, 255) } },
];

/** What may be in a key, and what may not. */
export const keyValues: readonly (NamedValue & { readonly type: KeyType })[] = [
  { type: 'text', name: 'text', value: 'Ada' },
  { type: 'text', name: 'text with half a surrogate pair', value: 'a\ud800b' },
  { type: 'number', name: 'integer', value: 42 },
  { type: 'number', name: 'fraction', value: 19.9 },
  { type: 'number', name: 'integer of 38 digits', value: long38 },
  { type: 'number', name: 'fraction of 38 digits', value: fraction38 },
  { type: 'number', name: 'NaN', value: Number.NaN },
  { type: 'integer', name: 'the largest int64', value: 2n ** 63n - 1n },
  { type: 'integer', name: 'integer of 38 digits', value: long38 },
  { type: 'integer', name: 'fraction', value: 1.5 },
  { type: 'binary', name: 'binary', value: Uint8Array.of(0, 255) },
  { type: 'boolean', name: 'boolean', value: true },
];

export interface SourceColumn {
  readonly type: string;
  /** The record's text for it. */
  readonly wire: string;
  readonly value: Value;
}

export interface SourceColumns {
  readonly codec: string;
  readonly columns: readonly SourceColumn[];
}

type Column = readonly [type: string, wire: string];
type Typed = readonly [type: string, wire: string, schema: object];

function decoded(codec: Codec, text: string): Value {
  const answer = codec.decode(rawRecord({ bytes: new TextEncoder().encode(text), sequence: '1' }));
  const event = answer.kind === 'changes' ? answer.events[0] : undefined;
  const value = event === undefined || event.kind === 'truncate' ? undefined : event.after?.values().v;
  if (value === undefined) throw new Error(`The codec ${codec.name} makes no row with a column v of ${text}. Correct the record.`);
  return value;
}

/** `record` wraps the text of a value into a record whose row has it as column `v`. */
function sourceOf<C extends Column | Typed>(name: string, record: (column: C) => string, columns: readonly C[]): SourceColumns {
  const codec = codecByName(name);
  if (codec === undefined) throw new Error(`There is no codec ${name}.`);
  return { codec: name, columns: columns.map((column) => ({ type: column[0], wire: column[1], value: decoded(codec, record(column)) })) };
}

const dynamodb = sourceOf<Column>(
  'dynamodb',
  ([, wire]) =>
    `{"awsRegion":"eu-west-1","eventID":"e","eventName":"INSERT","userIdentity":null,"recordFormat":"application/json","tableName":"t","dynamodb":{"ApproximateCreationDateTime":1720740233012,"Keys":{"id":{"S":"a"}},"NewImage":{"id":{"S":"a"},"v":${wire}},"SizeBytes":6},"eventSource":"aws:dynamodb"}`,
  [
    ['S', '{"S":"Ada"}'],
    ['N, an integer', '{"N":"42"}'],
    ['N, a fraction', '{"N":"19.90"}'],
    ['N, 38 digits', '{"N":"12345678901234567890123456789012345678"}'],
    ['N, the smallest', '{"N":"1E-130"}'],
    ['B', '{"B":"AP8="}'],
    ['BOOL', '{"BOOL":true}'],
    ['NULL', '{"NULL":true}'],
    ['SS', '{"SS":["b","a"]}'],
    ['NS', '{"NS":["10","9"]}'],
    ['BS', '{"BS":["AP8="]}'],
    ['L', '{"L":[{"N":"1"},{"S":"a"}]}'],
    ['M', '{"M":{"a":{"N":"1"}}}'],
  ],
);

const dms = sourceOf<Column>(
  'dms',
  ([, wire]) =>
    `{"data":{"v":${wire}},"metadata":{"timestamp":"2025-11-21T04:40:00.104512Z","record-type":"data","operation":"load","partition-key-type":"schema-table","schema-name":"shop","table-name":"t"}}`,
  [
    ['BOOL', 'true'],
    ['INT16, INT32, INT64', '9007199254740993'],
    ['UINT64', '18446744073709551615'],
    ['NUMERIC', '12345678901234567890.1234567890'],
    ['REAL, DOUBLE', '2.20000005'],
    ['STRING', '"Ada"'],
    ['DATE32', '"2018-01-02"'],
    ['TIME', '"01:30:00"'],
    ['TIMESTAMP', '"2010-11-01T00:02:00.100000Z"'],
    ['interval', '"-1 days -01:42:30"'],
    ['JSON, as CLOB', '"{\\"a\\":1}"'],
  ],
);

const debezium = sourceOf<Typed>(
  'debezium',
  ([, wire, schema]) =>
    `{"schema":{"type":"struct","fields":[{"type":"struct","field":"after","fields":[${JSON.stringify({ ...schema, field: 'v' })}]}]},"payload":{"before":null,"after":{"v":${wire}},"source":{"connector":"postgresql","db":"shop","schema":"public","table":"t","lsn":1,"ts_ms":1763700000123,"ts_ns":1763700000123456789},"op":"c","ts_ms":1}}`,
  [
    ['boolean', 'true', { type: 'boolean' }],
    ['int8 … int64', '9007199254740993', { type: 'int64' }],
    ['float, double', '0.1', { type: 'double' }],
    ['double, NaN', '"NaN"', { type: 'double' }],
    ['Decimal', '"CUmw9vACMxPESZBQ3jjzTg=="', { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '10' } }],
    ['VariableScaleDecimal', '{"scale":4,"value":"AeJA"}', { type: 'struct', name: 'io.debezium.data.VariableScaleDecimal' }],
    ['string', '"Ada"', { type: 'string' }],
    ['bytes', '"AP8="', { type: 'bytes' }],
    ['Date', '17702', { type: 'int32', name: 'io.debezium.time.Date' }],
    ['MicroTime', '49023000123', { type: 'int64', name: 'io.debezium.time.MicroTime' }],
    ['Timestamp', '1529507823007', { type: 'int64', name: 'io.debezium.time.Timestamp' }],
    ['NanoTimestamp', '1529507823000000001', { type: 'int64', name: 'io.debezium.time.NanoTimestamp' }],
    ['ZonedTimestamp', '"2018-06-20T15:17:03.123456Z"', { type: 'string', name: 'io.debezium.time.ZonedTimestamp' }],
    ['Year', '2018', { type: 'int32', name: 'io.debezium.time.Year' }],
    ['Bits', '"BQI="', { type: 'bytes', name: 'io.debezium.data.Bits', parameters: { length: '10' } }],
    ['Enum, Uuid, Xml', '"red"', { type: 'string', name: 'io.debezium.data.Enum' }],
    ['Json', '"{\\"a\\":1}"', { type: 'string', name: 'io.debezium.data.Json' }],
    ['array', '["a"]', { type: 'array', items: { type: 'string' } }],
    ['map', '{"a":"1"}', { type: 'map', keys: { type: 'string' }, values: { type: 'string' } }],
  ],
);

const maxwell = sourceOf<Column>(
  'maxwell',
  ([, wire]) =>
    `{"database":"shop","table":"t","type":"insert","ts":1763700000,"xid":1,"commit":true,"position":"mysql-bin.000006:800911","data":{"v":${wire}}}`,
  [
    ['tinyint … bigint', '9007199254740993'],
    ['bigint unsigned', '18446744073709551615'],
    ['decimal', '12345678901234567890.1234567890'],
    ['float, double', '0.1'],
    ['char, varchar, text', '"Ada"'],
    ['binary, blob', '"AP8="'],
    ['date', '"2024-02-29"'],
    ['time', '"08:30:00"'],
    ['datetime, timestamp', '"2024-02-29 08:30:00.123456"'],
    ['year', '2024'],
    ['bit', '5'],
    ['enum', '"red"'],
    ['set', '["a","b"]'],
    ['json', '{"a":1}'],
  ],
);

const mysqlRows = sourceOf<Column>(
  'mysql-rows',
  ([, wire]) => `{'schema': 'shop', 'table': 't', 'type': 'WriteRowsEvent', 'row': {'values': {'v': ${wire}}}}`,
  [
    ['tinyint … bigint', '9007199254740993'],
    ['bigint unsigned', '18446744073709551615'],
    ['decimal', "Decimal('12345678901234567890.1234567890')"],
    ['float, double', '0.1'],
    ['char, varchar, text', "'Ada'"],
    ['binary, blob', "b'\\x00\\xff'"],
    ['date', 'datetime.date(2024, 2, 29)'],
    ['time', 'datetime.timedelta(seconds=30600)'],
    ['datetime, timestamp', 'datetime.datetime(2024, 2, 29, 8, 30, 0, 123456)'],
    ['year', '2024'],
    ['bit', "'0101'"],
    ['enum', "'red'"],
    ['set', "{'b', 'a'}"],
    ['json', "{b'a': 1}"],
  ],
);

const mongodb = sourceOf<Column>(
  'mongodb',
  ([, wire]) =>
    `{"_id":{"_data":"82"},"operationType":"insert","clusterTime":{"$timestamp":{"t":1720739862,"i":1}},"ns":{"db":"shop","coll":"t"},"documentKey":{"_id":1},"fullDocument":{"_id":1,"v":${wire}}}`,
  [
    ['bool', 'true'],
    ['int, long', '{"$numberLong":"9007199254740993"}'],
    ['double', '{"$numberDouble":"0.1"}'],
    ['double, NaN', '{"$numberDouble":"NaN"}'],
    ['decimal', '{"$numberDecimal":"1234567890123456789.012345678901234"}'],
    ['string', '"Ada"'],
    ['objectId', '{"$oid":"669067d6c2b0a1d5f3e4a001"}'],
    ['date', '{"$date":"2024-07-11T23:17:42.005Z"}'],
    ['timestamp', '{"$timestamp":{"t":1720739862,"i":1}}'],
    ['binData', '{"$binary":{"base64":"AP8=","subType":"00"}}'],
    ['binData, uuid', '{"$binary":{"base64":"xlkD8xNmQ3WPPMxhk0iPrQ==","subType":"04"}}'],
    ['array', '[1,"a"]'],
    ['object', '{"a":1}'],
  ],
);

const rows = sourceOf<Column>('rows', ([, wire]) => `{"v":${wire}}`, [
  ['a JSON number', '12.345678901234567890'],
  ['a JSON text', '"2024-02-29 08:30:00"'],
  ['true, false', 'true'],
  ['a JSON list', '[1,"a"]'],
  ['a JSON object', '{"a":1}'],
]);

export const sources: readonly SourceColumns[] = [dynamodb, dms, debezium, maxwell, mysqlRows, mongodb, rows];
