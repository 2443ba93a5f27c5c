// The time in a sequence number: numbers that Kinesis and its emulators gave out, and those of other services.
import { expect, test } from 'vitest';
import { sequenceTimeMs } from '../../src/kinesis/sequence-time.ts';

test.each([
  ['49590338271490256608559692538361571095921575989136588898', '2018-12-17T22:10:50.000Z'],
  ['49546986683135544286507457936321625675700192471156785154', '2015-01-14T23:49:46.000Z'],
  ['49579844037727333356165064238440708846556371693205002258', '2017-12-15T19:12:29.000Z'],
])('%s', (sequence, time) => {
  expect(new Date(sequenceTimeMs(sequence) ?? 0).toISOString()).toBe(time);
});

test.each([
  '49545115243490985018280067714973144582180062593244200961',
  '100000000000000000001',
  '7',
  '',
  'LATEST',
  '-1',
  '0x205bf4e5c260000000067648a170005c181eea000000062',
])('none in %j', (sequence) => {
  expect(sequenceTimeMs(sequence)).toBeUndefined();
});
