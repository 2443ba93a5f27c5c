// Where a configuration's dead letters lie, to look at and to tidy. It makes no table and writes no letter by itself.
import type { Machine } from '@shardfold/consumer';
import { type DeadLetterStore, type OnUnreadable, type Sink, SinkError } from '@shardfold/sinks';
import { createLetterPlace, createSink } from '../adapters/sinks.ts';
import type { Config } from '../config/config.ts';

export interface NamedStore {
  /** The sink's name, or the kind of the place: `file`, `s3`, `sqs`. */
  readonly name: string;
  readonly store: DeadLetterStore;
}

export interface LetterPlaces {
  readonly stores: readonly NamedStore[];
  /** By name; what replayed letters are written to. */
  readonly sinks: ReadonlyMap<string, Sink>;
  close(): Promise<void>;
}

async function orNothing<Answer>(asked: Promise<Answer>, nothing: Answer): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SinkError && error.code === 'SINK_TABLE_MISSING') return nothing;
    throw error;
  }
}

/** A table that no worker has made yet holds no letter. */
function whereThereIsOne(store: DeadLetterStore): DeadLetterStore {
  return {
    put: store.put,
    count: (signal, enough) => orNothing(store.count(signal, enough), 0),
    page: (options, signal) => orNothing(store.page(options, signal), []),
    find: (id, signal) => orNothing(store.find(id, signal), undefined),
    discard: (ids, signal) => orNothing(store.discard(ids, signal), 0),
  };
}

/**
 * Nothing is contacted yet; the caller closes them. With `deadLetters.kind: stop` no letter is written any more, but those of before
 * lie in the sinks. Throws `SinkError` for a url that is none.
 */
export function openPlaces(config: Config, machine: Machine, onUnreadable: OnUnreadable): LetterPlaces {
  // A command that looks makes no table: targets say for themselves whether they may be made.
  const looking: Config = { ...config, tables: [] };
  const sinks = new Map(Object.entries(config.sinks).map(([name, sink]) => [name, createSink(name, sink, looking, machine)]));
  const elsewhere = createLetterPlace(config.deadLetters, machine, onUnreadable);
  const beside = () => [...sinks].map(([name, sink]) => ({ name, store: whereThereIsOne(sink.deadLetters()) }));
  return {
    stores: elsewhere === undefined ? beside() : [{ name: config.deadLetters.kind, store: elsewhere }],
    sinks,
    async close() {
      await Promise.allSettled([...[...sinks.values()].map((sink) => sink.close()), elsewhere?.close()]);
    },
  };
}
