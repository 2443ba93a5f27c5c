// Records of every format, in the kinds that cost a reader differently. Made up; it measures nothing.
import { type CodecExample, codecs, type RawRecord } from '@shardfold/changes';

/** Records of one format that are alike, and the same as JSON where they are none. */
export interface Kind {
  readonly codec: string;
  readonly name: string;
  readonly records: readonly RawRecord[];
  readonly json: readonly string[];
}

const kept = 500;
const lorem = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua';
const noteLength = 100;

function rawOf(text: string, index: number, partitionKey = 'k', stream = 'orders'): RawRecord {
  const bytes = Buffer.from(text);
  const sequence = `4968041984013974595012805624065564063675053258626${String(index).padStart(7, '0')}`;
  return { sequence, subSequence: 0, arrivalMs: 0, partitionKey, shard: { stream }, bytes: () => bytes, text: () => bytes.toString('utf8') };
}

interface Row {
  /** Plain numbers, texts, null. */
  readonly plain: string;
  /** The same with integers beyond 2^53. */
  readonly long: string;
  /** The same with two of them so near to each other that they share a double. */
  readonly near: string;
  /** The same with decimals of more digits than a double has. */
  readonly decimals: string;
  /** The same with doubles as programs print them, one with an exponent. */
  readonly printed: string;
}

/** Columns as JSON; `id` is the first. */
function columns(index: number, id: string, amount: string, parent: string): string {
  return `"id":${id},"customer":"cust-${(index * 7919) % 100_000}","amount":${amount},"parent":${parent},"paid":true,"note":null,"created":"2025-11-21 04:40:${10 + (index % 50)}","memo":"${lorem.slice(index % 20, (index % 20) + noteLength)}"`;
}

function rowOf(index: number): Row {
  const long = 7_400_000_000_000_000_000n + BigInt(index) * 1_000_003n;
  const amount = `${1 + (index % 900)}.${10 + (index % 90)}`;
  return {
    plain: columns(index, String(index), amount, String(index * 3)),
    long: columns(index, String(long), amount, String(long - 900_000_000_000n)),
    near: columns(index, String(long), amount, String(long + 1n)),
    printed: columns(index, String(index), String(Math.sqrt(index + 2)), String((index + 1) * 1.1e-7)),
    decimals: columns(index, String(index), `${amount}12345678901234567`, String(index * 3)),
  };
}

type Shape = keyof Row;
const shapes: readonly (readonly [shape: Shape, name: string])[] = [
  ['plain', 'plain numbers'],
  ['long', 'integers beyond 2^53'],
  ['near', 'integers beyond 2^53, 1 apart'],
  ['decimals', 'decimals of 22 digits'],
  ['printed', 'doubles as programs print them'],
];

/** `json`: what a record says, for those that are no JSON. */
function kind(
  codec: string,
  name: string,
  text: (index: number) => string,
  parts: { key?: (index: number) => string; json?: (index: number) => string } = {},
): Kind {
  const indexes = Array.from({ length: kept }, (_, index) => index);
  const { key, json = text } = parts;
  return { codec, name, records: indexes.map((index) => rawOf(text(index), index, key?.(index))), json: indexes.map(json) };
}

/** A kind for each shape of a row. */
function shaped(codec: string, name: string, text: (row: string, index: number) => string, key?: (index: number) => string): readonly Kind[] {
  return shapes.map(([shape, shapeName]) => kind(codec, `${name}, ${shapeName}`, (index) => text(rowOf(index)[shape], index), key && { key }));
}

function dmsMetadata(operation: string, index: number): string {
  return `{"timestamp":"2025-11-21T04:40:32.${100_000 + index}Z","record-type":"data","operation":"${operation}","partition-key-type":"schema-table","schema-name":"shop","table-name":"orders","transaction-id":${7000 + index},"transaction-record-id":1,"prev-transaction-id":${6999 + index},"prev-transaction-record-id":1,"commit-timestamp":"2025-11-21T04:40:31.974340Z","stream-position":"00000002/7C00${index}.2.00000002/7C00${index}"}`;
}

const dms: readonly Kind[] = [
  ...shaped('dms', 'insert', (row, index) => `{"data":{${row}},"metadata":${dmsMetadata('insert', index)}}`),
  ...shaped('dms', 'small insert', (row, index) => `{"data":{${row.slice(0, row.indexOf(',"paid"'))}},"metadata":${dmsMetadata('insert', index)}}`),
  kind(
    'dms',
    'update with its image from before',
    (index) => `{"data":{${rowOf(index).plain}},"before-image":{${rowOf(index + 1).plain}},"metadata":${dmsMetadata('update', index)}}`,
  ),
];

function maxwellRecord(type: string, row: string, index: number, rest = ''): string {
  return `{"database":"shop","table":"orders","type":"${type}","ts":${1_763_700_000 + index},"xid":${23_396 + index},"commit":true,"primary_key_columns":["id"],"data":{${row}}${rest}}`;
}

const maxwell: readonly Kind[] = [
  ...shaped('maxwell', 'insert', (row, index) => maxwellRecord('insert', row, index)),
  kind('maxwell', 'update', (index) => maxwellRecord('update', rowOf(index).plain, index, ',"old":{"amount":1.5}')),
];

function source(connector: string, index: number, more: string): string {
  const millis = 1_763_700_000_000 + index;
  return `{"version":"3.3.1.Final","connector":"${connector}","name":"shop","ts_ms":${millis},"snapshot":"false","db":"shop","sequence":null,"ts_us":${millis}123,"ts_ns":${millis}123456,${more}}`;
}

function envelope(before: string, after: string, block: string): string {
  return `{"before":${before},"after":${after},"source":${block},"transaction":null,"op":"${before === 'null' ? 'c' : 'u'}","ts_ms":1763700000200}`;
}

const postgresql = (index: number): string =>
  source('postgresql', index, `"schema":"public","table":"orders","txId":${556 + index},"lsn":${24_023_128 + index},"xmin":null`);
const mysql = (index: number): string =>
  source('mysql', index, `"table":"orders","server_id":1,"gtid":null,"file":"binlog.000004","pos":${1176 + index},"row":0,"thread":9,"query":null`);
const mongo = (index: number): string => source('mongodb', index, `"collection":"orders","ord":2,"lsid":null,"txnNumber":null,"wallTime":1763700000123`);

const fields = [
  '{"type":"int64","optional":false,"field":"id"}',
  '{"type":"string","optional":true,"field":"customer"}',
  '{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"},"field":"amount"}',
  '{"type":"int64","optional":true,"name":"io.debezium.time.MicroTimestamp","version":1,"field":"created"}',
  '{"type":"string","optional":true,"field":"memo"}',
].join(',');
const struct = (field: string): string => `{"type":"struct","fields":[${fields}],"optional":true,"name":"shop.shop.orders.Value","field":"${field}"}`;
const schema = `{"type":"struct","fields":[${struct('before')},${struct('after')}],"optional":false,"name":"shop.shop.orders.Envelope","version":2}`;
const typedRow = (id: string, index: number): string =>
  `{"id":${id},"customer":"cust-${index}","amount":"CDQ=","created":${1_763_700_000_000_000 + index},"memo":"${lorem.slice(0, noteLength)}"}`;

const oid = (index: number): string => `669067d6c2b0a1d5f3${String(index).padStart(6, '0')}`;
function documentText(index: number, quantity: string): string {
  return `{"_id": {"$oid": "${oid(index)}"},"customer": "cust-${index}","amount": {"$numberDecimal": "19.90"},"quantity": ${quantity},"created": {"$date": ${1_763_700_000_000 + index}},"lines": [{"sku": "SKU-${index}","count": 2}],"memo": "${lorem.slice(0, noteLength)}"}`;
}
const bigQuantity = (index: number): string => String(7_400_000_000_000_000_000n + BigInt(index) * 1_000_003n);
const rowKey = (index: number): string => `{"id":${index}}`;
const oidKey = (index: number): string => JSON.stringify({ id: `{"$oid": "${oid(index)}"}` });
const jsonText = (text: string): string => JSON.stringify(text);

const debezium: readonly Kind[] = [
  ...shaped('debezium', 'PostgreSQL insert', (row, index) => envelope('null', `{${row}}`, postgresql(index)), rowKey),
  ...shaped('debezium', 'MySQL update', (row, index) => envelope(`{${row}}`, `{${row}}`, mysql(index)), rowKey),
  kind(
    'debezium',
    'update with schema',
    (index) => `{"schema":${schema},"payload":${envelope(typedRow(String(index), index), typedRow(String(index), index), mysql(index))}}`,
    { key: rowKey },
  ),
  kind(
    'debezium',
    'the same, ids beyond 2^53',
    (index) => `{"schema":${schema},"payload":${envelope(typedRow(bigQuantity(index), index), typedRow(bigQuantity(index), index), mysql(index))}}`,
    {
      key: rowKey,
    },
  ),
  kind('debezium', 'MongoDB insert', (index) => envelope('null', jsonText(documentText(index, '{"$numberLong": "12"}')), mongo(index)), { key: oidKey }),
  kind(
    'debezium',
    'MongoDB update with the document before',
    (index) => envelope(jsonText(documentText(index, '11')), jsonText(documentText(index, '12')), mongo(index)),
    { key: oidKey },
  ),
  kind('debezium', 'MongoDB insert, integers beyond 2^53', (index) => envelope('null', jsonText(documentText(index, bigQuantity(index))), mongo(index)), {
    key: oidKey,
  }),
];

function mongoEvent(index: number, document: string): string {
  return `{"_id":{"_data":"8266906816000000012B0429296E1404"},"operationType":"insert","clusterTime":{"$timestamp":{"t":${1_720_739_862 + index},"i":1}},"wallTime":{"$date":"2024-07-11T23:17:42.005Z"},"ns":{"db":"shop","coll":"orders"},"documentKey":{"_id":{"$oid":"${oid(index)}"}},"fullDocument":${document}}`;
}

const mongodb: readonly Kind[] = [
  kind('mongodb', 'insert, relaxed', (index) => mongoEvent(index, documentText(index, '12'))),
  kind('mongodb', 'insert, canonical', (index) =>
    mongoEvent(index, documentText(index, '{"$numberLong":"12"}').replace(/("\$date": )(\d+)/, '$1{"$numberLong":"$2"}')),
  ),
  kind('mongodb', 'insert, integers beyond 2^53', (index) => mongoEvent(index, documentText(index, bigQuantity(index)))),
];

function rowEvent(row: string): string {
  return `{"schema": "shop", "table": "orders", "type": "WriteRowsEvent", "row": {"values": {${row.replaceAll('":', '": ').replaceAll(',"', ', "')}}}}`;
}

function asRepr(json: string): string {
  return json.replaceAll('"', "'").replaceAll('null', 'None').replaceAll('true', 'True');
}

/** Dates and decimals as Python writes them. */
function withCalls(repr: string): string {
  return repr
    .replace(
      /'created': '(\d+)-0?(\d+)-0?(\d+) 0?(\d+):(\d+):(\d+)'/,
      "'created': datetime.datetime($1, $2, $3, $4, $5, $6, 123456), 'changed': datetime.datetime($1, $2, $3, $4, $5, $6)",
    )
    .replace(/'amount': ([\d.]+)/, "'amount': Decimal('$1')");
}

const mysqlRows: readonly Kind[] = [
  ...shapes.map(([shape, name]) => kind('mysql-rows', `JSON, ${name}`, (index) => rowEvent(rowOf(index)[shape]))),
  kind('mysql-rows', 'repr', (index) => asRepr(rowEvent(rowOf(index).plain)), { json: (index) => rowEvent(rowOf(index).plain) }),
  kind('mysql-rows', 'repr with datetimes and a Decimal', (index) => withCalls(asRepr(rowEvent(rowOf(index).plain))), {
    json: (index) => rowEvent(`${rowOf(index).plain},"changed":"2025-11-21 04:40:10"`),
  }),
];

const item = (index: number): string =>
  `{"pk":{"S":"order#${index}"},"customer":{"S":"cust-${index}"},"amount":{"N":"${1 + (index % 900)}.5"},"paid":{"BOOL":true},"note":{"NULL":true},"lines":{"L":[{"M":{"sku":{"S":"SKU-${index}"},"count":{"N":"2"}}}]},"memo":{"S":"${lorem.slice(0, noteLength)}"}}`;
function itemRecord(index: number, image: string): string {
  return `{"awsRegion":"eu-central-1","eventID":"5f1c2e7a-9b3d-4c11-8a6e-${String(index).padStart(12, '0')}","eventName":"INSERT","userIdentity":null,"recordFormat":"application/json","tableName":"orders","dynamodb":{"ApproximateCreationDateTime":${1_763_700_000_123_456 + index},"Keys":{"pk":{"S":"order#${index}"}},"NewImage":${image},"SizeBytes":312,"ApproximateCreationDateTimePrecision":"MICROSECOND"},"eventSource":"aws:dynamodb"}`;
}
function streamsRecord(index: number, image: string): string {
  return `{"eventID":"4b25bd0da9a181a155114127e4837252","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-west-1","dynamodb":{"ApproximateCreationDateTime":1763700000,"Keys":{"pk":{"S":"order#${index}"}},"NewImage":${image},"SequenceNumber":"${300_000_000_000_000_499_000n + BigInt(index)}","SizeBytes":42,"StreamViewType":"NEW_IMAGE"}}`;
}

const dynamodb: readonly Kind[] = [
  kind('dynamodb', 'insert', (index) => itemRecord(index, item(index))),
  kind('dynamodb', 'insert, written with white space', (index) => itemRecord(index, item(index).replaceAll(':{', ': {'))),
  kind('dynamodb-streams', 'insert', (index) => streamsRecord(index, item(index))),
  kind('dynamodb-streams', 'insert, written with white space', (index) => streamsRecord(index, item(index).replaceAll(':{', ': {'))),
];

/** The project's own examples, one by one: small records. Those that are no JSON have nothing to be measured by. */
function exampleKinds(): readonly Kind[] {
  const isJson = ({ text }: CodecExample): boolean => {
    try {
      return text !== '' && typeof JSON.parse(text) === 'object';
    } catch {
      return false;
    }
  };
  return codecs.flatMap(({ name, examples }) =>
    examples.filter(isJson).map((example) => ({
      codec: name,
      name: `example: ${example.title}`,
      records: [rawOf(example.text, 0, example.partitionKey, example.stream)],
      json: [example.text],
    })),
  );
}

export const kinds: readonly Kind[] = [
  ...shaped('rows', 'row', (row) => `{${row}}`),
  ...dms,
  ...maxwell,
  ...debezium,
  ...mongodb,
  ...mysqlRows,
  ...dynamodb,
  ...exampleKinds(),
];
