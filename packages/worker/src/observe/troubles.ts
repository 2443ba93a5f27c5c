// Words for an error in a log line, and when a trouble that goes on is said again. It writes nothing and reads no clock.
import { maskText } from '../config/secrets.ts';

/** Between two tellings of one trouble. */
export const againMs = 60_000;
/** Troubles remembered at once; beyond it, the oldest is forgotten and may be said again early. */
const troublesMax = 1_000;

export function reason(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}

export function codeOf(error: unknown): { readonly code?: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
}

/** What happened; what can be done only where the error is none of the catalogue's, which say it themselves. */
export function told(error: unknown, advice: string): string {
  return codeOf(error).code === undefined ? `${reason(error)} ${advice}` : reason(error);
}

/** Says whether a trouble that has lasted so long is to be told now. Its times come from the events. */
export function createTroubles() {
  const lasted = new Map<string, { totalMs: number; saidAtMs: number }>();
  return {
    /** `addMs`: how long it is until the next try. */
    tell(name: string, addMs: number): boolean {
      const known = lasted.get(name);
      if (known === undefined) {
        const oldest = lasted.size >= troublesMax ? lasted.keys().next().value : undefined;
        if (oldest !== undefined) lasted.delete(oldest);
        lasted.set(name, { totalMs: addMs, saidAtMs: 0 });
        return true;
      }
      const due = known.totalMs - known.saidAtMs >= againMs;
      if (due) known.saidAtMs = known.totalMs;
      known.totalMs += addMs;
      return due;
    },
    over: (name: string): boolean => lasted.delete(name),
  };
}

export type Troubles = ReturnType<typeof createTroubles>;
