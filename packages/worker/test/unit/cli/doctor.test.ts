// How findings are shown, and the manners of the commands that look.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findingsJson, findingsText } from '../../../src/cli/doctor-text.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { cli } from '../../support/cli.ts';

const findings: readonly Finding[] = [
  { id: 'a', severity: 'ok', what: 'All is well.' },
  { id: 'b', severity: 'fault', what: 'This is a long sentence about something that is wrong, longer than a terminal is wide.', remedy: 'Mend it.' },
  { id: 'c', severity: 'note', what: 'Tables are missing.', ddl: 'create table a;\ncreate table b;' },
];

test('people get the heaviest first, wrapped, and a sum', () => {
  expect(findingsText(findings, false)).toBe(
    [
      'FAULT    This is a long sentence about something that is wrong, longer than a',
      '         terminal is wide.',
      '         → Mend it.',
      'note     Tables are missing.',
      'ok       All is well.',
      '1 fault, 1 note, 1 fine.',
      '',
    ].join('\n'),
  );
  expect(findingsText(findings, true)).toContain('note     Tables are missing.\n         create table a;\n         create table b;\n');
});

test('a fault comes with the statements that it announces', () => {
  const announced: Finding = { id: 'd', severity: 'fault', what: 'It does not fit.', remedy: 'Let it be created as:', ddl: 'create table a (\n  id text\n);' };
  for (const withDdl of [false, true])
    expect(findingsText([announced], withDdl)).toBe(
      ['FAULT    It does not fit.', '         → Let it be created as:', '         create table a (', '           id text', '         );', '1 fault.', ''].join(
        '\n',
      ),
    );
});

test('machines get the same', () => {
  expect(JSON.parse(findingsJson(findings))).toEqual({
    ok: false,
    findings: [
      { id: 'a', severity: 'ok', what: 'All is well.', do: null },
      { id: 'b', severity: 'fault', what: findings[1]?.what, do: 'Mend it.' },
      { id: 'c', severity: 'note', what: 'Tables are missing.', do: null, ddl: 'create table a;\ncreate table b;' },
    ],
  });
  expect(JSON.parse(findingsJson(findings.slice(0, 1)))).toMatchObject({ ok: true });
});

test('no line is wider than a terminal, and no word is lost', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(words, (all) => {
      const text = findingsText([{ id: 'a', severity: 'warning', what: all.join(' ') }], false);
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      expect(text.split(/\s+/).slice(1, -3)).toEqual(all);
    }),
  );
});

test.each(['doctor', 'validate --live'])('%s of a wrong configuration says so, and looks at nothing', async (command) => {
  const { code, out, err } = await cli(command.split(' '), { files: { 'shardfold.yaml': 'application: o' } });
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('sinks');
});
