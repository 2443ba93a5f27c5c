// Whatever the Kinesis client throws has a place in the catalogue.
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import { sortKinesisError } from '../../src/kinesis/errors.ts';

const named = (name: string, message = 'said by the server') => Object.assign(new Error(message), { name });

describe('by name', () => {
  test.each([
    ['ResourceNotFoundException', 'STREAM_MISSING', false],
    ['AccessDeniedException', 'STREAM_DENIED', false],
    ['UnrecognizedClientException', 'STREAM_DENIED', false],
    ['ExpiredTokenException', 'STREAM_DENIED', true],
    ['CredentialsProviderError', 'STREAM_DENIED', true],
    ['RequestTimeTooSkewed', 'STREAM_DENIED', true],
    ['AccessDenied', 'STREAM_DENIED', false],
    ['UnauthorizedException', 'STREAM_DENIED', false],
    ['SignatureDoesNotMatch', 'STREAM_DENIED', false],
    ['MissingAuthenticationTokenException', 'STREAM_DENIED', false],
    ['UnknownOperationException', 'STREAM_DENIED', false],
    ['KMSAccessDeniedException', 'STREAM_DENIED', false],
    ['ProvisionedThroughputExceededException', 'STREAM_THROTTLED', true],
    ['LimitExceededException', 'STREAM_THROTTLED', true],
    ['KMSThrottlingException', 'STREAM_THROTTLED', true],
    ['ExpiredIteratorException', 'ITERATOR_EXPIRED', true],
    ['InvalidArgumentException', 'POSITION_INVALID', false],
    ['ValidationException', 'POSITION_INVALID', false],
    ['InternalFailure', 'STREAM_UNREACHABLE', true],
    ['ServiceUnavailable', 'STREAM_UNREACHABLE', true],
    ['TimeoutError', 'STREAM_UNREACHABLE', true],
    ['Error', 'STREAM_UNREACHABLE', true],
  ])('%s is %s, retryable: %s', (name, code, retryable) => {
    const thrown = named(name);
    const sorted = sortKinesisError(thrown, 'orders');
    expect({ code: sorted.code, retryable: sorted.retryable }).toEqual({ code, retryable });
    expect(sorted.cause).toBe(thrown);
    expect(sorted.message).toContain('orders');
  });
});

test.each([
  [
    'a signature of another time, which the client corrects',
    { name: 'InvalidSignatureException', $metadata: { clockSkewCorrected: true } },
    true,
    'STREAM_DENIED',
  ],
  ['a status alone', { name: 'Unheard', $metadata: { httpStatusCode: 403 } }, false, 'STREAM_DENIED'],
  ['no region', { message: 'Region is missing' }, false, 'STREAM_MISSING'],
])('%s', (_, parts, retryable, code) => {
  expect(sortKinesisError(Object.assign(new Error('said'), parts), 'orders')).toMatchObject({ code, retryable });
});

test.each([undefined, null, 'text', 7, {}])('%s, which is no error, is one that may pass', (thrown) => {
  expect(sortKinesisError(thrown, 'orders')).toMatchObject({ code: 'STREAM_UNREACHABLE', retryable: true });
});

test('what is sorted already stays as it is', () => {
  const sorted = new ConsumerError('CHILDREN_UNKNOWN', 'said', { retryable: true });
  expect(sortKinesisError(sorted, 'orders')).toBe(sorted);
});

test('a message is one line of bounded length; without one the code of the socket stands in', () => {
  expect(sortKinesisError(named('Error', `a\n  b ${'x'.repeat(2_000)}`), 'orders').message).toMatch(/^[^\n]{1,700}$/);
  expect(sortKinesisError(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }), 'orders').message).toContain('ECONNREFUSED');
});
