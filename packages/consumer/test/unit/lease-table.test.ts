// What multi-stream keys begin with, from what the service says of a stream.
import { expect, test } from 'vitest';
import { multiStreamName } from '../../src/lease-table.ts';

test.each([
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/orders', 1_790_000_000, '123456789012:orders:1790000000'],
  ['arn:aws-cn:kinesis:cn-north-1:000000000000:stream/a.b_c-d', 0, '000000000000:a.b_c-d:0'],
])('%s of %d', (arn, createdAtS, name) => {
  expect(multiStreamName({ arn, createdAtS })).toBe(name);
});

test.each([
  ['orders', 1],
  ['arn:aws:kinesis:eu-west-1::stream/orders', 1],
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/orders', undefined],
])('%s of %s does not say enough', (arn, createdAtS) => {
  expect(() => multiStreamName({ arn, ...(createdAtS === undefined ? {} : { createdAtS }) })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', retryable: false, message: expect.stringContaining(arn) }),
  );
});
