// Which records the mysql-rows codec takes and refuses: by hand, with characters changed, and as a running pipeline wrote them.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDecoded, type RowChange } from '../../src/index.ts';
import { mysqlRowsCodec } from '../../src/mysql-rows/codec.ts';
import { mysqlRowsError, rowChanges, rowEvent, written } from '../support/mysql-rows.ts';
import { change, onlyEvent, opslog, recordOf } from '../support/records.ts';

const captures = process.env.SHARDFOLD_TEST_CAPTURES;

describe('what is refused', () => {
  it.each([
    ['', 'EMPTY'],
    [' \n', 'EMPTY'],
    [`,${written(1)}`, 'NOT_JSON'],
    [`\ufeff${written(1)}`, 'NOT_JSON'],
    [written(1).slice(0, -3), 'NOT_JSON'],
    [rowEvent('WriteRowsEvent', "{'values': {'a': Foo(1)}}"), 'BROKEN_VALUE'],
    [`{'type': 'WriteRowsEvent', ${"'row': {".repeat(200)}`, 'TOO_DEEP'],
    ['{}', 'UNKNOWN_FORMAT'],
    // Whatever is wrong with another format's record is not for this one to say.
    ['{', 'UNKNOWN_FORMAT'],
    [`${"{'row': ".repeat(200)}`, 'UNKNOWN_FORMAT'],
    ['{"a":1e2000}', 'UNKNOWN_FORMAT'],
    ['[1]', 'UNKNOWN_FORMAT'],
    ['5', 'UNKNOWN_FORMAT'],
    [rowEvent('XidEvent', '{}'), 'UNKNOWN_FORMAT'],
    [rowEvent('constructor', '{}'), 'UNKNOWN_FORMAT'],
    ["{'type': 'WriteRowsEvent'}", 'UNKNOWN_FORMAT'],
    [rowEvent('WriteRowsEvent', "{'values': {'a': 1}}", ''), 'BROKEN_RECORD'],
    [rowEvent('WriteRowsEvent', "{'values': {'a': 1}}", 't'.repeat(256)), 'BROKEN_RECORD'],
    ["{'schema': 5, 'table': 't', 'type': 'WriteRowsEvent', 'row': {'values': {}}}", 'BROKEN_RECORD'],
    ["{'table': 't', 'type': 'WriteRowsEvent', 'rows': 5}", 'BROKEN_RECORD'],
    [rowEvent('WriteRowsEvent', '5'), 'BROKEN_RECORD'],
    [rowEvent('WriteRowsEvent', "{'values': {'x', 'y'}}"), 'NO_IMAGE'],
    [rowEvent('WriteRowsEvent', "{'after_values': {'a': 1}}"), 'NO_IMAGE'],
    [rowEvent('UpdateRowsEvent', "{'values': {'a': 1}}"), 'NO_IMAGE'],
    [rowEvent('UpdateRowsEvent', "{'before_values': [1], 'after_values': {'a': 1}}"), 'BROKEN_RECORD'],
  ])('%.60s: %s', (text, code) => {
    expect(mysqlRowsError(text)).toEqual([code, expect.stringMatching(/decoded|applied/)]);
  });

  it('says where the text is broken', () => {
    expect(mysqlRowsError("{'type': 'WriteRowsEvent', 'a': @}")).toEqual(['NOT_JSON', expect.stringContaining('at character 32')]);
  });

  it('a place in the stream that makes no order', () => {
    expect(mysqlRowsError(written(1), { sequence: 'abc' })).toEqual(['BROKEN_RECORD', expect.stringContaining('sequence number')]);
  });
});

describe('recognises', () => {
  it('its own records, the first document of several, and a broken one that is plainly a row event', () => {
    for (const text of [written(1), written(1) + written(2), `${written(1)}{`, rowEvent('WriteRowsEvent', '{}'), '{"type":"DeleteRowsEvent","rows":0}'])
      expect(mysqlRowsCodec.recognises(recordOf(text))).toBe(true);
  });

  it.each<unknown>([
    '',
    '{"a":1}',
    '"WriteRowsEvent"',
    '{"database":"d","table":"t","type":"insert","data":{"x":"WriteRowsEvent"}}',
    '{"type":"WriteRowsEvent"}',
    "{'type': 'WriteRowsEvent', 'row': {",
    opslog[0],
    change({ change: { NewImage: { type: { S: 'WriteRowsEvent' }, row: { S: '' } } } }),
  ])('not %.50j', (content) => {
    expect(mysqlRowsCodec.recognises(recordOf(content))).toBe(false);
  });

  it('every example, and decodes it', () => {
    for (const { text, sequence: place } of mysqlRowsCodec.examples) {
      const record = recordOf(text, { sequence: place });
      expect([mysqlRowsCodec.recognises(record), mysqlRowsCodec.decode(record).kind]).toEqual([true, 'changes']);
    }
  });
});

describe('totality', () => {
  const texts = mysqlRowsCodec.examples.map(({ text }) => text);
  const edited = fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.nat(), fc.nat(4), fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("'", '{', '}', '\\', "b'"))), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([text, edits]) =>
      edits.reduce((edit, [where, removed, added]) => {
        const at = where % (edit.length + 1);
        return edit.slice(0, at) + added + edit.slice(at + removed);
      }, text),
    );

  it('answers its own records with a few characters changed, and the same every time', () => {
    fc.assert(
      fc.property(edited, (text) => {
        const record = recordOf(text);
        const decoded = mysqlRowsCodec.decode(record);
        const lines = describeDecoded(decoded);
        for (const line of lines) expect(JSON.parse(line)).toHaveProperty('kind');
        expect(describeDecoded(mysqlRowsCodec.decode(record))).toEqual(lines);
        mysqlRowsCodec.recognises(record);
      }),
      { numRuns: 3000 },
    );
  });
});

describe.skipIf(captures === undefined)('records captured from a running pipeline (SHARDFOLD_TEST_CAPTURES names their folder)', () => {
  const lines = captures === undefined ? [] : readFileSync(`${captures}/mysql-binlog-firehose.txt`, 'utf8').trim().split('\n');

  it('are the changes that the capture says they are', () => {
    const changes = lines.map((line) => onlyEvent(mysqlRowsCodec.decode(recordOf(line))));
    const count = (kind: string): number => changes.filter((one) => one.kind === kind).length;
    expect([changes.length, count('insert') + count('modify') + count('remove')]).toEqual([57, 57]);
    expect(count('remove')).toBe(1);
    expect(new Set(changes.map((one) => `${one.source.system}/${one.source.database}/${one.source.table}`))).toEqual(new Set(['mysql/CDC_schema/Persons']));
    for (const { after, before } of changes) expect(Object.keys((after ?? before)?.values() ?? {})).toEqual(['PersonID', 'FullName', 'City']);
    expect(changes[0]?.after?.values()).toEqual({ PersonID: 0, FullName: 'Herman Zimmerman', City: 'Oklahoma City' });
    expect(changes.at(-1)?.before?.values()).toEqual({ PersonID: 49, FullName: 'Stephen Harvey', City: 'Phoenix' });
  });

  it('say the same in one record as in fifty-seven', () => {
    const values = (one: RowChange): unknown => [one.kind, one.after?.values(), one.before?.values()];
    const joined = rowChanges(mysqlRowsCodec.decode(recordOf(lines.join(''))));
    expect(joined.map(values)).toEqual(lines.map((line) => values(onlyEvent(mysqlRowsCodec.decode(recordOf(line))))));
  });

  it('are recognised', () => {
    for (const line of lines) expect(mysqlRowsCodec.recognises(recordOf(line))).toBe(true);
  });
});
