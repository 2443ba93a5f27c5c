// Waiting for a connection or for what runs on it, no longer than is allowed and not beyond a stop. It knows no driver.
import type { Timers } from '../ports.ts';
import { SinkError } from '../types.ts';
import { stopped } from './errors.ts';

export function silent(product: string, timeoutMs: number): SinkError {
  return new SinkError(
    'SINK_UNREACHABLE',
    `${product} did not answer within ${timeoutMs} ms. The write is retried on a new connection. Check the server and the network.`,
    { retryable: true },
  );
}

/** A connection, unless the signal aborts first; then `giveBack` gets it as soon as it comes. */
export async function connected<Client>(
  product: string,
  connect: () => Promise<Client>,
  giveBack: (client: Client) => void,
  signal: AbortSignal,
): Promise<Client> {
  if (signal.aborted) throw stopped(product);
  const connecting = connect();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(stopped(product));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([connecting, aborted.promise]);
  } catch (error) {
    connecting.then(giveBack, () => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export interface Deadline {
  /** Why it was broken off, if it was. */
  ended(): SinkError | undefined;
  /** It has answered: nothing is broken off any more. */
  over(): void;
}

/** Calls `breakOff` when time is up or the signal aborts, at once if it has. */
export function startDeadline(
  { product, timers, timeoutMs, signal }: { readonly product: string; readonly timers: Timers; readonly timeoutMs: number; readonly signal: AbortSignal },
  breakOff: () => void,
): Deadline {
  let ended: SinkError | undefined;
  const end = (reason: SinkError): void => {
    ended ??= reason;
    breakOff();
  };
  const onAbort = (): void => end(stopped(product));
  const cancel = timers.after(timeoutMs, () => end(silent(product, timeoutMs)));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    ended: () => ended,
    over() {
      cancel();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
