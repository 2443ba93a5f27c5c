// Times as ISO text: what comes of one that is just as programs write it is what comes of any other.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { microsOfIsoText } from '../../src/values/time-text.ts';

/** By the platform's reader of dates, whose times end at milliseconds. */
function expected(text: string): number | undefined {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  const millis = Date.parse(`${found?.[1]}Z`);
  const micros = millis * 1000 + Number((found?.[2] ?? '').padEnd(6, '0').slice(0, 6));
  return micros >= 0 ? micros : undefined;
}

const two = (most: number) => fc.nat(most).map((count) => String(count).padStart(2, '0'));
const times = fc
  .tuple(fc.integer({ min: 1960, max: 2100 }), two(13), two(32), two(25), two(61), two(61), fc.stringMatching(/^([.][0-9]{6}|[.][0-9]{0,10})?$/))
  .map(([year, month, day, hour, minute, second, fraction]) => `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
const edited = fc
  .tuple(times, fc.nat(30), fc.constantFrom('', '-', ' ', 'x', '٣', ':', '.', 'T', 't', 'Z', '1'))
  .map(([text, at, sign]) => text.slice(0, at) + sign + text.slice(at + 1));

describe('microsOfIsoText', () => {
  it('is what the platform says, to the microsecond', () => {
    fc.assert(
      fc.property(fc.oneof(times, edited), (text) => {
        // The platform drops what is below a millisecond before it looks whether the day is over.
        fc.pre(!/T24:00:00\.\d*[1-9]/.test(text));
        expect(microsOfIsoText(text)).toBe(expected(text));
      }),
      {
        numRuns: 20_000,
        examples: [['2024-02-29T23:59:59.999999Z'], ['2023-02-29T00:00:00.000000Z'], ['1970-01-01T00:00:00.000000Z'], ['2025-11-21T24:00:00.000000Z']],
      },
    );
  });

  it.each([
    ['1970-01-01T00:00:00.000001Z', 1],
    ['2025-11-21T04:40:32.100123Z', 1_763_700_032_100_123],
    ['2025-12-31T23:59:59.999999Z', 1_767_225_599_999_999],
    ['2025-11-21T04:40:32.100123456Z', 1_763_700_032_100_123],
    ['2025-11-21T04:40:32Z', 1_763_700_032_000_000],
    ['2025-11-21T04:40:32.100123+00:00', undefined],
    ['1970-01-01T24:00:00.000001Z', undefined],
    ['1969-12-31T23:59:59.999999Z', undefined],
    ['2025-13-01T00:00:00.000000Z', undefined],
    [1_763_700_032, undefined],
  ])('%s is %s', (text, micros) => {
    expect(microsOfIsoText(text)).toBe(micros);
  });
});
