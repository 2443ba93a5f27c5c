// Dead letters for tests, and a replay of them over a sink in memory. It asserts nothing.
import type { DeadLetter, Sink } from '@shardfold/sinks';
import { memorySink, plainLetter } from '@shardfold/sinks/testing';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { pagesOf } from '../../../src/dead-letters/find.ts';
import { createReplayer } from '../../../src/dead-letters/replay.ts';
import { runReplay } from '../../../src/dead-letters/run-replay.ts';
import { stillMachine } from '../flow/support.ts';

export const never = new AbortController().signal;

export function configWith(more = ''): Config {
  const text = `application: orders\naws: { region: r }\nsource: { streams: [orders], start: latest }\nsinks: { main: { kind: postgres, url: "postgres://h/d" } }\n${more}`;
  const loaded = loadConfig({ text, file: 'shardfold.yaml', env: {}, overrides: [] });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

/** A change of DynamoDB as its record is. */
export const payload = (id: string, time: number, more: object = {}) =>
  JSON.stringify({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    tableName: 'orders',
    dynamodb: { ApproximateCreationDateTime: time, Keys: { id: { S: id } }, NewImage: { id: { S: id }, ...more } },
  });

export function letter(id: string, raw: string, more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    ...plainLetter,
    id,
    application: 'orders',
    raw: Buffer.from(raw),
    stage: 'decode',
    sink: undefined,
    target: undefined,
    key: undefined,
    event: undefined,
    attempts: 1,
    ...more,
  };
}

/** Everything in the sink's letters is replayed, once. */
export async function replayAll(given: {
  readonly letters: readonly DeadLetter[];
  readonly more?: string;
  readonly sink?: (memory: ReturnType<typeof memorySink>) => Partial<Sink>;
}) {
  const machine = stillMachine();
  const memory = memorySink({ clock: machine.clock });
  const sink: Sink = { ...memory, ...given.sink?.(memory) };
  const store = sink.deadLetters();
  await store.put(given.letters, never);
  const waited: string[] = [];
  const replayer = createReplayer({
    config: configWith(given.more),
    sinks: new Map([['main', sink]]),
    machine,
    signal: never,
    onWaiting: (name) => void waited.push(name),
  });
  const again = () =>
    runReplay(pagesOf([{ name: 'main', store }], { filter: {}, limit: 1_000 }, never), {
      replayer,
      machine,
      worker: 'person',
      signal: never,
      onProgress: () => undefined,
    });
  return { machine, memory, waited, replayer, again, report: again() };
}
