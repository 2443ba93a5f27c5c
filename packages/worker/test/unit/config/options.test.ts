// The list of options that the reference is made of: each says what it is, and what it says is so.
import { expect, test } from 'vitest';
import { type Leaf, listOptions } from '../../../src/config/options.ts';
import { layer } from '../../../src/config/overrides.ts';
import { placeAt } from '../../../src/config/shape.ts';

const options = listOptions();
const values = options.filter((option): option is Leaf => option.kind === 'value');
const pathOf = (path: string) => path.replaceAll('[]', '.0').split('.');

test('the list has options of every depth', () => {
  const paths = values.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['application', 'lease.duration', 'sinks.NAME.url', 'tables[].columns.rename', 'tables[].bookkeeping.time']));
  expect(new Set(paths).size).toBe(paths.length);
});

test.each(options.map((option) => [option.path, option] as const))('%s says what it means', (path, { description }) => {
  expect(description).toMatch(/^\S.*\.$/s);
  expect(placeAt(pathOf(path))?.description).toBe(description);
});

test.each(values.map((option) => [option.path, option] as const))('%s takes its own example and default, and its variable sets it', (_path, option) => {
  expect(option.example).toBeDefined();
  expect(option.accepts(option.example)).toBe(true);
  if (option.fallback.kind === 'value') expect(option.accepts(option.fallback.value)).toBe(true);
  expect(option.accepts(undefined)).toBe(option.fallback.kind !== 'required');
  expect(option.variable === undefined).toBe(option.path === 'version');
  if (option.variable === undefined) return;
  const { faults, origins } = layer({ sinks: { NAME: {} }, tables: [{}] }, { [option.variable]: 'x' }, []);
  expect([faults, [...origins]]).toEqual([[], [[pathOf(option.path).join('.'), option.variable]]]);
});

test.each([
  ['lease.duration', { type: 'duration, from 500ms to 1h', unit: 'ms, s, m, h or d', fallback: { kind: 'value', value: '10s' }, example: '10s' }],
  ['source.start', { type: 'trim-horizon, latest or time with its zone', fallback: { kind: 'required' } }],
  ['source.limits', { type: 'aws or none', fallback: { kind: 'value', value: 'aws' }, example: 'none' }],
  ['lease.maxPerWorker', { type: 'whole number, from 1 to 100000', unit: 'shards', variable: 'SHARDFOLD_LEASE__MAX_PER_WORKER' }],
  ['tables[].where', { type: 'names, each with text, number, true or false', variable: 'SHARDFOLD_TABLES__0__WHERE' }],
  ['tables[].key', { type: 'list of text', fallback: { kind: 'none' } }],
  ['http.token', { secret: true, fallback: { kind: 'none' } }],
])('%s is %j', (path, said) => {
  expect(values.find((option) => option.path === path)).toMatchObject(said);
});
