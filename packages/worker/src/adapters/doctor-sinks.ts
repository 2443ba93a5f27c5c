// Asks databases and places of dead letters what the doctor wants to know. It makes no table and writes no row.
import type { Machine } from '@shardfold/consumer';
import { type Sink, SinkError, sqliteLocationOf, type TableStatus } from '@shardfold/sinks';
import type { Config, SinkConfig } from '../config/config.ts';
import type { SinkFacts, TargetFacts } from '../doctor/judge-sinks.ts';
import type { SampledTarget } from '../doctor/sample.ts';
import { createLetterPlace, createSink } from './sinks.ts';

/** The file of a SQLite sink; undefined where there is none. */
export function fileOf({ kind, url }: SinkConfig): string | undefined {
  const path = kind === 'sqlite' ? sqliteLocationOf(url) : ':memory:';
  return path === ':memory:' ? undefined : path;
}

async function errorOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => undefined,
    (error: unknown) => error ?? 'It failed without saying why.',
  );
}

/** Of one sink: the time of a check is short. */
const lookedAtMax = 20;

async function probeTargets(sink: Sink, targets: readonly SampledTarget[], signal: AbortSignal): Promise<readonly Omit<TargetFacts, 'problems'>[]> {
  const found: Omit<TargetFacts, 'problems'>[] = [];
  for (const { target } of targets.slice(0, lookedAtMax))
    found.push({ target: target.name, createTables: target.createTables, error: await errorOf(sink.table({ ...target, createTables: false }, signal)) });
  return found;
}

/** Of a target that is there without what belongs to it, the error says them. */
function problemsOf(tables: readonly TableStatus[], { target, error }: Pick<TargetFacts, 'target' | 'error'>): readonly string[] {
  const missing = error instanceof SinkError ? error.missing : undefined;
  return missing?.problems ?? tables.find((table) => table.name === target)?.problems ?? [];
}

export interface SinkProbe {
  readonly config: Config;
  readonly machine: Machine;
  readonly name: string;
  readonly sink: SinkConfig;
  /** Where records were seen to go. */
  readonly targets: readonly SampledTarget[];
}

/** Of a SQLite file that is not there nothing is asked: asking would make it. */
export async function probeSink({ config, machine, name, sink: wanted, targets }: SinkProbe, signal: AbortSignal): Promise<SinkFacts> {
  const createTables = config.tables.some((table) => table.sink === name && table.createTables);
  const nothing = { name, createTables, createDenied: undefined, server: undefined, latencyMs: undefined, targets: [], denied: [], problems: [] };
  let sink: Sink | undefined;
  try {
    sink = createSink(name, wanted, { ...config, tables: [] }, machine);
    const error = await errorOf(sink.open(signal));
    // Without its own tables the sink answers all the same.
    if (error !== undefined && !(error instanceof SinkError && error.code === 'SINK_TABLE_MISSING')) return { ...nothing, error };
    const opened = await probeTargets(sink, targets, signal);
    const { server, latencyMs, tables, denied = [], problems = [] } = await sink.describe(signal);
    const looked = opened.map((each) => ({ ...each, problems: problemsOf(tables, each) }));
    // Whether it is known is no finding of its own.
    const createDenied = createTables ? await sink.createDenial?.(signal).catch(() => undefined) : undefined;
    return { ...nothing, createDenied, error, server, latencyMs, targets: looked, denied, problems };
  } catch (error) {
    return { ...nothing, error };
  } finally {
    await sink?.close();
  }
}

/** Undefined: the place can be used, or there is none of its own. A file's is looked at as a file. */
export async function probeLetters({ deadLetters }: Config, machine: Machine, signal: AbortSignal): Promise<unknown> {
  if (deadLetters.kind !== 's3' && deadLetters.kind !== 'sqs') return undefined;
  const place = createLetterPlace(deadLetters, machine, () => undefined);
  if (place === undefined) return undefined;
  try {
    return await errorOf(place.open(signal));
  } finally {
    await place.close();
  }
}
