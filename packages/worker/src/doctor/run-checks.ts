// Runs checks: so many at once, each for so long. A check that throws or takes too long is a finding like any other. It knows no check.
import type { Timers } from '@shardfold/consumer';
import { type Finding, masked } from './finding.ts';

export interface Check {
  readonly id: string;
  /** For a person, in a sentence: `stream orders`. */
  readonly about: string;
  run(signal: AbortSignal): Promise<readonly Finding[]>;
}

export const checksAtOnceMax = 6;
export const checkTimeMaxMs = 15_000;

const secondMs = 1_000;

function late({ id, about }: Check): Finding {
  return {
    id: `${id}.late`,
    severity: 'fault',
    what: `Looking at ${about} took longer than ${checkTimeMaxMs / secondMs} s and was given up.`,
    remedy: 'See whether its address is right and whether the network lets this machine reach it.',
  };
}

function unforeseen({ id, about }: Check, error: unknown): Finding {
  return {
    id: `${id}.failed`,
    severity: 'fault',
    what: `Looking at ${about} failed: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'See what the message says; if it makes no sense, report it.',
  };
}

async function runOne(check: Check, timers: Timers, signal: AbortSignal): Promise<readonly Finding[]> {
  const given = new AbortController();
  const { promise: tooLong, resolve } = Promise.withResolvers<readonly Finding[]>();
  const cancel = timers.after(checkTimeMaxMs, () => {
    resolve([late(check)]);
  });
  try {
    return await Promise.race([tooLong, check.run(AbortSignal.any([signal, given.signal])).catch((error: unknown) => [unforeseen(check, error)])]);
  } finally {
    cancel();
    // What a check left under way, as one that took too long does, ends with it.
    given.abort(new Error('The check is over.'));
  }
}

/** In the order of the checks. Rejects with the signal's reason. */
export async function runChecks(checks: readonly Check[], timers: Timers, signal: AbortSignal): Promise<readonly Finding[]> {
  const found: (readonly Finding[])[] = [];
  const left = checks.entries();
  async function lane(): Promise<void> {
    for (const [index, check] of left) {
      signal.throwIfAborted();
      found[index] = await runOne(check, timers, signal);
    }
  }
  await Promise.all(Array.from({ length: Math.min(checksAtOnceMax, checks.length) }, lane));
  signal.throwIfAborted();
  return found.flat().map(masked);
}
