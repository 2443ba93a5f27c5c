// What is done for the page while nobody waits for it: a sample every few seconds, and questions to the sinks, but only while somebody
// looks. Requests are answered from what it left. It knows no page.
import type { Machine } from '@shardfold/consumer';
import type { DeadLetter, Sink, SinkStatus } from '@shardfold/sinks';
import { sampleEveryMs } from './history.ts';

/** How long after the last look somebody still looks. */
const lookedMs = 60_000;
const askEveryMs = 15_000;
const askTimeoutMs = 5_000;

export interface WatchParts {
  readonly machine: Machine;
  readonly sinks: ReadonlyMap<string, Sink>;
  /** Dead letters lie in the sinks. */
  readonly lettersInSinks: boolean;
  /** Monotonic; undefined: nobody has looked yet. */
  lastLookMs(): number | undefined;
  /** Nothing is asked of a sink that is waited for. */
  isWaitedFor(sink: string): boolean;
  onSample(): void;
  onDescribed(sink: string, status: SinkStatus): void;
  onLetters(sink: string, kept: number, example: DeadLetter | undefined): void;
}

async function askSink(parts: WatchParts, name: string, sink: Sink, stop: AbortSignal): Promise<void> {
  const late = new AbortController();
  const cancel = parts.machine.timers.after(askTimeoutMs, () => late.abort(new Error('The sink did not say how it is in time.')));
  const signal = AbortSignal.any([stop, late.signal]);
  try {
    parts.onDescribed(name, await sink.describe(signal));
    if (!parts.lettersInSinks) return;
    const letters = sink.deadLetters();
    const kept = await letters.count(signal);
    const [example] = kept === 0 ? [] : await letters.page({ limit: 1 }, signal);
    parts.onLetters(name, kept, example);
  } finally {
    cancel();
  }
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
    const asked = [...parts.sinks].filter(([name]) => !parts.isWaitedFor(name));
    // One that fails shows as the age of what it said last; the flow's own writes tell what is wrong with it.
    asking = Promise.allSettled(asked.map(([name, sink]) => askSink(parts, name, sink, signal))).finally(() => {
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
