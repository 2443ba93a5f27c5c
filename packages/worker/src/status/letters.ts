// Which dead letters were written lately, and how many there are. It writes none, and asks nobody.
import type { DeadLetter, DeadLetterStore } from '@shardfold/sinks';
import { maskText } from '../config/secrets.ts';
import { type Counted, sumOf } from '../dead-letters/count.ts';
import type { LettersView, LetterView } from '../http/page/browser/wire.ts';

const recentMax = 5;
/** Of a record, as text. */
const beginningBytes = 600;
/** So long a new dead letter wants somebody's eye. */
export const newLettersMs = 5 * 60_000;
const minuteMs = 60_000;

export interface LetterStates {
  counted(count: number, nowMs: number): void;
  /** The same store; what it keeps is remembered, the last few. */
  remembering(store: DeadLetterStore): DeadLetterStore;
  /** What lies in a place, by its name, and a letter of it: shown as long as this worker has written none. */
  found(place: string, kept: Counted, letter: DeadLetter | undefined): void;
  view(nowMs: number): LettersView;
}

/** Shown as it is, but for the passwords of addresses. */
function viewOf(letter: DeadLetter): LetterView {
  const text = new TextDecoder().decode(letter.raw.subarray(0, beginningBytes));
  return {
    id: letter.id,
    failedAtMs: letter.failedAtMs,
    worker: letter.worker,
    stream: letter.stream,
    shard: letter.shard,
    sequence: letter.sequence,
    stage: letter.stage,
    sink: letter.sink ?? null,
    target: letter.target ?? null,
    key: letter.key === undefined ? null : maskText(letter.key),
    code: letter.errorCode,
    message: maskText(letter.errorMessage),
    beginning: maskText(letter.raw.length > beginningBytes ? `${text}…` : text),
  };
}

export function createLetterStates(): LetterStates {
  let sinceStart = 0;
  /** By minute. */
  const lately = new Map<number, number>();
  const kept = new Map<string, Counted>();
  let own: readonly LetterView[] = [];
  let others: readonly LetterView[] = [];

  return {
    counted(count, nowMs) {
      sinceStart += count;
      const minute = Math.floor(nowMs / minuteMs);
      lately.set(minute, (lately.get(minute) ?? 0) + count);
      for (const old of lately.keys()) if ((minute - old) * minuteMs > newLettersMs) lately.delete(old);
    },
    remembering: (store) => ({
      ...store,
      async put(letters, signal) {
        await store.put(letters, signal);
        own = [...letters.slice(-recentMax).map(viewOf).reverse(), ...own].slice(0, recentMax);
      },
    }),
    found(place, counted, letter) {
      kept.set(place, counted);
      others = letter === undefined ? others : [viewOf(letter)];
      if ([...kept.values()].every((each) => each.count === 0)) others = [];
    },
    view(nowMs) {
      const minute = Math.floor(nowMs / minuteMs);
      let lastFiveMinutes = 0;
      for (const [at, count] of lately) if ((minute - at) * minuteMs <= newLettersMs) lastFiveMinutes += count;
      const { count, isMore } = sumOf(kept.values());
      return {
        sinceStart,
        lastFiveMinutes,
        keptByAllApplications: kept.size === 0 ? null : count,
        keptMore: isMore,
        recent: own.length > 0 ? own : others,
      };
    },
  };
}
