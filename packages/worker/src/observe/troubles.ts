// Words for an error in a log line, and when a trouble that goes on is said again. It writes nothing.
import type { Clock } from '@shardfold/consumer';
import { maskText } from '../config/secrets.ts';
import type { LimitedEvent } from './log-events.ts';

/** Between two tellings of one trouble. */
export const againMs = 60_000;
/** Lines of one event in `againMs`, whatever they are of. */
export const linesMax = 60;
/** Troubles remembered at once, some for each shard; beyond it, the oldest is forgotten and may be said again early. */
export const troublesMax = 10_000;

/** In one line. */
export function reason(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
}

export function codeOf(error: unknown): { readonly code?: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
}

/** What happened; what can be done only where the error is none of the catalogue's, which say it themselves. */
export function told(error: unknown, advice: string): string {
  return codeOf(error).code === undefined ? `${reason(error)} ${advice}` : reason(error);
}

/** So many times it was not told. */
export interface Telling {
  readonly untold?: number;
}

interface Trouble {
  /** Undefined: it has no line yet. */
  saidMs: number | undefined;
  untold: number;
}

export interface Troubles {
  /** `of`: whose trouble it is. With an answer it is to be told now, with these fields. */
  tell(event: LimitedEvent, of: string): Telling | undefined;
  /** True where it had been told, so that its end is news. */
  over(event: LimitedEvent, of: string): boolean;
}

export function createTroubles(clock: Pick<Clock, 'monotonicMs'>): Troubles {
  const known = new Map<string, Trouble>();
  const lines = new Map<LimitedEvent, { readonly sinceMs: number; count: number }>();
  const nameOf = (event: LimitedEvent, of: string): string => `${event} ${of}`;

  function trouble(name: string): Trouble {
    const found = known.get(name);
    if (found !== undefined) return found;
    const oldest = known.size >= troublesMax ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    const made: Trouble = { saidMs: undefined, untold: 0 };
    known.set(name, made);
    return made;
  }

  function hasRoom(event: LimitedEvent, atMs: number): boolean {
    const window = lines.get(event);
    if (window === undefined || atMs - window.sinceMs >= againMs) {
      lines.set(event, { sinceMs: atMs, count: 1 });
      return true;
    }
    if (window.count >= linesMax) return false;
    window.count += 1;
    return true;
  }

  return {
    tell(event, of) {
      const atMs = clock.monotonicMs();
      const it = trouble(nameOf(event, of));
      const isDue = it.saidMs === undefined || atMs - it.saidMs >= againMs;
      if (!isDue || !hasRoom(event, atMs)) {
        it.untold += 1;
        return undefined;
      }
      const { untold } = it;
      it.saidMs = atMs;
      it.untold = 0;
      return untold === 0 ? {} : { untold };
    },
    over(event, of) {
      const name = nameOf(event, of);
      const was = known.get(name);
      known.delete(name);
      return was?.saidMs !== undefined;
    },
  };
}
