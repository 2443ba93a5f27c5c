// What is said of a server that does not answer. It measures no time.
import { SinkError } from '../types.ts';

/** As messages name it before its version is known. */
export const product = 'MySQL';

export function silent(timeoutMs: number): SinkError {
  return new SinkError(
    'SINK_UNREACHABLE',
    `${product} did not answer within ${timeoutMs} ms. The write is retried on a new connection. Check the server and the network.`,
    { retryable: true },
  );
}
