// Durations and sizes as people write them.
import { expect, test } from 'vitest';
import { parseDurationMs, parseSizeBytes } from '../../../src/config/units.ts';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5m', 90_000],
  ['1h', 3_600_000],
  ['8d', 691_200_000],
  ['0s', 0],
])('%s is %d ms', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

test.each(['', '10', 's', '-1s', '1 s', '10S', '1e3s', '10ss', '99999999999999999d', '1h30m'])('%j is no duration', (text) =>
  expect(parseDurationMs(text)).toBeUndefined(),
);

test.each([
  ['512B', 512],
  ['4KiB', 4_096],
  ['4MiB', 4_194_304],
  ['1.5GiB', 1_610_612_736],
  ['3MB', 3_000_000],
])('%s is %d bytes', (text, bytes) => expect(parseSizeBytes(text)).toBe(bytes));

test.each(['', '4', '4mb', 'MiB', '4 MiB', '4QiB', '-4KB'])('%j is no size', (text) => expect(parseSizeBytes(text)).toBeUndefined());
