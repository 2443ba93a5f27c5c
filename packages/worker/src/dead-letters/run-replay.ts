// Replays what is asked for, page by page, and tidies behind itself. It prints nothing.
import type { Machine } from '@shardfold/consumer';
import type { DeadLetter } from '@shardfold/sinks';
import type { Fault } from '../flow/change.ts';
import type { FoundPage } from './find.ts';
import type { Replayed, Replayer } from './replay.ts';
import { settle } from './settle.ts';

/** More that stay than this have one cause: the rest stays as it is until somebody has mended it. */
const stayingMax = 10_000;
/** Kept to be told of, one each of so many codes. */
const kindsMax = 20;

export interface FailureKind {
  readonly code: string;
  readonly count: number;
  /** Of the last one. */
  readonly message: string;
  readonly id: string;
}

export interface ReplayReport {
  /** Landed, superseded or ignored: these letters are gone. */
  readonly done: number;
  /** Kept with one attempt more. */
  readonly failed: number;
  /** Kept as they were: the configuration leaves out all that they hold. */
  readonly filtered: number;
  /** Why some failed, by code, the commonest first. */
  readonly kinds: readonly FailureKind[];
  /** `stayingMax` was reached: what comes after was not replayed. */
  readonly cutShort: boolean;
}

export interface RunReplayParts {
  readonly replayer: Replayer;
  readonly machine: Machine;
  /** Whoever replays, for the letters that stay. */
  readonly worker: string;
  readonly signal: AbortSignal;
  /** After each page: how many letters were replayed so far. */
  onProgress(replayed: number): void;
}

function createTally() {
  const kinds = new Map<string, FailureKind>();
  return {
    add(letter: DeadLetter, { code, message }: Fault): void {
      const count = (kinds.get(code)?.count ?? 0) + 1;
      if (count > 1 || kinds.size < kindsMax) kinds.set(code, { code, count, message, id: letter.id });
    },
    kinds: () => [...kinds.values()].sort((left, right) => right.count - left.count),
  };
}

/** Rejects with what the environment did; what was replayed before is tidied then. */
export async function runReplay(pages: AsyncIterable<FoundPage> | Iterable<FoundPage>, parts: RunReplayParts): Promise<ReplayReport> {
  const { replayer, machine, worker, signal } = parts;
  const tally = createTally();
  const failed = new Set<string>();
  const filtered = new Set<string>();
  let done = 0;
  const report = (cutShort: boolean): ReplayReport => ({ done, failed: failed.size, filtered: filtered.size, kinds: tally.kinds(), cutShort });
  for await (const { place, letters } of pages) {
    // A queue gives a letter that was put or left there again.
    const fresh = letters.filter(({ id }) => !failed.has(id) && !filtered.has(id));
    const results: readonly Replayed[] = await replayer.replay(fresh);
    for (const each of results) {
      if (each.became === 'failed') tally.add(each.letter, each.failure);
      if (each.became === 'filtered') filtered.add(each.letter.id);
    }
    for (const id of await settle(results, { store: place.store, nowMs: machine.clock.wallMs(), worker, signal })) failed.add(id);
    done += results.filter(({ became }) => became === 'done').length;
    parts.onProgress(done + failed.size + filtered.size);
    if (failed.size + filtered.size >= stayingMax) return report(true);
  }
  return report(false);
}
