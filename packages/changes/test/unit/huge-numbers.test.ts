// Short texts that stand for long numbers: each codec weighs them as they will be written, and refuses a record of too many. What a row
// weighs is compared with the text that it becomes.
import { describe, expect, it } from 'vitest';
import { codecByName, type Decoded, type RowChange } from '../../src/index.ts';
import { parsedExactly } from '../../src/records/exact-tree.ts';
import { maxWrittenDigits, normalNumber, numberValue, valueLength, writtenLength } from '../../src/values/numbers.ts';
import { change, recordOf } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const ts = '"timestamp":"2025-11-21T04:40:00Z"';
const postgresql = '"source":{"connector":"postgresql","table":"t","lsn":1,"ts_ms":1},"op":"c"';
const mongodb = '"operationType":"insert","ns":{"db":"d","coll":"c"},"documentKey":{"_id":1}';
const decimals = (items: string): string =>
  `{"schema":{"fields":[{"field":"after","fields":[{"field":"v","type":"array","items":${items}}]}]},"payload":{${postgresql},"after":{"v":[@]}}}`;
const decimal = decimals('{"name":"org.apache.kafka.connect.data.Decimal","type":"bytes","parameters":{"scale":"-16000"}}');
const variable = decimals('{"name":"io.debezium.data.VariableScaleDecimal","type":"struct"}');
const twice = (text: string): string => JSON.stringify(text).slice(1, -1);

/** `@`: where numbers stand, one after the other with commas. `length`: of one, written out. */
const floods: readonly (readonly [codec: string, what: string, record: string, number: string, length: number])[] = [
  ['dynamodb', 'a set', JSON.stringify(change({ change: { NewImage: { id: { S: 'a' }, v: { NS: ['@'] } } } })), '"1e129"', 130],
  ['dynamodb', 'a set with white space', JSON.stringify(change({ change: { NewImage: { id: { S: 'a' }, v: { NS: ['@'] } } } }), undefined, 1), '"1e129"', 130],
  ['dynamodb', 'a list', JSON.stringify(change({ change: { NewImage: { v: { L: '@' } } } })).replace('"@"', '["@"]'), '{"N":"1e129"}', 130],
  ['rows', 'a list', '{"v":[@]}', '1e999', 1000],
  ['rows', 'a list of small doubles', '{"v":[@]}', '1e-99', 101],
  ['dms', 'a list', `{"data":{"v":[@]},"metadata":{"operation":"load","schema-name":"s","table-name":"t",${ts}}}`, '1e999', 1000],
  ['maxwell', 'a list', '{"database":"d","table":"t","type":"insert","ts":1,"data":{"v":[@]}}', '1e999', 1000],
  ['debezium', 'a list', `{${postgresql},"after":{"v":[@]}}`, '1e999', 1000],
  ['debezium', 'decimals of a large scale', decimal, '"AQ=="', 16_001],
  ['debezium', 'decimals with a scale each', variable, '{"scale":16000,"value":"AQ=="}', 16_002],
  [
    'debezium',
    'a document',
    '{"source":{"connector":"mongodb","db":"d","collection":"c","ts_ms":1},"op":"c","after":"{\\"_id\\":1,\\"v\\":[@]}"}',
    twice('{"$numberDecimal":"1e999"}'),
    1000,
  ],
  [
    'debezium',
    'a document that hides the name of a number',
    '{"source":{"connector":"mongodb","db":"d","collection":"c","ts_ms":1},"op":"c","after":"{\\"_id\\":1,\\"v\\":[@]}"}',
    twice('{"\\u0024numberDecimal":"1e999"}'),
    1000,
  ],
  [
    'debezium',
    'bare numbers of a document',
    '{"source":{"connector":"mongodb","db":"d","collection":"c","ts_ms":1},"op":"c","after":"{\\"_id\\":1,\\"v\\":[@]}"}',
    '1e999',
    1000,
  ],
  ['mongodb', 'decimals', `{${mongodb},"fullDocument":{"v":[@]}}`, '{"$numberDecimal":"1E999"}', 1000],
  ['mongodb', 'doubles', `{${mongodb},"fullDocument":{"v":[@]}}`, '{"$numberDouble":"1E308"}', 309],
  ['mysql-rows', 'JSON', '{"type":"WriteRowsEvent","table":"t","row":{"values":{"v":[@]}}}', '1e999', 1000],
  ['mysql-rows', 'repr', "{'type': 'WriteRowsEvent', 'table': 't', 'row': {'values': {'v': [@]}}}", "Decimal('1e999')", 1000],
];

const decodedWith = (codec: string, record: string, number: string, count: number): Decoded => {
  const text = record.replace(/"@"|@/, () => Array.from({ length: count }, () => number).join(','));
  return codecByName(codec)?.decode(recordOf(text)) ?? { kind: 'ignored', reason: 'no codec' };
};

function rowOf(decoded: Decoded): RowChange['after'] {
  const [event] = decoded.kind === 'changes' ? decoded.events : [];
  if (event === undefined || event.kind === 'truncate') throw new Error(`expected a row: ${JSON.stringify(decoded).slice(0, 300)}`);
  return event.after;
}

describe.each(floods)('%s: %s', (codec, _what, record, number, length) => {
  it('weighs a number by what is written of it', () => {
    const few = rowOf(decodedWith(codec, record, number, 20));
    const more = rowOf(decodedWith(codec, record, number, 70));
    const grown = (more?.bytes ?? 0) - (few?.bytes ?? 0);
    expect((more?.json(exact).length ?? 0) - (few?.json(exact).length ?? 0)).toBe(50 * (length + 1));
    expect(grown).toBeGreaterThanOrEqual(50 * length);
    expect(grown).toBeLessThan(50 * (length + 300));
  });

  it('weighs each record by itself', () => {
    const bytes = (): number | undefined => rowOf(decodedWith(codec, record, number, 20))?.bytes;
    expect(bytes()).toBe(bytes());
  });

  it('refuses a record of too many', () => {
    const most = Math.floor(maxWrittenDigits / length);
    expect(decodedWith(codec, record, number, most + 1)).toMatchObject({
      kind: 'undecodable',
      error: { code: 'TOO_LARGE', message: expect.stringContaining('written out') },
    });
    expect(decodedWith(codec, record, number, Math.floor(most / 2)).kind).toBe('changes');
  });
});

it('are not even made when they are too many', () => {
  const flood = `[${'1e1000,'.repeat(Math.floor(maxWrittenDigits / 1000))}1]`;
  // The second cannot be marked, so the parser is asked for each number.
  for (const text of [flood, flood.replace('1]', '"\u009e"]')]) expect(() => parsedExactly(text)).toThrow(RangeError);
  expect(parsedExactly('[1e1000,"\u009e"]')).toEqual([10n ** 1000n, '\u009e']);
});

describe('the numbers of DynamoDB', () => {
  const inItem = (digits: string): string => codecByName('dynamodb')?.decode(recordOf(change({ change: { NewImage: { v: { N: digits } } } }))).kind ?? '';
  it.each(['9.9999999999999999999999999999999999999E+125', '-1.2345678901234567890123456789012345678E-130', `1${'0'.repeat(300)}`])('%s is one', (digits) => {
    expect(inItem(digits)).toBe('changes');
  });

  it.each(['1e250', '1E-250', '1e1000'])('%s is none', (digits) => {
    expect(inItem(digits)).toBe('undecodable');
  });
});

describe('writtenLength and valueLength', () => {
  it.each([
    '0',
    '-1.5',
    '1e999',
    '-1E-1000',
    '5e-324',
    '1.7976931348623157e308',
    '1e-7',
    '9223372036854775807',
    '9'.repeat(5000),
    '-0.12345678901234567890',
    '007',
  ])('are no less than what is written of %.30s, and little more', (text) => {
    const written = normalNumber(text).length;
    expect(writtenLength(text)).toBeGreaterThanOrEqual(written);
    expect(writtenLength(text)).toBeLessThan(written + 350);
    const value = numberValue(text);
    expect(valueLength(value)).toBeGreaterThanOrEqual(written);
    expect(valueLength(value)).toBeLessThan(written + 350);
  });
});
