// What a few records tell: the format, the targets, the tables without a key.
import { expect, test } from 'vitest';
import { judgeSample, sampleOf } from '../../../src/doctor/sample.ts';
import { configWith, payload } from '../dead-letters/support.ts';
import { record } from '../flow/support.ts';

const rowsText = (type: string, table = 'plain') =>
  JSON.stringify({ schema: 'shop', table, type, row: type.startsWith('Update') ? { before_values: { n: 1 }, after_values: { n: 2 } } : { values: { n: 1 } } });
const judged = (texts: readonly string[], more = '') => {
  const sample = sampleOf(
    configWith(more),
    texts.map((text, at) => record(text, String(at + 1))),
  );
  return { sample, told: judgeSample('orders', sample).map(({ id, severity, what }) => `${severity} ${id}: ${what}`) };
};

test.each<readonly [string, readonly string[], string, readonly RegExp[]]>([
  ['nothing', [], '', [/^note records\.orders: .*no record/]],
  ['what is well', [payload('1', 1), payload('2', 2)], '', [/^ok records\.orders: 2 records/]],
  ['what is all of another format', ['no json'], '', [/^fault records\.orders\.format: 1 of 1 .*NOT_JSON/]],
  ['what is partly of another format', ['no json', payload('1', 1)], '', [/^warning records\.orders\.format: 1 of 2/]],
  ['an insert without a key', [rowsText('WriteRowsEvent')], '', [/^warning records\.orders\.keyless\.plain: .*inserts are appended/]],
  ['an update without a key', [rowsText('UpdateRowsEvent')], '', [/^warning records\.orders\.keyless\.plain: .*rows become dead letters/]],
  ['both', [rowsText('WriteRowsEvent'), rowsText('UpdateRowsEvent')], '', [/inserts are appended/]],
  ['an insert whose key is named', [rowsText('WriteRowsEvent')], 'tables: [{ source: plain, sink: main, key: [n] }]', [/^ok records\.orders: 1 record /]],
  ['what nobody wants', [payload('1', 1)], 'tables: [{ source: others, sink: main }]', [/^note records\.orders\.filtered: 1 /]],
])('%s', (_, texts, more, findings) => {
  const { told } = judged(texts, more);
  expect(told).toHaveLength(findings.length);
  for (const [at, finding] of findings.entries()) expect(told[at]).toMatch(finding);
});

test('targets are as a worker would open them', () => {
  const { sample } = judged([payload('1', 1), payload('2', 2), rowsText('WriteRowsEvent')]);
  expect(sample.targets.map(({ sink, target }) => [sink, target.name, target.key])).toEqual([
    ['main', 'orders', [{ name: 'id', type: 'text' }]],
    ['main', 'plain', []],
  ]);
});
