// Keeps secrets out of what a driver throws: messages end in logs and dead letters. It knows no driver and no url.
import { SinkError } from './types.ts';

const hidden = '***';

/** The error itself where it tells nothing, else what `remade` makes of it: it is handed what hides the secrets in a text. */
export function hideSecrets(error: unknown, secrets: readonly string[], remade: (error: Error, hide: (text: string) => string) => unknown): unknown {
  if (!(error instanceof Error) || error instanceof SinkError) return error;
  if (!secrets.some((secret) => error.message.includes(secret))) return error;
  return remade(error, (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, hidden), text));
}
