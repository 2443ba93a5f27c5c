// What is asked of one place right now: what fails and is tried again, and what has had no answer yet. It hears events and the time, and
// blames nobody.
import { SinkError } from '@shardfold/sinks';
import type { Ask, FlowEvent } from '../observe/events.ts';
import { textOf } from './words.ts';

type AskEvent = Extract<FlowEvent, Ask>;

/** Fails and is tried again. */
export interface Failing {
  /** The only one that it concerns. */
  readonly table: string | undefined;
  readonly error: string;
  /** It takes a person, and no waiting, to mend it. */
  readonly isForGood: boolean;
  /** Monotonic. */
  readonly sinceMs: number;
}

export interface Asks {
  /** Events of other places are to be kept from it. */
  onEvent(event: AskEvent, nowMs: number): void;
  failing(): readonly Failing[];
  /** When the oldest attempt without an answer began, monotonic. */
  silentSinceMs(): number | undefined;
}

interface Known {
  readonly begunMs: number | undefined;
  readonly failing: Failing | undefined;
}

/** There are as many as batches on their way to one table each; the flow has not begun more. */
export function createAsks(): Asks {
  const known = new Map<number, Known>();
  return {
    onEvent(event, nowMs) {
      switch (event.kind) {
        case 'ask-begun':
          known.set(event.ask, { begunMs: nowMs, failing: known.get(event.ask)?.failing });
          break;
        case 'sink-waiting': {
          const isForGood = event.error instanceof SinkError && !event.error.retryable;
          const failing = { table: event.table, error: textOf(event.error), isForGood, sinceMs: nowMs - event.sinceMs };
          known.set(event.ask, { begunMs: undefined, failing });
          break;
        }
        case 'sink-recovered':
        case 'ask-over':
          known.delete(event.ask);
          break;
        default:
          event satisfies never;
      }
    },
    failing: () => [...known.values()].flatMap(({ failing }) => failing ?? []),
    silentSinceMs() {
      let oldestMs: number | undefined;
      for (const { begunMs } of known.values()) if (begunMs !== undefined && begunMs < (oldestMs ?? Number.POSITIVE_INFINITY)) oldestMs = begunMs;
      return oldestMs;
    },
  };
}
