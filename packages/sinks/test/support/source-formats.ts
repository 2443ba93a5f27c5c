// Changes of a source's rows as each format writes them, and what of each column has to come out of it. Written from the formats'
// documentation, by other ways than the codecs go. It knows no database.
import type { SourceChange, SourceRow } from './source-history.ts';

type Kind = 'boolean' | 'number' | 'integer' | 'text' | 'binary' | 'json';

interface SourceRecord {
  readonly text: string;
  readonly partitionKey?: string;
}

export interface SourceFormat {
  readonly codec: string;
  /** For `tables[].key`, where a record does not name its key. */
  readonly key?: readonly string[];
  /** `place`: from 1, in the source's order. */
  records(change: SourceChange, place: number): readonly SourceRecord[];
  /** Each column's value as JSON text, as a reader of the target finds it. */
  stored(row: SourceRow): Readonly<Record<string, string>>;
  /** The columns that the target gets, but for those whose kind depends on what comes first. */
  readonly kinds: Readonly<Record<string, Kind>>;
}

interface Moment {
  readonly date: string;
  readonly time: string;
  readonly micros: string;
  /** Without zeros in front. */
  readonly numbers: readonly number[];
}

function momentOf(at: bigint): Moment {
  const date = new Date(Number(at / 1_000_000n) * 1_000);
  const [day = '', time = ''] = date.toISOString().slice(0, 19).split('T');
  const micros = Number(at % 1_000_000n);
  const numbers = [...day.split('-'), ...time.split(':')].map(Number);
  return { date: day, time, micros: String(micros).padStart(6, '0'), numbers: [...numbers, micros] };
}

function dayOf(born: number): string {
  return new Date(born * 86_400_000).toISOString().slice(0, 10);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** What is the same in all formats. */
function common(row: SourceRow): Record<string, string> {
  const { count, price, huge, name, photo, mixed, cdc_time, late } = row;
  return {
    count,
    price,
    huge,
    name: JSON.stringify(name),
    photo: photo === null ? 'null' : JSON.stringify(base64(photo)),
    born: JSON.stringify(dayOf(row.born)),
    mixed: JSON.stringify(mixed),
    cdc_time: String(cdc_time),
    ...(late === undefined ? {} : { late: JSON.stringify(late) }),
  };
}

const kinds = { count: 'number', price: 'number', name: 'text', born: 'text', at: 'text', late: 'text' } as const;

function jsonObject(fields: readonly (readonly [name: string, json: string])[]): string {
  return `{${fields.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
}

const second = (place: number): string => `2025-11-21T04:40:${String(Math.floor(place / 10)).padStart(2, '0')}.${place % 10}00000Z`;

function dmsStored(row: SourceRow): Record<string, string> {
  const { date, time, micros } = momentOf(row.at);
  return { ...common(row), at: `"${date}T${time}.${micros}Z"`, open: String(row.open), tags: JSON.stringify(JSON.stringify(row.tags)) };
}

/** DMS sends JSON as text, and bytes as the text that its settings make of them. */
const dms: SourceFormat = {
  codec: 'dms',
  key: ['id'],
  records({ kind, row, from }, place) {
    const data = jsonObject([['id', String(row.id)], ...Object.entries(dmsStored(row))]);
    const before = from === undefined ? '' : `\t"before-image":\t{"id":${from.id}},\n`;
    const about = `"record-type":"data","operation":"${kind}","partition-key-type":"schema-table","schema-name":"shop","table-name":"things"`;
    const order = `"transaction-id":${7_000 + place},"transaction-record-id":1,"commit-timestamp":"${second(place)}"`;
    return [{ text: `{\n\t"data":\t${data},\n${before}\t"metadata":\t{"timestamp":"${second(place)}",${about},${order}}\n}\n` }];
  },
  stored: dmsStored,
  kinds: { ...kinds, photo: 'text', open: 'boolean', tags: 'text' },
};

/** Big-endian two's complement, as short as it can be. */
function unscaled(digits: string): string {
  let rest = BigInt(digits.replace('.', ''));
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(BigInt.asUintN(8, rest)));
    rest >>= 8n;
  } while (rest !== ((bytes[0] ?? 0) >= 128 ? -1n : 0n));
  return `"${base64(Uint8Array.from(bytes))}"`;
}

const decimal = (scale: string) => ({ type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale } });
const debeziumFields: readonly (readonly [name: string, type: object, wire: (row: SourceRow) => string])[] = [
  ['id', { type: 'int32' }, ({ id }) => String(id)],
  ['count', decimal('0'), ({ count }) => unscaled(count)],
  ['price', decimal('6'), ({ price }) => unscaled(price)],
  ['huge', decimal('0'), ({ huge }) => unscaled(huge)],
  ['name', { type: 'string' }, ({ name }) => JSON.stringify(name)],
  ['photo', { type: 'bytes' }, ({ photo }) => (photo === null ? 'null' : JSON.stringify(base64(photo)))],
  ['born', { type: 'int32', name: 'io.debezium.time.Date' }, ({ born }) => String(born)],
  ['at', { type: 'int64', name: 'io.debezium.time.MicroTimestamp' }, ({ at }) => String(at)],
  ['open', { type: 'boolean' }, ({ open }) => String(open)],
  ['tags', { type: 'string', name: 'io.debezium.data.Json' }, ({ tags }) => JSON.stringify(JSON.stringify(tags))],
  ['mixed', {}, ({ mixed }) => JSON.stringify(mixed)],
  ['cdc_time', { type: 'int32' }, ({ cdc_time }) => String(cdc_time)],
  ['late', { type: 'string' }, ({ late }) => JSON.stringify(late)],
];

function debeziumRecord(kind: SourceChange['kind'], row: SourceRow, place: number): SourceRecord {
  const own = debeziumFields.filter(([name]) => name !== 'late' || row.late !== undefined);
  const fields = own.map(([name, type]) => ({ ...type, field: name, optional: true }));
  const image = jsonObject(own.map(([name, , wire]) => [name, wire(row)]));
  const schema = JSON.stringify({ type: 'struct', fields: ['before', 'after'].map((field) => ({ type: 'struct', field, fields })) });
  const [op, before, after] = { insert: ['c', 'null', image], update: ['u', 'null', image], delete: ['d', image, 'null'] }[kind];
  const source = `{"connector":"postgresql","db":"shop","schema":"public","table":"things","lsn":${24_000_000 + place},"ts_ms":1763700000123,"ts_us":1763700000123456}`;
  return {
    text: `{"schema":${schema},"payload":{"before":${before},"after":${after},"source":${source},"op":"${op}","ts_ms":1763700000200}}`,
    partitionKey: `{"id":${row.id}}`,
  };
}

const debezium: SourceFormat = {
  codec: 'debezium',
  // A change of the key is the removal of one row and the creation of another.
  records({ kind, row, from }, place) {
    return from === undefined ? [debeziumRecord(kind, row, place)] : [debeziumRecord('delete', from, place), debeziumRecord('insert', row, place)];
  },
  stored(row) {
    const { date, time, micros } = momentOf(row.at);
    return { ...common(row), at: `"${date}T${time}.${micros}"`, open: String(row.open), tags: JSON.stringify(JSON.stringify(row.tags)) };
  },
  kinds: { ...kinds, photo: 'binary', open: 'boolean', tags: 'text' },
};

function maxwellStored(row: SourceRow): Record<string, string> {
  const { date, time, micros } = momentOf(row.at);
  return { ...common(row), at: `"${date} ${time}.${micros}"`, open: row.open ? '1' : '0', tags: JSON.stringify(row.tags) };
}

const maxwell: SourceFormat = {
  codec: 'maxwell',
  records({ kind, row, from }, place) {
    const data = jsonObject([['id', String(row.id)], ...Object.entries(maxwellStored(row))]);
    const old = kind === 'update' ? `,"old":{${from === undefined ? '' : `"id":${from.id}`}}` : '';
    return [
      {
        text: `{"database":"shop","table":"things","type":"${kind}","ts":1763700000,"xid":${place},"commit":true,"position":"mysql-bin.000006:${800_000 + place}","primary_key_columns":["id"],"data":${data}${old}}`,
      },
    ];
  },
  stored: maxwellStored,
  kinds: { ...kinds, photo: 'text', open: 'integer', tags: 'json' },
};

function pythonText(text: string): string {
  const body = [...text].map((sign) => (sign === "'" || sign === '\\' ? `\\${sign}` : sign === '\n' ? '\\n' : sign)).join('');
  return `'${body}'`;
}

function pythonBytes(bytes: Uint8Array): string {
  return `b'${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
}

function pythonRow(row: SourceRow): string {
  const born = dayOf(row.born).split('-').map(Number);
  const fields: (readonly [name: string, literal: string])[] = [
    ['id', String(row.id)],
    ['count', row.count],
    ['price', `Decimal('${row.price}')`],
    ['huge', `Decimal('${row.huge}')`],
    ['name', row.name === null ? 'None' : pythonText(row.name)],
    ['photo', row.photo === null ? 'None' : pythonBytes(row.photo)],
    ['born', `datetime.date(${born.join(', ')})`],
    ['at', `datetime.datetime(${momentOf(row.at).numbers.join(', ')})`],
    ['open', row.open ? '1' : '0'],
    [
      'tags',
      `{${Object.entries(row.tags)
        .map(([name, text]) => `${pythonBytes(Buffer.from(name))}: ${pythonBytes(Buffer.from(text))}`)
        .join(', ')}}`,
    ],
    ['mixed', typeof row.mixed === 'number' ? String(row.mixed) : pythonText(row.mixed)],
    ['cdc_time', String(row.cdc_time)],
    ...(row.late === undefined ? [] : [['late', pythonText(row.late)] as const]),
  ];
  return `{${fields.map(([name, literal]) => `'${name}': ${literal}`).join(', ')}}`;
}

const mysqlRows: SourceFormat = {
  codec: 'mysql-rows',
  key: ['id'],
  records({ kind, row, from = row }) {
    const image = pythonRow(row);
    const type = { insert: 'WriteRowsEvent', update: 'UpdateRowsEvent', delete: 'DeleteRowsEvent' }[kind];
    const values = kind === 'update' ? `'before_values': ${pythonRow(from)}, 'after_values': ${image}` : `'values': ${image}`;
    return [{ text: `{'schema': 'shop', 'table': 'things', 'type': '${type}', 'row': {${values}}}` }];
  },
  stored(row) {
    const { date, time, micros } = momentOf(row.at);
    return { ...common(row), at: `"${date}T${time}.${micros}"`, open: row.open ? '1' : '0', tags: JSON.stringify(row.tags) };
  },
  kinds: { ...kinds, photo: 'binary', open: 'integer', tags: 'json' },
};

export const sourceFormats: readonly SourceFormat[] = [dms, debezium, maxwell, mysqlRows];
