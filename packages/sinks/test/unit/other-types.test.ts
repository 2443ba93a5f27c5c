// What stands unchanged in servers' types that hold neither plain numbers nor texts. What they make of it is asked of real servers.
import { ExactNumber, type Value, ValueSet } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdsOther as onMysql } from '../../src/mysql/other-types.ts';
import { holdsOther as onPostgres } from '../../src/postgres/other-types.ts';

type Case = readonly [type: string, value: Value, holds: boolean | undefined];

const bothTimes = (type: (digits: string) => string): readonly Case[] => [
  [type('(0)'), '12:34:56', true],
  [type('(0)'), '12:34', true],
  [type('(0)'), '12:34:56.0', true],
  [type('(0)'), '12:34:56.7', false],
  [type('(6)'), '12:34:56.123456', true],
  [type('(6)'), '12:34:56.1234567', false],
  [type('(3)'), '', false],
  [type('(3)'), '12', false],
  [type('(3)'), '12:34.5', false],
  [type('(3)'), '12:34:60', false],
  [type('(3)'), '2024-02-29 12:34:56', false],
  [type('(3)'), 12, false],
  [type('(3)'), new ExactNumber('1.5'), false],
];

const postgres: readonly Case[] = [
  ...bothTimes((digits) => `time${digits} without time zone`),
  ['time without time zone', '12:34:56.123456', true],
  ['time without time zone', '12:34:56Z', false],
  ['time(0) with time zone', '12:34:56Z', true],
  ['time(0) with time zone', '12:34:56-05:30', true],
  ['time(0) with time zone', '12:34:56.5Z', false],
  ['time with time zone', '12:34:56', false],
  ['time(0) without time zone[]', ['12:34:56.7'], undefined],
  ['date', '2024-02-29', true],
  ['date', '2024-02-29T00:00:00.000Z', true],
  ['date', '2024-02-29 12:34:56', false],
  ['date', '12:34', false],
  ['date', 20240229, false],
  ['date', '-infinity', true],
  ['timestamp(3) without time zone', '2024-02-29 12:34:56.789', true],
  ['timestamp(3) without time zone', '2024-02-29 12:34:56.7891', false],
  ['timestamp(3) without time zone', '2024-02-29 12:34:56+02', false],
  ['timestamp with time zone', '2024-02-29 12:34:56+02', true],
  ['timestamp with time zone', '0044-03-15 12:34:56+00 BC', true],
  ['timestamp with time zone', '2024-02-29 24:00:00Z', false],
  ['interval', '-1 days +02:03:04.5', true],
  ['interval', '1 hour', true],
  ['interval', 'PT1.5S', true],
  ['interval', '1.5 hours', false],
  ['interval', '', false],
  ['interval', 'P', false],
  ['interval(0)', 'PT1.5S', false],
  ['interval second(0)', '1', false],
  ['money', 12n, true],
  ['money', '-12', true],
  ['money', '12.5', false],
  ['money', '$1', false],
  ['money', new ExactNumber('1E-30'), false],
  ['money', true, false],
  ['oid', 0, true],
  ['oid', 4294967295, true],
  ['oid', 4294967296, false],
  ['oid', '-1', false],
  ['oid', '007', false],
  ['cid', 7, true],
  ['name', 'x'.repeat(63), true],
  ['name', 'x'.repeat(64), false],
  ['name', 7, false],
  ['name', { a: 'b' }, false],
  ['"char"', 'a', true],
  ['"char"', 'ab', false],
  ['"char"', 'é', false],
  ['daterange', '[2026-01-01,)', true],
  ['daterange', 'empty', true],
  ['daterange', '[2026-01-01 10:00,)', false],
  ['datemultirange', '{[2026-01-01,2026-02-01),[2026-03-01,)}', true],
  ['tsrange', '["2026-01-01 10:00:00.123456",)', true],
  ['tsrange', '["2026-01-01 10:00:00.1234567",)', false],
  ['tsrange', '["2026-01-01 10:00:00+02",)', false],
  ['tstzrange', '("2026-01-01 10:00:00+02",infinity)', true],
  ['xml', '<a/>', true],
  ['xml', ['a'], false],
  ['tsvector', { a: 'b' }, false],
  ['text', 'abc', undefined],
  ['character varying(3)', 'abc', undefined],
  ['uuid', 'abc', undefined],
];

const mysql: readonly Case[] = [
  ...bothTimes((digits) => `time${digits === '(0)' ? '' : digits}`),
  ['time', '838:59:59', true],
  ['time', '-100:00:00', true],
  ['time', '839:00:00', false],
  ['time', '12:34:56Z', false],
  ['date', '2024-02-29', true],
  ['date', '2024-02-29 00:00:00.000', true],
  ['date', '2024-02-29T00:00:00Z', false],
  ['date', '2024-02-29 12:34:56', false],
  ['date', '24:00:00', false],
  ['date', 1.005, false],
  ['date', '', false],
  ['datetime(3)', '2024-02-29T12:34:56.789Z', true],
  ['datetime', '2024-02-29T12:34:56.789Z', false],
  ['datetime', '10:11:12', false],
  ['datetime', 20240229, false],
  ['timestamp', '12345-01-02', false],
  ['binary(3)', Uint8Array.of(1, 2, 3), true],
  ['binary(3)', Uint8Array.of(1, 2), false],
  ['binary(3)', 'abc', false],
  ['year', 1901, true],
  ['year', 1900, false],
  ['year', '2155', true],
  ['year', 2156, false],
  ['year', '0000', true],
  ['year', 0, false],
  ['year', '0', false],
  ['year', 1.5, false],
  ['year', '99', false],
  ['year', false, false],
  ['year(4)', 2024n, true],
  ['year(2)', 2024, false],
  ["enum('1','B','it''s',')',',')", '1', true],
  ["enum('1','B','it''s',')',',')", '2', false],
  ["enum('1','B','it''s',')',',')", 1, false],
  ["enum('1','B','it''s',')',',')", true, false],
  ["enum('1','B','it''s',')',',')", 'b', false],
  ["enum('1','B','it''s',')',',')", "it's", true],
  ["enum('1','B','it''s',')',',')", ')', true],
  ["enum('1','B','it''s',')',',')", ',', true],
  ["enum('1','B','it''s',')',',')", "1','B", false],
  ["enum('1','B','it''s',')',',')", '', false],
  ["enum('')", '', true],
  ["enum('a\\\\b')", 'a\\\\b', false],
  ["set('a','b')", '1', false],
  ["set('a','b')", 1, false],
  ["set('a','b')", 'a,b', true],
  ["set('a','b')", 'b,a', false],
  ["set('a','b')", 'a,a', false],
  ["set('a','b')", 'a,', false],
  ["set('a','b')", '', true],
  ["set('a','b')", new ValueSet(['a']), false],
  ['varbinary(3)', Uint8Array.of(1), undefined],
  ['int', 1, undefined],
  ['longtext', 'a', undefined],
];

describe.for([
  ['PostgreSQL', onPostgres, postgres],
  ['MySQL and MariaDB', onMysql, mysql],
] as const)('on %s', ([, holdsOther, cases]) => {
  test.for(cases)('%s holds %o: %s', ([type, value, holds]) => expect(holdsOther(type, value)).toBe(holds));

  const types = [...new Set(cases.flatMap(([type, , holds]) => (holds === undefined ? [] : [type])))];

  test('NULL always fits', () => expect(types.filter((type) => holdsOther(type, null) !== true)).toEqual([]));
});

test('a list holds its members and no other text', () => {
  const member = fc.string({ unit: fc.constantFrom('a', 'A', "'", '(', ')', ' ', '1'), maxLength: 3 });
  fc.assert(
    fc.property(fc.uniqueArray(member, { minLength: 1, maxLength: 5 }), member, fc.array(fc.nat({ max: 4 }), { maxLength: 3 }), (members, text, places) => {
      const list = `(${members.map((one) => `'${one.replaceAll("'", "''")}'`).join(',')})`;
      expect(members.every((one) => onMysql(`enum${list}`, one))).toBe(true);
      expect(onMysql(`enum${list}`, text)).toBe(members.includes(text));
      // A set is stored in the order of its list, each member once: an empty one as nothing.
      const chosen = places.flatMap((place) => members[place] ?? []);
      const stored = members.filter((one) => chosen.includes(one)).join(',');
      fc.pre(!members.includes(''));
      expect(onMysql(`set${list}`, chosen.join(','))).toBe(chosen.join(',') === stored);
    }),
  );
});
