// What a thrown value says, whatever was thrown. It sorts nothing.
import { inspect } from 'node:util';

/** Never throws, also for values without a `toString`; may be empty where an error says nothing. */
export function thrownText(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  return thrown instanceof Error && typeof thrown.message === 'string' ? thrown.message : inspect(thrown, { depth: 0 });
}
