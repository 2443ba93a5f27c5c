// Keeps a url's password out of whatever the driver throws: messages end in logs and dead letters. It knows nothing else.
import { hideSecrets } from '../hide-secrets.ts';
import { SinkError } from '../types.ts';
import { sortPostgresError } from './errors.ts';

/** As the driver reads it: without a host it means the socket that a parameter names. Undefined: it is none. */
export function urlOf(url: string): URL | undefined {
  return URL.parse(url) ?? URL.parse(url.replace('@/', '@socket/')) ?? undefined;
}

function passwordsOf(url: string): string[] {
  try {
    const parsed = urlOf(url);
    // What could not be taken apart may be secret as a whole.
    if (parsed === undefined) return [url];
    const given = [parsed.password, parsed.searchParams.get('password') ?? ''];
    return [...new Set(given.flatMap((secret) => [secret, decodeURIComponent(secret)]))].filter((secret) => secret !== '');
  } catch {
    return [url];
  }
}

/** Answers the error itself where it tells nothing. What the driver says without a code is sorted first: a hidden word may be what tells it. */
export function createHider(url: string): (error: unknown) => unknown {
  const secrets = passwordsOf(url);
  return (error) => {
    if (error instanceof Error && 'input' in error) {
      // What Node says of a url that it cannot read carries the url along.
      return new SinkError('SINK_DENIED', 'PostgreSQL: the url cannot be read. Nothing was written. Write it as postgres://user:password@host:port/database.', {
        retryable: false,
      });
    }
    return hideSecrets(error, secrets, (told, hide) => {
      if ('code' in told) return Object.assign(new Error(hide(told.message)), { code: told.code });
      const sorted = sortPostgresError(told);
      if (sorted.kind === 'row') return new Error(hide(told.message));
      const { code, message, retryable } = sorted.error;
      return new SinkError(code, hide(message), { retryable });
    });
  };
}
