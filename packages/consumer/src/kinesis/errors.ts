// Sorts whatever the Kinesis client throws into the catalogue. Total: anything gets a place. It decides no retry.
import { type AwsFault, awsFaultOf } from '@shardfold/lease';
import { ConsumerError, type ConsumerErrorCode } from '../errors.ts';

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error);
  return text.replace(/\s+/g, ' ').slice(0, 500);
}

interface Sort {
  readonly code: ConsumerErrorCode;
  readonly retryable: boolean;
  /** After "Stream orders". */
  says(said: string): string;
}

/** By the error's name: what only a stream is refused for. */
const ofStreams: Readonly<Record<string, Sort>> = {
  ResourceNotFoundException: {
    code: 'STREAM_MISSING',
    retryable: false,
    says: (said) => `or its shard does not exist (${said}). Reading it ends. Check the stream's name, the region and the endpoint.`,
  },
  ExpiredIteratorException: { code: 'ITERATOR_EXPIRED', retryable: true, says: () => 'let an iterator expire. A new one is asked for.' },
  LimitExceededException: { code: 'STREAM_THROTTLED', retryable: true, says: (said) => `throttles requests (${said}). Reading slows down.` },
};

const position: Sort = {
  code: 'POSITION_INVALID',
  retryable: false,
  says: (said) =>
    `refuses the position (${said}). A moment of this worker's clock is tried again further back; otherwise reading ends. Perhaps the lease table belongs to another stream of this name: look at its rows.`,
};
const positionNames = new Set(['InvalidArgumentException', 'ValidationException']);

const ofAws: Readonly<Record<AwsFault, Sort>> = {
  region: {
    code: 'STREAM_MISSING',
    retryable: false,
    says: () => 'cannot be found without a region. Nothing is read. Name the region, in the options or as the AWS tools do.',
  },
  throttled: { code: 'STREAM_THROTTLED', retryable: true, says: (said) => `throttles reads (${said}). Reading slows down.` },
  key: {
    code: 'STREAM_DENIED',
    retryable: false,
    says: (said) => `is encrypted with a key that may not be used (${said}). Reading it ends. Enable the key, and allow its use to these credentials.`,
  },
  credentials: {
    code: 'STREAM_DENIED',
    retryable: true,
    says: (said) =>
      `cannot be read without credentials, and none were found or they ran out (${said}). It is tried again. Log in again, or give the worker a role or keys.`,
  },
  clock: {
    code: 'STREAM_DENIED',
    retryable: true,
    says: (said) => `refuses requests of this time of day (${said}). It is tried again with the server's. Set the clock of this machine.`,
  },
  denied: {
    code: 'STREAM_DENIED',
    retryable: false,
    says: (said) => `may not be read with these credentials (${said}). Reading it ends. Check the credentials and their policy.`,
  },
  'unknown-request': {
    code: 'STREAM_DENIED',
    retryable: false,
    says: (said) => `is asked for at an endpoint that does not know the request (${said}). Reading it ends. Check the endpoint.`,
  },
};

const unreachable: Sort = {
  code: 'STREAM_UNREACHABLE',
  retryable: true,
  says: (said) => `cannot be read now (${said}). It is tried again with growing pauses.`,
};

function sortOf(error: unknown, name: string): Sort {
  const own = Object.hasOwn(ofStreams, name) ? ofStreams[name] : positionNames.has(name) ? position : undefined;
  if (own !== undefined) return own;
  const fault = awsFaultOf(error);
  return fault === undefined ? unreachable : ofAws[fault];
}

/** @param stream the stream's name, for the message */
export function sortKinesisError(error: unknown, stream: string): ConsumerError {
  if (error instanceof ConsumerError) return error;
  const name = nameOf(error);
  const { code, retryable, says } = sortOf(error, name);
  return new ConsumerError(code, `Stream ${stream} ${says(`${name || 'error'}: ${messageOf(error)}`)}`, { retryable, cause: error });
}
