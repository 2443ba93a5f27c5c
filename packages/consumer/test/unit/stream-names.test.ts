// Names, patterns, and the keys of tables that lease several streams.
import { describe, expect, test } from 'vitest';
import { isSingle, matcher, multiStreamName } from '../../src/streams/names.ts';

describe('a pattern', () => {
  test.each([
    ['orders-*', 'orders-eu', true],
    ['orders-*', 'orders-', true],
    ['orders-*', 'my-orders-eu', false],
    ['*', 'anything', true],
    ['order?', 'orders', true],
    ['order?', 'order', false],
    ['a.c*', 'abcd', false],
    ['a.c*', 'a.cd', true],
    ['(a|b)*', 'a', false],
    ['*-cdc', 'orders-cdc', true],
    ['*-cdc', 'orders-cdc-old', false],
  ])('%s and %s: %s', (pattern, name, matches) => {
    expect(matcher(pattern)(name)).toBe(matches);
  });
});

test.each([
  [['orders'], true],
  [['arn:aws:kinesis:eu-west-1:1:stream/orders'], true],
  [['orders*'], false],
  [['orders', 'customers'], false],
])('single-stream keys for %j: %s', (streams, single) => {
  expect(isSingle(streams)).toBe(single);
});

test.each([
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/orders', 'orders', 1_790_000_000, '123456789012:orders:1790000000'],
  ['arn:aws-cn:kinesis:cn-north-1:000000000000:stream/a.b_c-d', 'a.b_c-d', 0, '000000000000:a.b_c-d:0'],
  ['arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-01T00:00:00.000', 'orders', 7, '123456789012:orders:7'],
])('multi-stream keys of %s begin with account, name and time of creation', (arn, name, createdAtS, begin) => {
  expect(multiStreamName({ arn, name, createdAtS })).toBe(begin);
});

test.each([
  ['orders', 1],
  ['arn:aws:kinesis:eu-west-1::stream/orders', 1],
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/orders', undefined],
])('%s of %s does not say enough', (arn, createdAtS) => {
  expect(() => multiStreamName({ arn, name: 'orders', ...(createdAtS === undefined ? {} : { createdAtS }) })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', retryable: false, message: expect.stringContaining(arn) }),
  );
});
