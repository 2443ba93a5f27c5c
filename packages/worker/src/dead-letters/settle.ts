// Tidies a store after a replay: what landed goes, what failed again stays with one attempt more. At no moment is a letter that failed
// again nowhere. It replays nothing.
import type { DeadLetter, DeadLetterStore } from '@shardfold/sinks';
import type { Replayed } from './replay.ts';

type Failed = Extract<Replayed, { became: 'failed' }>;

/** A store keeps the first letter of an id: the new form waits under another id while the old one goes. */
const waitingMark = '-replaying';

function idOf({ id }: DeadLetter): string {
  return id.endsWith(waitingMark) ? id.slice(0, -waitingMark.length) : id;
}

/** The change stays as it was: one of several that a record holds would hide the others from the next replay. */
function renewed({ letter, failure }: Failed, { nowMs, worker }: { readonly nowMs: number; readonly worker: string }): DeadLetter {
  return {
    ...letter,
    stage: failure.stage,
    errorCode: failure.code,
    errorMessage: failure.message,
    sink: failure.place.sink ?? letter.sink,
    target: failure.place.target ?? letter.target,
    id: idOf(letter),
    attempts: letter.attempts + 1,
    failedAtMs: nowMs,
    worker,
  };
}

async function replace(store: DeadLetterStore, letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
  const waiting = letters.map((letter) => ({ ...letter, id: `${letter.id}${waitingMark}` }));
  const ids = (all: readonly DeadLetter[]) => all.map(({ id }) => id);
  await store.put(waiting, signal);
  await store.discard(ids(letters), signal);
  await store.put(letters, signal);
  await store.discard(ids(waiting), signal);
}

export interface SettleParts {
  readonly store: DeadLetterStore;
  readonly nowMs: number;
  /** Whoever replayed them. */
  readonly worker: string;
  readonly signal: AbortSignal;
}

/** May be cut short anywhere and done again. The ids of what failed again; what was filtered stays untouched. */
export async function settle(results: readonly Replayed[], { store, signal, ...by }: SettleParts): Promise<readonly string[]> {
  const gone = results.filter(({ became }) => became === 'done').map(({ letter }) => letter.id);
  if (gone.length > 0) await store.discard(gone, signal);
  const failures = results.filter((each) => each.became === 'failed');
  const failed = [...new Map(failures.map((each) => [idOf(each.letter), renewed(each, by)])).values()];
  if (failed.length > 0) await replace(store, failed, signal);
  return failed.map(({ id }) => id);
}
