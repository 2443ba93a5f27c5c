// What becomes of a batch whose processing fails: the option with its defaults, and what is wrong with it. It processes nothing.
import type { FailureOptions } from '../types.ts';

/** Pauses grow from a tenth of a second: with these, records are given up after more than a second at the earliest. */
const defaultAttempts = 5;

export type FailureHandler = Pick<Exclude<FailureOptions, { policy: 'retry' }>, 'onFailure'>;

export type FailurePolicy =
  | { readonly policy: 'retry' }
  | { readonly policy: 'bisect' | 'hand-over'; readonly attempts: number; readonly handler: FailureHandler };

export function failurePolicy(options: FailureOptions = { policy: 'retry' }): FailurePolicy {
  if (options.policy === 'retry') return options;
  return { policy: options.policy, attempts: options.attempts ?? defaultAttempts, handler: options };
}

/** One sentence each; the types tell it to those who use them. */
export function failureFaults(policy: FailurePolicy): readonly string[] {
  if (policy.policy === 'retry') return [];
  const { attempts, handler } = policy;
  return [
    ...(['bisect', 'hand-over'].includes(policy.policy) ? [] : [`failure.policy is ${String(policy.policy)}; it is retry, bisect or hand-over`]),
    ...(Number.isSafeInteger(attempts) && attempts >= 1 ? [] : [`failure.attempts is ${String(attempts)}; it is a whole number of 1 or more`]),
    ...(typeof handler.onFailure === 'function' ? [] : ['failure has a function onFailure(failed), which takes the records over']),
  ];
}
