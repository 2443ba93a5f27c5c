// Keeps the url's password out of whatever the driver throws, and the statement with its values. It knows nothing else.
import { hideSecrets } from '../hide-secrets.ts';

/** Answers the error itself where it tells nothing. */
export function createHider(secrets: readonly string[]): (error: unknown) => unknown {
  return (error) =>
    hideSecrets(error, secrets, (told, hide) => {
      const kept: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(told)) if (name !== 'sql') kept[name] = typeof value === 'string' ? hide(value) : value;
      return Object.assign(new Error(hide(told.message)), kept);
    });
}
