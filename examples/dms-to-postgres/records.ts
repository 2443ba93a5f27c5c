// The records of this example, as AWS DMS writes them to a Kinesis stream: prints one request for PutRecords. Made up; their shape is
// that of a full load of a PostgreSQL database and the changes after it. It sends nothing.

type Row = Readonly<Record<string, unknown>>;

const task = 'K7QXW2PLMRVZT3BNYHDC5UAEGJ';
const startMs = Date.parse('2026-01-05T09:00:00Z');
/** JSON numbers of more digits than a double has. */
const longNumbers: Readonly<Record<string, string>> = { '#long': '9007199254740993', '#price': '12345678901234567.89' };
let tick = 0;
let transaction = 7_177;

/** µs, later with each call. */
function nextTime(): string {
  tick += 1;
  return new Date(startMs + tick * 250).toISOString().replace('Z', `${String(tick % 1_000).padStart(3, '0')}Z`);
}

interface Sent {
  readonly partitionKey: string;
  readonly text: string;
}

function jsonText(record: unknown): string {
  return JSON.stringify(record).replace(/"(#\w+)"/g, (whole, name: string) => longNumbers[name] ?? whole);
}

function metadata(type: 'data' | 'control', operation: string, schema: string, table: string): Row {
  const partition = type === 'data' ? { 'partition-key-type': 'schema-table' } : { 'partition-key-type': 'task-id', 'partition-key-value': task };
  return { timestamp: nextTime(), 'record-type': type, operation, ...partition, 'schema-name': schema, 'table-name': table };
}

function control(operation: string, table: string, definition: Row = {}, schema = 'shop'): Sent {
  return { partitionKey: `${task}.${schema}.${table}`, text: jsonText({ control: definition, metadata: metadata('control', operation, schema, table) }) };
}

function load(table: string, data: Row): Sent {
  return { partitionKey: `shop.${table}`, text: jsonText({ data, metadata: metadata('data', 'load', 'shop', table) }) };
}

/** `before`: where the task has BeforeImageSettings, the key's columns as they were. */
function change(operation: 'insert' | 'update' | 'delete', table: string, data: Row, before?: Row): Sent {
  transaction += 1;
  const details = {
    'transaction-id': transaction,
    'transaction-record-id': 1,
    'prev-transaction-id': transaction - 1,
    'prev-transaction-record-id': 1,
    'commit-timestamp': nextTime(),
    'stream-position': `00000002/7C00${transaction}.2.00000002/7C00${transaction}`,
  };
  const image = before === undefined ? {} : { 'before-image': before };
  const record = { data, ...image, metadata: { ...metadata('data', operation, 'shop', table), ...details } };
  return { partitionKey: `shop.${table}`, text: `${jsonText(record)}\n` };
}

interface Column {
  readonly type: string;
  readonly nullable: boolean;
}

/** What a task says of each table before its rows; only `products` has a key. */
function definition(columns: Readonly<Record<string, string>>, key?: readonly string[]): Row {
  const described = Object.entries(columns).map(([name, type]): [string, Column] => [name, { type, nullable: key?.includes(name) !== true }]);
  return { 'table-def': { columns: Object.fromEntries(described), ...(key === undefined ? {} : { 'primary-key': key }) } };
}

/** The full load: each table is dropped, made and filled. */
const loaded: readonly Sent[] = [
  control('create-table', 'awsdms_status', definition({ server_name: 'STRING', task_name: 'STRING' }, ['server_name', 'task_name']), ''),
  control('drop-table', 'products'),
  control(
    'create-table',
    'products',
    definition({ code: 'STRING', name: 'STRING', stock: 'INT64', price: 'NUMERIC', since: 'DATE32', sold: 'BOOL' }, ['code']),
  ),
  load('products', { code: 'A', name: 'Kettle', stock: '#long', price: '#price', since: '2018-01-02', sold: false }),
  load('products', { code: 'B', name: 'O\'Brien’s "lamp"', stock: 0, price: 4.5, since: null, sold: true }),
  load('products', { code: 'C', name: 'Rug', stock: -3, price: 25, since: '2020-02-29', sold: true }),
  control('drop-table', 'visits'),
  control('create-table', 'visits', definition({ page: 'STRING', at: 'TIMESTAMP', took: 'STRING' })),
  load('visits', { page: '/', at: '2026-01-05T08:00:00.000402Z', took: '00:00:01.02999' }),
  load('visits', { page: '/', at: '2026-01-05T08:00:00.000402Z', took: '00:00:01.02999' }), // Without a key, equal rows are two rows.
  load('visits', { page: '/lamps', at: '2026-01-05T08:01:00Z', took: '-1 days -01:42:30' }),
  control('drop-table', 'weather'),
  control('create-table', 'weather', definition({ station: 'STRING', celsius: 'DOUBLE' })),
  load('weather', { station: 'north', celsius: 2.20000005 }),
  load('weather', { station: 'south', celsius: 25 }), // DMS writes 25.0 so.
  control('drop-table', 'sizes'),
  control('create-table', 'sizes', definition({ label: 'STRING', width: 'DOUBLE' })),
  load('sizes', { label: 'small', width: 5 }),
  load('sizes', { label: 'large', width: 7.25 }), // The column was made for whole numbers by then.
  control('drop-table', 'queue'),
  control('create-table', 'queue', definition({ job: 'INT32' })),
  load('queue', { job: 1 }),
  load('queue', { job: 2 }),
];

/** The changes after it. */
const changed: readonly Sent[] = [
  change('insert', 'products', { code: 'D', name: 'Vase', stock: 12, price: 19.9, since: '2026-01-05', sold: true }),
  change('update', 'products', { code: 'B', name: 'Lamp', stock: 9, price: 4.75, since: null, sold: true }, { code: 'B' }),
  change('update', 'products', { code: 'E', name: 'Rug', stock: -3, price: 25, since: '2020-02-29', sold: false }, { code: 'C' }),
  change('delete', 'products', { code: 'D', name: null, stock: null, price: null, since: null, sold: null }),
  change('insert', 'visits', { page: '/vases', at: '2026-01-05T09:00:07.5Z', took: '01:02:00' }),
  change('update', 'weather', { station: 'north', celsius: 3.5 }), // Which row? Nobody can say: a dead letter.
  change('delete', 'weather', { station: 'south', celsius: 25 }), // Likewise.
  control('truncate-table', 'queue'),
  change('insert', 'queue', { job: 3 }),
];

const records = [...loaded, ...changed].map(({ partitionKey, text }) => ({ PartitionKey: partitionKey, Data: Buffer.from(text).toString('base64') }));
process.stdout.write(`${JSON.stringify({ StreamName: 'shop-dms', Records: records })}\n`);
