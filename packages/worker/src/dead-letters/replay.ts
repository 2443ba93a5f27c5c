// Sends dead letters the way of a live record again: decode, route, write, with the version that they had. It keeps and removes no
// letter; what it answers says what became of each.
import { autoCodec, codecByName, type RawRecord } from '@shardfold/changes';
import type { Machine, ShardContext, ShardRef, StreamRecord } from '@shardfold/consumer';
import { type DeadLetter, type Sink, SinkError } from '@shardfold/sinks';
import type { Config } from '../config/config.ts';
import type { Fault } from '../flow/change.ts';
import type { DeadPlace } from '../flow/letters.ts';
import { createPatience, type Patience } from '../flow/patience.ts';
import { createRouter, type Router } from '../flow/route.ts';
import type { ChangeOutcome, FlowEvent } from '../observe/events.ts';
import { createPipeline } from '../pipeline.ts';
import { withLettersKeys } from './key.ts';
import { batchOf, narrowed, recordOf } from './record.ts';

export interface ReplayParts {
  readonly config: Config;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly machine: Machine;
  /** Aborted when the replay shall end. */
  readonly signal: AbortSignal;
  /** A database that is down is waited for. */
  onWaiting(sink: string, error: unknown): void;
}

/** Why a letter failed again, and where it was meant to go this time. */
export interface Failure extends Fault {
  readonly place: DeadPlace;
}

/**
 * What became of a letter. `done`: applied, superseded or ignored, so that nobody needs it any more; `filtered`: the configuration leaves
 * out all that it holds, and nothing was written.
 */
export type Replayed = { readonly letter: DeadLetter } & ({ readonly became: 'done' | 'filtered' } | { readonly became: 'failed'; readonly failure: Failure });

export interface Replayer {
  /** All at once, so that they are written in groups. Rejects with what the environment did, or the signal's reason: nothing is known then. */
  replay(letters: readonly DeadLetter[]): Promise<readonly Replayed[]>;
  /** Of the changes replayed so far. */
  readonly counts: Readonly<Record<ChangeOutcome, number>>;
  /** Abandons what is still under way. */
  end(): void;
}

/** The same router, and which records it lets nothing through of. */
function noticing(route: Router): { readonly route: Router; isFiltered(record: RawRecord): boolean } {
  const filtered = new WeakSet<RawRecord>();
  const passed = new WeakSet<RawRecord>();
  return {
    route(event, record) {
      const routed = route(event, record);
      (routed.kind === 'filtered' ? filtered : passed).add(record);
      return routed;
    },
    isFiltered: (record) => filtered.has(record) && !passed.has(record),
  };
}

/** A person waits for this: a database that is down longer ends the replay. */
const replayWaitMaxMs = 60_000;

/** What a database refuses for good is the letter's fault here: other letters go to other tables. */
function refusal(error: unknown): Fault | undefined {
  return error instanceof SinkError && !error.retryable ? { stage: 'write', code: error.code, message: error.message } : undefined;
}

/** Waits for what passes, up to a time; throws at once what does not pass. */
function boundedPatience(sink: string, { machine, onWaiting }: ReplayParts): Patience {
  return {
    async insist(run, signal) {
      const given = new AbortController();
      const patience = createPatience({
        sink,
        machine,
        onEvent(event) {
          if (event.kind !== 'sink-waiting') return;
          if (refusal(event.error) !== undefined || event.sinceMs >= replayWaitMaxMs) given.abort(event.error);
          else onWaiting(sink, event.error);
        },
      });
      return patience.insist(run, AbortSignal.any([signal, given.signal]));
    },
  };
}

function contextOf(shard: ShardRef, signal: AbortSignal): ShardContext {
  const nothing = async (): Promise<never> => {
    throw new Error('A replay has no lease, so there is no position to save.');
  };
  return {
    shard,
    lease: { counter: 0n },
    lost: signal,
    drain: signal,
    acknowledge: () => undefined,
    checkpoint: nothing,
    prepared: undefined,
    prepareCheckpoint: nothing,
  };
}

export function createReplayer(parts: ReplayParts): Replayer {
  const { config, machine } = parts;
  const ended = new AbortController();
  const signal = AbortSignal.any([parts.signal, ended.signal]);
  const counts: Record<ChangeOutcome, number> = { applied: 0, superseded: 0, unresolved: 0, filtered: 0, dead_lettered: 0, abandoned: 0 };
  const letters = new WeakMap<RawRecord, DeadLetter>();
  const letterOf = (record: RawRecord) => letters.get(record);
  const failures = new WeakMap<StreamRecord, Failure>();
  const codec = codecByName(config.source.format) ?? autoCodec();
  const router = noticing(withLettersKeys(createRouter(config.tables, config.sinks), letterOf));
  const pipeline = createPipeline({
    codec: narrowed(codec, letterOf),
    route: router.route,
    sinks: new Map([...parts.sinks].map(([name, sink]) => [name, { sink, patience: boundedPatience(name, parts) }])),
    // Kept as the letter that it was, by whoever asked for the replay.
    bury: async ({ record, fault, place }) => void failures.set(record, { ...fault, place }),
    machine,
    signal,
    onEvent(event: FlowEvent) {
      if (event.kind === 'changes') counts[event.outcome] += event.count;
    },
  });

  async function replayOne(letter: DeadLetter): Promise<Replayed> {
    const record = recordOf(letter);
    letters.set(record, letter);
    try {
      await pipeline.process(batchOf(record), contextOf(record.shard, signal));
    } catch (error) {
      const fault = refusal(error);
      if (fault === undefined) throw error;
      return { letter, became: 'failed', failure: { ...fault, place: letter } };
    }
    const failure = failures.get(record);
    if (failure !== undefined) return { letter, became: 'failed', failure };
    return { letter, became: router.isFiltered(record) ? 'filtered' : 'done' };
  }

  return {
    async replay(all) {
      const settled = await Promise.allSettled(all.map(replayOne));
      const failed = settled.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    },
    counts,
    end: () => ended.abort(new Error('The replay has ended.')),
  };
}
