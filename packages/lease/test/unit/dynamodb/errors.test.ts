// Every way in which a DynamoDB client fails has its code.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/dynamodb/errors.ts';
import { LeaseError, type LeaseErrorCode } from '../../../src/errors.ts';

const named = (name: string, httpStatusCode = 400) => Object.assign(new Error(`says ${name}`), { name, $metadata: { httpStatusCode } });

describe('classify', () => {
  it.each<[LeaseErrorCode, boolean, unknown]>([
    ['TABLE_MISSING', false, named('ResourceNotFoundException')],
    ['TABLE_THROTTLED', true, named('ProvisionedThroughputExceededException')],
    ['TABLE_THROTTLED', true, named('ThrottlingException')],
    ['TABLE_THROTTLED', true, named('RequestLimitExceeded')],
    ['TABLE_THROTTLED', true, named('LimitExceededException')],
    ['TABLE_THROTTLED', true, named('Unheard', 429)],
    ['TABLE_DENIED', false, named('AccessDeniedException')],
    ['TABLE_DENIED', false, named('UnrecognizedClientException')],
    ['TABLE_DENIED', false, named('ExpiredTokenException')],
    ['TABLE_DENIED', false, named('InvalidSignatureException')],
    ['TABLE_DENIED', false, Object.assign(new Error('no credentials'), { name: 'CredentialsProviderError' })],
    ['TABLE_DENIED', false, named('Unheard', 403)],
    ['TABLE_SCHEMA', false, named('ValidationException')],
    ['TABLE_UNREACHABLE', true, named('InternalServerError', 500)],
    ['TABLE_UNREACHABLE', true, named('ServiceUnavailable', 503)],
    ['TABLE_UNREACHABLE', true, Object.assign(new Error('slow'), { name: 'TimeoutError' })],
    ['TABLE_UNREACHABLE', true, Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['TABLE_UNREACHABLE', true, 'a text'],
    ['TABLE_UNREACHABLE', true, undefined],
  ])('%s (retryable: %s)', (code, retryable, thrown) => {
    const error = classify(thrown, 'orders');
    expect(error).toMatchObject({ code, retryable, cause: thrown, message: expect.stringContaining("'orders'") });
  });

  it('leaves a lease error as it is', () => {
    const broken = new LeaseError('ROW_BROKEN', 'x');
    expect(classify(broken, 'orders')).toBe(broken);
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (thrown) => {
        expect(classify(thrown, 't')).toBeInstanceOf(LeaseError);
      }),
    );
  });
});
