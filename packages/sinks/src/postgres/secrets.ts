// Keeps a url's password out of whatever the driver throws: messages end in logs and dead letters. It knows nothing else.
import { SinkError } from '../types.ts';

const hidden = '***';

function passwordsOf(url: string): string[] {
  try {
    const { password, searchParams } = new URL(url);
    const given = [password, searchParams.get('password') ?? ''];
    return [...new Set(given.flatMap((secret) => [secret, decodeURIComponent(secret)]))].filter((secret) => secret !== '');
  } catch {
    // Not a url that could be taken apart: all of it may be secret.
    return [url];
  }
}

/** Answers the error itself where it tells nothing. */
export function createHider(url: string): (error: unknown) => unknown {
  const secrets = passwordsOf(url);
  return (error) => {
    if (!(error instanceof Error) || error instanceof SinkError) return error;
    if ('input' in error) {
      // What Node says of a url that it cannot read carries the url along.
      return new SinkError('SINK_DENIED', 'PostgreSQL: the url cannot be read. Nothing was written. Write it as postgres://user:password@host:port/database.', {
        retryable: false,
      });
    }
    if (!secrets.some((secret) => error.message.includes(secret))) return error;
    const message = secrets.reduce((text, secret) => text.replaceAll(secret, hidden), error.message);
    return Object.assign(new Error(message), 'code' in error ? { code: error.code } : {});
  };
}
