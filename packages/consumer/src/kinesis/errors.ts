// Sorts whatever the Kinesis client throws into the catalogue. Total: anything gets a place. It decides no retry.
import { ConsumerError } from '../errors.ts';

const throttled = new Set([
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'KMSThrottlingException',
  'SlowDown',
]);
const denied = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'OptInRequired',
  'CredentialsProviderError',
  'KMSAccessDeniedException',
  'KMSOptInRequired',
  'KMSDisabledException',
  'KMSNotFoundException',
  'KMSInvalidStateException',
]);

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error);
  return text.replace(/\s+/g, ' ').slice(0, 500);
}

/** @param stream the stream's name, for the message */
export function sortKinesisError(error: unknown, stream: string): ConsumerError {
  if (error instanceof ConsumerError) return error;
  const name = nameOf(error);
  const cause = error;
  const said = messageOf(error);
  if (name === 'ResourceNotFoundException')
    return new ConsumerError(
      'STREAM_MISSING',
      `Stream ${stream} or its shard does not exist (${said}). Reading it ends. Check source.streams, the region and the endpoint.`,
      { retryable: false, cause },
    );
  if (denied.has(name))
    return new ConsumerError(
      'STREAM_DENIED',
      `Access to stream ${stream} is denied (${name}: ${said}). Reading it ends. Check the credentials, the policy and the key of the stream.`,
      { retryable: false, cause },
    );
  if (throttled.has(name))
    return new ConsumerError('STREAM_THROTTLED', `Stream ${stream} throttles reads (${said}). Reading slows down.`, { retryable: true, cause });
  if (name === 'ExpiredIteratorException')
    return new ConsumerError('ITERATOR_EXPIRED', `An iterator of stream ${stream} expired. A new one is asked for.`, { retryable: true, cause });
  if (name === 'InvalidArgumentException' || name === 'ValidationException')
    return new ConsumerError(
      'POSITION_INVALID',
      `Stream ${stream} refuses the position (${said}). Reading it ends. The lease table may belong to another stream of this name: see \`shardfold leases list\`.`,
      { retryable: false, cause },
    );
  return new ConsumerError('STREAM_UNREACHABLE', `Stream ${stream} cannot be read now (${name || 'error'}: ${said}). It is tried again with growing pauses.`, {
    retryable: true,
    cause,
  });
}
