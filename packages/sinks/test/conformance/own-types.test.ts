// Types that PostgreSQL's users make of others: arrays, domains, enums, rows. They round, cut and drop as their parts do, without a
// word; what would not stay as it came stands in the extra column.
import { ExactNumber, ValueSet } from '@shardfold/changes';
import { expect, test } from 'vitest';
import { at, put, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { beside, manyDigits, type OwnColumn } from '../support/own-columns.ts';
import { postgresForFile, query, withSinkOn } from '../support/postgres.ts';
import { postgresColumnsHold } from '../support/postgres-own-columns.ts';

const newUrl = postgresForFile();
const withSink = withSinkOn(newUrl);

const types =
  "CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('new', 'paid'); CREATE TYPE pair AS (a numeric(4,2), b text); CREATE TYPE numerics AS (a int); CREATE TYPE numeric_kind AS ENUM ('exact'); " +
  'CREATE DOMAIN amount AS numeric(10,2) CHECK (value >= 0); CREATE DOMAIN shop.price AS amount; CREATE DOMAIN code AS varchar(3); CREATE DOMAIN "Raw" AS bytea; ' +
  'CREATE DOMAIN moment AS timestamp(0); CREATE DOMAIN moods AS shop.mood[]; CREATE DOMAIN couple AS pair; CREATE DOMAIN anything AS jsonb; CREATE DOMAIN counts AS int[]; ' +
  'CREATE EXTENSION citext;';

const arrays: readonly OwnColumn[] = [
  ['text[]', ['a', null, 'b,c'], '{a,NULL,"b,c"}'],
  ['text[]', [], '{}'],
  ['text[]', new ValueSet(['b', 'a']), '{a,b}'],
  ['text[]', '{a,"b"}', '{a,b}'],
  ['text[]', 'a', beside],
  ['text[]', ['a', ['b']], beside],
  ['text[]', [[]], beside],
  ['text[]', [{ a: 1 }], beside],
  ['text[]', { a: 1 }, beside],
  ['text[]', [Uint8Array.of(0)], beside],
  ['int[]', [1, 2], '{1,2}'],
  ['int[]', '[0:1]={1,2}', '[0:1]={1,2}'],
  [
    'int[][]',
    [
      [1, 2],
      [3, 4],
    ],
    '{{1,2},{3,4}}',
  ],
  ['int[]', [[1], [2, 3]], beside],
  ['int[]', [1.5], beside],
  ['int[]', 5, beside],
  ['bigint[]', [9223372036854775807n], '{9223372036854775807}'],
  ['real[]', [1.5], '{1.5}'],
  ['real[]', [16777217], beside],
  ['double precision[]', [manyDigits], beside],
  ['double precision[]', '{1.2345678901234567890123}', beside],
  ['numeric[]', [manyDigits], '{1.2345678901234567890123}'],
  ['numeric(4,2)[]', [new ExactNumber('12.50')], '{12.50}'],
  ['numeric(4,2)[]', [1.239], beside],
  ['varchar(3)[]', ['ab '], '{"ab "}'],
  ['varchar(3)[]', ['abc '], beside],
  ['varchar(3)[]', '{"abc "}', beside],
  ['boolean[]', [true, false], '{t,f}'],
  ['date[]', ['2026-11-21'], '{2026-11-21}'],
  ['date[]', ['2026-11-21T10:00:00Z'], beside],
  ['timestamp(0)[]', ['2026-11-21T10:00:00.7'], beside],
  ['name[]', ['x'.repeat(64)], beside],
  ['money[]', [1.005], beside],
  ['bytea[]', [Uint8Array.of(0, 1)], beside],
  ['bytea[]', '{"\\\\x0001"}', '{"\\\\x0001"}'],
  ['jsonb[]', [{ a: 1 }, 'x', null], '{"{\\"a\\": 1}","\\"x\\"",NULL}'],
  [
    'jsonb[]',
    [
      [1, 2],
      [3, 4],
    ],
    beside,
  ],
  ['uuid[]', ['0b6f1f6e-1f3c-4b9e-9c57-0a3f4c1d2e3f'], '{0b6f1f6e-1f3c-4b9e-9c57-0a3f4c1d2e3f}'],
];

const made: readonly OwnColumn[] = [
  ['amount', 12.5, '12.50'],
  ['amount', new ExactNumber('12.345'), beside],
  ['amount[]', [12.5], '{12.50}'],
  ['amount[]', [new ExactNumber('12.345')], beside],
  ['shop.price', 12.5, '12.50'],
  ['shop.price', new ExactNumber('12.345'), beside],
  ['code', 'abc', 'abc'],
  ['code', 'abc ', beside],
  ['"Raw"', Uint8Array.of(0, 255), '\\x00ff'],
  ['moment', '2026-11-21T10:00:00', '2026-11-21 10:00:00'],
  ['moment', '2026-11-21T10:00:00.7', beside],
  ['anything', [1, { a: 'b' }], '[1, {"a": "b"}]'],
  ['counts', [1, 2], '{1,2}'],
  ['counts', [1.5], beside],
  ['counts[]', [[1, 2]], beside],
  ['shop.mood', 'paid', 'paid'],
  ['shop.mood[]', ['paid', 'new'], '{paid,new}'],
  ['moods', '{paid,new}', '{paid,new}'],
  ['citext', 'AbC', 'AbC'],
  ['citext', 5, '5'],
  ['citext', ['a'], beside],
  ['citext', Uint8Array.of(0, 1), beside],
  ['pair', { a: 1.5, b: 'x', c: 9 }, beside],
  ['pair', '(1.239,x)', beside],
  ['pair[]', [{ a: 1, c: 9 }], beside],
  ['couple', { a: 1 }, beside],
  ['numerics', 5, beside],
  ['numeric_kind', 'exact', 'exact'],
  ['xml', ['a'], beside],
  ['daterange', '[2026-01-01,2026-02-01)', '[2026-01-01,2026-02-01)'],
  ['daterange', '[2026-01-01 10:00,2026-02-01)', beside],
  ['tsrange', '["2026-01-01 10:00:00.1234567",)', beside],
  ['tstzrange', '["2026-01-01 10:00:00+00",)', '["2026-01-01 10:00:00+00",)'],
];

test.for([
  ['arrays', arrays],
  ['domains, enums and rows', made],
] as const)('%s of somebody’s own', async ([, cases]) => {
  const url = await newUrl();
  await query(url, types);
  await postgresColumnsHold(url, cases);
});

test('what a domain or an enum refuses is a dead letter with the server’s code, and the rest lands', () =>
  withSink(async ({ url, sink }) => {
    await query(url, types);
    await query(
      url,
      'CREATE TABLE orders (id text PRIMARY KEY, a amount, b code, c amount[], d shop.mood, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL, cdc_partial jsonb)',
    );
    const table = await sink.table(target('orders', { layout: 'columns' }), never);
    const rows = [{ a: -1 }, { a: 1 }, { b: 'abcd' }, { c: [-1] }, { d: 'old' }];
    const report = await table.write(
      rows.map((row, index) => put(textKey(`k${index}`), at(1), row)),
      never,
    );
    expect(report.rejected.map(({ index, error }) => [index, error.code])).toEqual([
      [0, '23514'],
      [3, '23514'],
      [4, '22P02'],
    ]);
    expect(await query(url, 'SELECT id, a::text, b, _extra FROM orders ORDER BY id')).toEqual([
      { id: 'k1', a: '1.00', b: null, _extra: null },
      { id: 'k2', a: null, b: null, _extra: { b: 'abcd' } },
    ]);
  }));

test('columns with fields are told of', () =>
  withSink(async ({ url, sink }) => {
    await query(url, `${types} CREATE TABLE orders (id text PRIMARY KEY, two pair, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL)`);
    await sink.table(target('orders', { layout: 'columns' }), never);
    const { tables } = await sink.describe(never);
    expect(tables[0]?.problems).toEqual(['Of a type with fields: "two". Attributes of these names go whole to the extra column.']);
  }));
