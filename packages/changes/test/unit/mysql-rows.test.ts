// The mysql-rows codec on records as programs around python-mysql-replication write them. Expected results are written by hand
// from the reader's source and MySQL's documentation.
import { describe, expect, it } from 'vitest';
import { describeDecoded, type RowChange, ValueSet } from '../../src/index.ts';
import { mysqlRowsCodec } from '../../src/mysql-rows/codec.ts';
import { mysqlRowsError, rowChanges, rowEvent, written } from '../support/mysql-rows.ts';
import { onlyEvent, recordOf, sequence } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;

function decode(text: string): RowChange {
  return onlyEvent(mysqlRowsCodec.decode(recordOf(text)));
}

const source = { system: 'mysql', database: 'shop', table: 'people' };
const version = { time: 0, seq: `${sequence}000000000` };

describe('row events', () => {
  it.each([
    ['repr', rowEvent('WriteRowsEvent', `{'values': {'id': 1, 'name': "O'Brien", 'city': None}}`)],
    ['JSON', '{"schema":"shop","table":"people","type":"WriteRowsEvent","row":{"values":{"id":1,"name":"O\'Brien","city":null}}}'],
    [
      'JSON of several lines',
      '{\n "schema": "shop", "table": "people", "event": "WriteRowsEvent",\n "row": {"values": {"id": 1, "name": "O\'Brien", "city": null}}\n}\n',
    ],
    ['a list of rows', `{"schema":"shop","table":"people","type":"WriteRowsEvent","rows":[{"values":{"id":1,"name":"O'Brien","city":null}}]}`],
  ])('WriteRowsEvent as %s', (_, text) => {
    const decoded = mysqlRowsCodec.decode(recordOf(text));
    expect(JSON.parse(describeDecoded(decoded).join('\n'))).toEqual({ kind: 'insert', source, after: { id: 1, name: "O'Brien", city: null }, version });
    expect(onlyEvent(decoded)).toMatchObject({ key: undefined });
    expect(Object.getPrototypeOf(onlyEvent(decoded).after?.values())).toBeNull();
  });

  it.each(['UpdateRowsEvent', 'PartialUpdateRowsEvent'])('%s', (type) => {
    const decoded = mysqlRowsCodec.decode(recordOf(rowEvent(type, "{'before_values': {'id': 1, 'n': 1}, 'after_values': {'id': 2, 'n': 1}}")));
    expect(JSON.parse(describeDecoded(decoded).join('\n'))).toEqual({ kind: 'modify', source, after: { id: 2, n: 1 }, before: { id: 1, n: 1 }, version });
  });

  it('DeleteRowsEvent', () => {
    const decoded = mysqlRowsCodec.decode(recordOf(rowEvent('DeleteRowsEvent', "{'values': {'id': 1}}")));
    expect(JSON.parse(describeDecoded(decoded).join('\n'))).toEqual({ kind: 'remove', source, before: { id: 1 }, version });
  });

  it('gives every digit and every byte', () => {
    const values = [
      "'price': Decimal('12345678901234567890.12345678901234567890')",
      "'big': 18446744073709551615",
      "'real': 0.30000000000000004",
      "'at': datetime.datetime(2024, 2, 29, 8, 30, 0, 120000)",
      "'day': datetime.date(2024, 2, 29)",
      "'took': datetime.timedelta(days=-1, seconds=82800)",
      "'photo': b'\\x00\\xff'",
      "'bits': '0101'",
      "'tags': {'b', 'a'}",
    ];
    const json = decode(rowEvent('WriteRowsEvent', `{'values': {${values.join(', ')}}}`)).after?.json(exact);
    expect(json).toBe(
      '{"price":12345678901234567890.1234567890123456789,"big":18446744073709551615,"real":0.30000000000000004,"at":"2024-02-29T08:30:00.120000","day":"2024-02-29","took":"-01:00:00","photo":"AP8=","bits":"0101","tags":["a","b"]}',
    );
    const text = '{"table":"t","type":"WriteRowsEvent","row":{"values":{"a":9007199254740993,"b":0.12345678901234567890,"c":1e3}}}';
    expect(decode(text).after?.json(exact)).toBe('{"a":9007199254740993,"b":0.1234567890123456789,"c":1000}');
  });

  it('reads the texts of a JSON column, which come as bytes, and leaves a binary column alone', () => {
    const { after } = decode(rowEvent('WriteRowsEvent', `{'values': {'doc': {b'caf\\xc3\\xa9': [b'x', {b'y': b'\\xff', b'z': b'ok'}]}, 'raw': b'x'}}`));
    expect(after?.values()).toEqual({ doc: { café: ['x', { y: Uint8Array.of(255), z: 'ok' }] }, raw: Uint8Array.of(120) });
  });

  it('keeps names that objects know for themselves', () => {
    const text = `{"table":"t","type":"WriteRowsEvent","row":{"values":{"__proto__":1,"constructor":2,"a.b":3,"${'c'.repeat(70)}":{"__proto__":4}}}}`;
    const { after } = decode(text);
    expect(after?.json(exact)).toBe(`{"__proto__":1,"constructor":2,"a.b":3,"${'c'.repeat(70)}":{"__proto__":4}}`);
    const values = after?.values() ?? {};
    for (const object of [values, values['c'.repeat(70)]]) expect(Object.getPrototypeOf(object)).toBeNull();
    const sourced = decode("{'table': 't', 'type': 'WriteRowsEvent', 'row': {'values': {'__proto__': 1}, 'none_sources': {}}}");
    expect(sourced.after?.json(exact)).toBe('{"__proto__":1}');
  });

  it('needs no schema', () => {
    expect(decode('{"table":"t","type":"WriteRowsEvent","row":{"values":{"a":1}}}').source).toEqual({ system: 'mysql', table: 't' });
  });

  it('says about how much memory a row holds', () => {
    const bytesOf = (value: string): number => decode(rowEvent('WriteRowsEvent', `{'values': {'a': ${value}}}`)).after?.bytes ?? 0;
    expect(bytesOf(`'${'x'.repeat(1000)}'`) - bytesOf("''")).toBe(1000);
    for (const value of [
      `['${'x'.repeat(1000)}']`,
      `{'${'x'.repeat(1000)}'}`,
      `{'k': '${'x'.repeat(1000)}'}`,
      `b'${'x'.repeat(1000)}'`,
      `0.${'1'.repeat(1000)}`,
    ])
      expect(bytesOf(value)).toBeGreaterThan(1000);
    expect(bytesOf('9'.repeat(1000))).toBeGreaterThan(400);
    expect(Number.isInteger(bytesOf('36893488147419103232'))).toBe(true);
  });
});

describe('columns that were not sent', () => {
  it('of an update have the value before, or are unknown: never null', () => {
    const row = [
      "'before_values': {'id': 1, 'a': 5, 'b': None, 'c': None}",
      "'before_none_sources': {'b': 'cols bitmap', 'c': 'null'}",
      "'after_values': {'id': None, 'a': 6, 'b': None, 'c': None}",
      "'after_none_sources': {'id': 'cols bitmap', 'b': 'cols bitmap', 'c': 'null'}",
    ];
    const { after, before, unknown } = decode(rowEvent('UpdateRowsEvent', `{${row.join(', ')}}`));
    expect([after?.values(), before?.values(), unknown]).toEqual([{ id: 1, a: 6, c: null }, { id: 1, a: 5, c: null }, ['b']]);
  });

  it('are looked for by their own names only', () => {
    const row =
      "'before_values': {'id': 1}, 'before_none_sources': {}, 'after_values': {'constructor': None, 'toString': None}, 'after_none_sources': {'constructor': 'cols bitmap'}";
    const { after, unknown } = decode(rowEvent('UpdateRowsEvent', `{${row}}`));
    expect([after?.json(exact), unknown]).toEqual(['{"toString":null}', ['constructor']]);
  });

  it('of a partly updated JSON column are those before', () => {
    const row =
      "'before_values': {'id': 1, 'doc': {b'x': 1}}, 'after_values': {'id': 1, 'doc': None}, 'after_none_sources': {'doc': 'same with before values'}";
    const { after, unknown } = decode(rowEvent('PartialUpdateRowsEvent', `{${row}}`));
    expect([after?.values(), unknown]).toEqual([{ id: 1, doc: { x: 1 } }, undefined]);
  });

  it.each([
    ['WriteRowsEvent', 'after', ['b']],
    ['DeleteRowsEvent', 'before', undefined],
  ] as const)('of %s are left out', (type, image, unknown) => {
    const decoded = decode(rowEvent(type, "{'values': {'a': 1, 'b': None, 'c': None}, 'none_sources': {'b': 'cols bitmap', 'c': 'null'}}"));
    expect([decoded[image]?.values(), decoded.unknown]).toEqual([{ a: 1, c: null }, unknown]);
  });

  it('are not those that are null, empty or out of range', () => {
    const sources = "{'a': 'null', 'b': 'empty set', 'c': 'out of date range', 'd': 'cols bitmap', '__proto__': 'cols bitmap'}";
    const { after, unknown } = decode(rowEvent('WriteRowsEvent', `{'values': {'a': None, 'b': None, 'c': None, 'd': 4}, 'none_sources': ${sources}}`));
    expect([after?.values(), unknown]).toEqual([{ a: null, b: new ValueSet([]), c: null, d: 4 }, undefined]);
  });
});

describe('several changes in one record', () => {
  it.each(['', '\n', ' ', ',', ', \r\n', '\n\n'])('separated by %j, in their order', (separator) => {
    const changes = rowChanges(mysqlRowsCodec.decode(recordOf([1, 2, 3].map(written).join(separator) + separator)));
    expect(changes.map(({ after, version: { seq } }) => [after?.values(), seq])).toEqual([1, 2, 3].map((id) => [{ id }, `${sequence}00000000${id - 1}`]));
  });

  it('JSON beside repr, and events of several rows', () => {
    const several = '{"table":"t","type":"UpdateRowsEvent","rows":[{"after_values":{"id":4}},{"after_values":{"id":5}}]}';
    const changes = rowChanges(mysqlRowsCodec.decode(recordOf(written(3) + several + written(6))));
    expect(changes.map(({ kind, after, version: { seq } }) => [kind, after?.values().id, seq.slice(-3)])).toEqual([
      ['insert', 3, '000'],
      ['modify', 4, '001'],
      ['modify', 5, '002'],
      ['insert', 6, '003'],
    ]);
  });

  it('takes a thousand of them and refuses one more, as documents or as rows of one', () => {
    const rows = (count: number): string => `{"table":"t","type":"WriteRowsEvent","rows":[${Array(count).fill('{"values":{"a":1}}').join(',')}]}`;
    const changes = rowChanges(mysqlRowsCodec.decode(recordOf(written(1).repeat(1000))));
    expect([changes.length, changes.at(-1)?.version.seq]).toEqual([1000, `${sequence}000000999`]);
    // What comes after them is not looked at.
    for (const more of [written(1), '{']) expect(mysqlRowsError(written(1).repeat(1000) + more)).toEqual(['TOO_LARGE', expect.stringContaining('1000')]);
    expect(rowChanges(mysqlRowsCodec.decode(recordOf(rows(1000))))).toHaveLength(1000);
    expect(mysqlRowsError(rows(1001))).toEqual(['TOO_LARGE', expect.stringContaining('1000')]);
  });

  it('is all or nothing', () => {
    expect(mysqlRowsError(`${written(1)}${written(2).slice(0, -1)}`)).toEqual(['NOT_JSON', expect.stringContaining('ends within')]);
    expect(mysqlRowsError(`${written(1)}{'a': 1}`)).toEqual(['BROKEN_RECORD', expect.stringContaining('something else')]);
    expect(mysqlRowsError(`${written(1)}${rowEvent('DeleteRowsEvent', '{}')}`)).toEqual(['NO_IMAGE', expect.stringContaining('deletes a row')]);
  });

  it('has nothing to say of an event without rows', () => {
    expect(mysqlRowsCodec.decode(recordOf('{"table":"t","type":"WriteRowsEvent","rows":[]}')).kind).toBe('ignored');
  });
});
