// Asks a person before something is done that is hard to undo. Where nobody can be asked, a flag has to say it. It does nothing itself.
import { CliError, type CliIo } from './io.ts';

const yes = /^y(?:es)?$/i;

/** Throws `CliError` 2 where nobody can be asked and `--yes` was not said, so that nothing is begun in vain. */
export function requireAnswer(io: Pick<CliIo, 'canAsk'>, flags: { readonly yes?: boolean }, what: string): void {
  if (flags.yes === true || io.canAsk) return;
  throw new CliError(2, `${what} asks before it changes anything, and here is no terminal to ask on. Nothing was done. Say --yes to go ahead.`);
}

/** True: go ahead. Throws `CliError` 130 when a stop is asked for instead of an answer. */
export async function confirmed(io: Pick<CliIo, 'canAsk' | 'ask'>, flags: { readonly yes?: boolean }, question: string, signal: AbortSignal): Promise<boolean> {
  if (flags.yes === true) return true;
  const answer = await io.ask(`${question} [y/N] `, signal).catch((error: unknown) => {
    if (signal.aborted) throw new CliError(130, 'Interrupted. Nothing was changed.');
    throw error;
  });
  return yes.test(answer.trim());
}
