// Tells a service that will not do enhanced fan-out, or not for these credentials, from one that is in trouble. It asks nobody.
import { ConsumerError } from '../errors.ts';

/** Servers that do not know an operation say so in many ways. */
const unknown = new Set([
  'UnknownOperationException',
  'UnknownOperation',
  'UnsupportedOperationException',
  'InvalidAction',
  'NotImplemented',
  'NotImplementedException',
]);
const notImplemented = 501;

function statusOf(error: Error): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** @param advice what a person can do */
export function refused(stream: string, said: string, advice: string, cause: unknown): ConsumerError {
  return new ConsumerError('FAN_OUT_REFUSED', `Stream ${stream} cannot be read by enhanced fan-out (${said}). It is not read this way. ${advice}`, {
    retryable: false,
    cause,
  });
}

/** The refusal, where the service does not know fan-out at all or does not allow it; undefined: it is something else. */
export function refusalOf(error: unknown, stream: string): ConsumerError | undefined {
  if (!(error instanceof Error)) return undefined;
  const said = `${error.name}: ${error.message}`;
  if (unknown.has(error.name) || statusOf(error) === notImplemented) return refused(stream, said, 'The endpoint does not offer it: read by polling.', error);
  if (error.name !== 'AccessDeniedException') return undefined;
  return refused(
    stream,
    said,
    'Allow kinesis:DescribeStreamConsumer, kinesis:RegisterStreamConsumer and, on the consumer, kinesis:SubscribeToShard, or read by polling.',
    error,
  );
}
