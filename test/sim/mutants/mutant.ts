// A mutant: one guard of the lease package taken away from outside, and the kind of world in which that must show. The worlds
// are small and restless, so that most mutants are found by the first few seeds.
import type { RequestInput } from '../database.ts';
import type { Weather } from '../network.ts';
import type { ReaderHabits } from '../reader.ts';
import { type Accidents, calm, quiet, type Settings } from '../settings.ts';
import type { Changes } from '../worker.ts';

/** Where a world made for one mutant differs from the others. */
export interface Pointed {
  readonly accidents?: Accidents;
  readonly weather?: Partial<Weather>;
  readonly settings?: Partial<Settings>;
  readonly reader?: Partial<ReaderHabits>;
  /** What the guard protects shows only when the world must come to rest. */
  readonly whole?: boolean;
}

export interface Mutant {
  readonly name: string;
  readonly changes: Changes;
  readonly world: Pointed;
}

/** The world of a mutant and a seed. */
export function pointedSettings(seed: number, { accidents = {}, weather = {}, settings = {}, reader = {} }: Pointed): Settings {
  return {
    ...quiet,
    seed,
    workers: 3,
    shards: 4,
    recordsPerSecond: [1, 20],
    times: { durationMs: 4_000, fenceMs: 3_400, renewIntervalMs: 1_600, requestTimeoutMs: 400 },
    shardSyncIntervalMs: 5_000,
    drainTimeoutMs: 5_000,
    wildMs: 60_000,
    ...settings,
    weather: {
      ...calm,
      maxLatencyMs: 60,
      loseAnswer: 0.03,
      duplicate: 0.05,
      maxDuplicateAfterMs: 3_000,
      delay: 0.03,
      maxDelayMs: 8_000,
      lag: 0.7,
      maxLagMs: 500,
      ...weather,
    },
    reader: { ...quiet.reader, pauseMs: 400, checkpointEveryMs: 1_500, ...reader },
    accidents,
  };
}

/** Leaves out these parts of the condition of one write. */
export function without(operation: string, ...parts: readonly string[]): Changes {
  return { leaveOut: (name) => (name === operation ? (part) => parts.includes(part) : undefined) };
}

/** Takes these assignments or removals out of the updates of these writes. */
export function unwritten(operations: readonly string[], ...pieces: readonly string[]): Changes {
  const strike = (update: string): string => {
    const [, set = '', remove = ''] = /^(?:SET (.*?))?(?: ?REMOVE (.*))?$/.exec(update) ?? [];
    const keep = (list: string): string =>
      list
        .split(', ')
        .filter((piece) => piece !== '' && !pieces.includes(piece))
        .join(', ');
    const [kept, removed] = [keep(set), keep(remove)];
    return [kept === '' ? '' : `SET ${kept}`, removed === '' ? '' : `REMOVE ${removed}`].filter((section) => section !== '').join(' ');
  };
  const rewrite = (operation: string, input: RequestInput): RequestInput =>
    operations.includes(operation) && input.UpdateExpression !== undefined ? { ...input, UpdateExpression: strike(input.UpdateExpression) } : input;
  return { rewrite };
}

/** Accidents that several mutants need, by what they bring about. */
export const pairs: Accidents = { javaJoin: 8_000, javaPair: 2_000 };
export const moving: Accidents = { join: 4_000, stop: 5_000 };
export const java: Accidents = { javaJoin: 5_000, javaStop: 12_000 };
export const standing: Accidents = { pause: 4_000, cut: 5_000 };
export const resharding: Accidents = { split: 4_000, merge: 6_000 };
/** Requests that arrive long after they were given up. */
export const late: Partial<Weather> = { delay: 0.25, maxDelayMs: 8_000, duplicate: 0.25, loseAnswer: 0.1 };
