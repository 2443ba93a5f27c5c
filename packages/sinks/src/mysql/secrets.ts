// Keeps the url's password out of whatever the driver throws: messages end in logs and dead letters. It knows nothing else.
import { SinkError } from '../types.ts';

const hidden = '***';

/** Answers the error itself where it tells nothing. */
export function createHider(secrets: readonly string[]): (error: unknown) => unknown {
  return (error) => {
    if (!(error instanceof Error) || error instanceof SinkError) return error;
    if (!secrets.some((secret) => error.message.includes(secret))) return error;
    const clean = (text: string): string => secrets.reduce((all, secret) => all.replaceAll(secret, hidden), text);
    const kept: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(error)) if (name !== 'sql') kept[name] = typeof value === 'string' ? clean(value) : value;
    return Object.assign(new Error(clean(error.message)), kept);
  };
}
