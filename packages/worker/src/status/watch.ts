// What is done for the page while nobody waits for it: a sample every few seconds, and questions to the sinks, but only while somebody
// looks. Requests are answered from what it left. It knows no page.
import type { Machine } from '@shardfold/consumer';
import type { DeadLetter, DeadLetterStore, Sink, SinkStatus } from '@shardfold/sinks';
import { type Counted, countOf } from '../dead-letters/count.ts';
import { sampleEveryMs } from './history.ts';

/** How long after the last look somebody still looks. */
const lookedMs = 60_000;
const askEveryMs = 15_000;
const askTimeoutMs = 5_000;

/** Where the dead letters lie: beside the data, in one place beside the sinks, or nowhere. */
export type LetterStores =
  | { readonly kind: 'sinks' | 'none' }
  /** `isQueue`: to look at a letter is to take it. */
  | { readonly kind: 'place'; readonly name: string; readonly store: DeadLetterStore; readonly isQueue: boolean };

export interface WatchParts {
  readonly machine: Machine;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly letters: LetterStores;
  /** Monotonic; undefined: nobody has looked yet. */
  lastLookMs(): number | undefined;
  /** Nothing is asked of a sink that is waited for. */
  isWaitedFor(sink: string): boolean;
  onSample(): void;
  onDescribed(sink: string, status: SinkStatus): void;
  onLetters(place: string, kept: Counted, example: DeadLetter | undefined): void;
}

async function inTime(parts: WatchParts, stop: AbortSignal, ask: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController();
  const cancel = parts.machine.timers.after(askTimeoutMs, () => late.abort(new Error('Nobody said how it is in time.')));
  try {
    await ask(AbortSignal.any([stop, late.signal]));
  } finally {
    cancel();
  }
}

async function askLetters(parts: WatchParts, name: string, store: DeadLetterStore, isQueue: boolean, signal: AbortSignal): Promise<void> {
  const kept = await countOf(store, signal);
  const [example] = kept.count === 0 || isQueue ? [] : await store.page({ limit: 1 }, signal);
  parts.onLetters(name, kept, example);
}

async function askSink(parts: WatchParts, name: string, sink: Sink, signal: AbortSignal): Promise<void> {
  parts.onDescribed(name, await sink.describe(signal));
  if (parts.letters.kind === 'sinks') await askLetters(parts, name, sink.deadLetters(), false, signal);
}

function questions(parts: WatchParts, stop: AbortSignal): readonly Promise<void>[] {
  const { letters, sinks } = parts;
  const asked = [...sinks].filter(([name]) => !parts.isWaitedFor(name));
  return [
    ...asked.map(([name, sink]) => inTime(parts, stop, (signal) => askSink(parts, name, sink, signal))),
    ...(letters.kind === 'place' ? [inTime(parts, stop, (signal) => askLetters(parts, letters.name, letters.store, letters.isQueue, signal))] : []),
  ];
}

/** Until the signal; resolves when nothing is under way any more. */
export async function watch(parts: WatchParts, signal: AbortSignal): Promise<void> {
  const { clock, timers } = parts.machine;
  let asking: Promise<unknown> | undefined;
  let askedMs: number | undefined;

  function askIfDue(): void {
    const nowMs = clock.monotonicMs();
    const lookMs = parts.lastLookMs();
    const isDue = askedMs === undefined || nowMs - askedMs >= askEveryMs;
    if (asking !== undefined || !isDue || lookMs === undefined || nowMs - lookMs > lookedMs) return;
    askedMs = nowMs;
    // One that fails shows as the age of what it said last; the flow's own writes tell what is wrong with it.
    asking = Promise.allSettled(questions(parts, signal)).finally(() => {
      asking = undefined;
    });
  }

  while (!signal.aborted) {
    parts.onSample();
    askIfDue();
    await timers.sleep(sampleEveryMs, signal).catch(() => undefined);
  }
  await asking;
}
