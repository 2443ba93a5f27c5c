// Every way in which a DynamoDB client fails has its code.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/dynamodb/errors.ts';
import { LeaseError, type LeaseErrorCode } from '../../../src/errors.ts';

const named = (name: string, httpStatusCode = 400) => Object.assign(new Error(`says ${name}`), { name, $metadata: { httpStatusCode } });

const coded = (code: string, more: object = {}) => Object.assign(new Error(`connect ${code}`), { code, ...more });
const called = (name: string) => Object.assign(new Error(`says ${name}`), { name });

const table: readonly (readonly [LeaseErrorCode, boolean, string, unknown])[] = [
  ['TABLE_MISSING', false, 'no such table', named('ResourceNotFoundException')],
  ['TABLE_MISSING', false, 'no such table, as backups say it', named('TableNotFoundException')],
  ['TABLE_MISSING', false, 'no region', new Error('Region is missing')],
  ['TABLE_THROTTLED', true, 'provisioned capacity', named('ProvisionedThroughputExceededException')],
  ['TABLE_THROTTLED', true, 'the control plane', named('ThrottlingException')],
  ['TABLE_THROTTLED', true, 'the account', named('RequestLimitExceeded')],
  ['TABLE_THROTTLED', true, 'throttling with a status of the server', named('ThrottlingException', 503)],
  ['TABLE_THROTTLED', true, 'too many tables at once', named('LimitExceededException')],
  ['TABLE_THROTTLED', true, 'a key service that is throttled', named('KMSThrottlingException')],
  ['TABLE_THROTTLED', true, 'a status alone', named('Unheard', 429)],
  ['TABLE_THROTTLED', true, 'a transaction over the row', named('TransactionConflictException')],
  ['TABLE_THROTTLED', true, 'a write in another region', named('ReplicatedWriteConflictException')],
  ['TABLE_DENIED', false, 'no permission', named('AccessDeniedException')],
  ['TABLE_DENIED', false, 'an unknown key', named('UnrecognizedClientException')],
  ['TABLE_DENIED', true, 'a token that ran out', named('ExpiredTokenException')],
  ['TABLE_DENIED', false, 'a wrong signature', named('InvalidSignatureException')],
  [
    'TABLE_DENIED',
    true,
    'a signature of another time, which is corrected',
    Object.assign(named('InvalidSignatureException'), { $metadata: { httpStatusCode: 400, clockSkewCorrected: true } }),
  ],
  ['TABLE_DENIED', false, 'no token', named('MissingAuthenticationTokenException')],
  ['TABLE_DENIED', true, 'a wrong clock', named('RequestTimeTooSkewed', 403)],
  ['TABLE_DENIED', true, 'no credentials', called('CredentialsProviderError')],
  ['TABLE_DENIED', true, 'a single sign-on that ran out', called('TokenProviderError')],
  ['TABLE_DENIED', false, 'a role that may not be assumed', named('AccessDenied', 403)],
  ['TABLE_DENIED', false, 'single sign-on refuses', named('UnauthorizedException', 401)],
  ['TABLE_DENIED', false, 'an encryption key that is disabled', named('KMSDisabledException')],
  ['TABLE_DENIED', false, 'an encryption key out of reach', named('KMSAccessDeniedException')],
  ['TABLE_DENIED', false, 'a status alone', named('Unheard', 403)],
  ['TABLE_SCHEMA', false, 'another key schema', named('ValidationException')],
  ['TABLE_SCHEMA', false, 'an emulator that does not know the request', named('UnknownOperationException')],
  ['TABLE_SCHEMA', false, 'a request that is too large', named('RequestEntityTooLarge', 413)],
  ['TABLE_UNREACHABLE', true, 'a fault of the server', named('InternalServerError', 500)],
  ['TABLE_UNREACHABLE', true, 'a fault of the server by its other name', named('InternalFailure', 500)],
  ['TABLE_UNREACHABLE', true, 'an unavailable server', named('ServiceUnavailable', 503)],
  ['TABLE_UNREACHABLE', true, 'a gateway’s answer', named('SyntaxError', 502)],
  ['TABLE_UNREACHABLE', true, 'a time-out', called('TimeoutError')],
  ['TABLE_UNREACHABLE', true, 'a request that was aborted by its time-out', called('AbortError')],
  ['TABLE_UNREACHABLE', true, 'a port that nobody listens on', coded('ECONNREFUSED')],
  ['TABLE_UNREACHABLE', true, 'a connection that broke', coded('ECONNRESET')],
  ['TABLE_UNREACHABLE', true, 'a name that nobody knows', coded('ENOTFOUND', { syscall: 'getaddrinfo' })],
  ['TABLE_UNREACHABLE', true, 'a name server that is silent', coded('EAI_AGAIN')],
  ['TABLE_UNREACHABLE', true, 'a certificate that nobody signed', coded('DEPTH_ZERO_SELF_SIGNED_CERT')],
  ['TABLE_UNREACHABLE', true, 'a text', 'a text'],
  ['TABLE_UNREACHABLE', true, 'nothing', undefined],
];

describe('classify', () => {
  it.each(table)('%s (retryable: %s): %s', (code, retryable, _name, thrown) => {
    const error = classify(thrown, 'orders');
    expect(error).toMatchObject({ code, retryable, cause: thrown, message: expect.stringContaining("'orders'") });
  });

  it('says what a person can do about a table that is missing, in words of the program', () => {
    const { message } = classify(named('ResourceNotFoundException'), 'orders');
    expect(message).toContain('Check the name and the region, or start a worker, which creates it. (ResourceNotFoundException');
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
