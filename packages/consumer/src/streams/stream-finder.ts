// Finds the streams to read: those that are named, and those that match a pattern as they come and go. It keeps what it found and
// knows neither leases' owners nor records.
import type { LeasedStream, Machine, Position } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { retryDelayMs } from '../retry.ts';
import { type AskingParts, patiently } from '../source/asking.ts';
import type { StreamDescription, StreamService } from '../source/service.ts';
import type { ConsumerEvent, StartPosition } from '../types.ts';
import { isPattern, isSingle, matcher, multiStreamName } from './names.ts';

/** A stream as its readers need it. */
export interface FoundStream {
  /** As it is asked for and shown: its name or ARN. */
  readonly stream: string;
  readonly leased: LeasedStream;
  /** How long its records are kept, as it said last. */
  retentionMs: number | undefined;
}

export interface StreamFinder {
  /**
   * Asks until there is a stream to read. One that does not answer well after a few tries is left until the next time, and stays as it was
   * if it was known. Throws when none of the streams can be read and no repetition mends that, or the signal's reason.
   */
  find(signal: AbortSignal): Promise<readonly LeasedStream[]>;
  /** By what the stream's leases name it with: undefined in a single-stream table. */
  of(name: string | undefined): FoundStream | undefined;
  /** Whether others can come or go. */
  readonly changes: boolean;
}

export interface StreamFinderOptions {
  readonly service: StreamService;
  /** Names, ARNs or patterns. */
  readonly streams: readonly string[];
  readonly start: StartPosition;
  readonly machine: Machine;
  onEvent(event: ConsumerEvent): void;
}

/** How many streams are asked at once what they are. */
const describedAtOnce = 8;
/** How often each is asked in one look: a fault that lasts must not keep the others waiting. */
const triesPerLook = 3;

function startOf(start: StartPosition): Position {
  return start.kind === 'timestamp' ? { kind: 'at-timestamp' } : start;
}

function leasedStream(
  { service, start }: StreamFinderOptions,
  asking: AskingParts,
  names: Pick<LeasedStream, 'leaseKey' | 'stream' | 'identify'>,
): LeasedStream {
  const { stream } = asking;
  return {
    ...names,
    start: startOf(start),
    listShards: (signal) => patiently(asking, signal, () => service.listShards(stream, signal)),
    ...(start.kind === 'timestamp'
      ? { listAtStart: (signal: AbortSignal) => patiently(asking, signal, () => service.listShards(stream, signal, start.atMs)) }
      : {}),
  };
}

/** The one stream of a single-stream table. */
function single(options: StreamFinderOptions, stream: string): FoundStream {
  const { service, machine, onEvent } = options;
  const asking = { stream, machine, onEvent };
  const found: FoundStream = {
    stream,
    retentionMs: undefined,
    leased: leasedStream(options, asking, {
      leaseKey: (shardId) => shardId,
      async identify(signal) {
        const { arn, createdAtS, retentionMs } = await patiently(asking, signal, () => service.describe(stream, signal));
        found.retentionMs = retentionMs;
        return { arn, ...(createdAtS === undefined ? {} : { createdAtS }) };
      },
    }),
  };
  return found;
}

function oneOfMany(options: StreamFinderOptions, stream: string, description: StreamDescription): FoundStream {
  const { machine, onEvent } = options;
  const name = multiStreamName(description);
  const asking = { stream, machine, onEvent, forEver: true };
  return {
    stream,
    retentionMs: description.retentionMs,
    leased: leasedStream(options, asking, { stream: name, leaseKey: (shardId) => `${name}:${shardId}` }),
  };
}

type Known = ReadonlyMap<string | undefined, FoundStream>;

/** By the service now, or where it cannot say, by what was known: then `error` tells why there may be others. */
async function namesOf(
  { service, streams, machine, onEvent }: StreamFinderOptions,
  known: Known,
  signal: AbortSignal,
): Promise<{ readonly names: readonly string[]; readonly error?: ConsumerError }> {
  const patterns = streams.filter(isPattern).map(matcher);
  const named = streams.filter((stream) => !isPattern(stream));
  if (patterns.length === 0) return { names: named };
  const asked = streams.filter(isPattern).join(', ');
  const withMatching = (all: readonly string[]) => [...new Set([...named, ...all.filter((name) => patterns.some((matches) => matches(name)))])];
  try {
    return { names: withMatching(await patiently({ stream: asked, machine, triesMax: triesPerLook, onEvent }, signal, () => service.list(signal))) };
  } catch (error) {
    if (signal.aborted || !(error instanceof ConsumerError)) throw error;
    onEvent({ kind: 'stream-refused', stream: asked, error });
    if (!error.retryable) throw error;
    return { names: withMatching(Array.from(known.values(), ({ stream }) => stream)), error };
  }
}

type Described = { readonly stream: string } & ({ readonly found: FoundStream } | { readonly error: ConsumerError });

/** A stream that does not answer as it should is said, and left until the next look; the others are read. */
async function describeAll(options: StreamFinderOptions, streams: readonly string[], signal: AbortSignal): Promise<readonly Described[]> {
  const { service, machine, onEvent } = options;
  const left = streams.map((stream, at) => ({ stream, at }));
  const described: Described[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { stream, at } = next;
      try {
        const description = await patiently({ stream, machine, triesMax: triesPerLook, onEvent }, signal, () => service.describe(stream, signal));
        described[at] = { stream, found: oneOfMany(options, stream, description) };
      } catch (error) {
        if (signal.aborted || !(error instanceof ConsumerError)) throw error;
        described[at] = { stream, error };
        onEvent({ kind: 'stream-refused', stream, error });
      }
    }
  };
  await Promise.all(Array.from({ length: describedAtOnce }, work));
  return described;
}

/** What is to be read of a stream now: one whose fault may pass goes on as it was known. */
function readable(each: Described, known: Known): FoundStream | undefined {
  if ('error' in each) return each.error.retryable ? [...known.values()].find(({ stream }) => stream === each.stream) : undefined;
  const { leased, retentionMs } = each.found;
  const before = known.get(leased.stream);
  if (before === undefined) return each.found;
  // Whoever reads it goes on with the same object.
  before.retentionMs = retentionMs;
  return before;
}

async function look(
  options: StreamFinderOptions,
  known: Known,
  signal: AbortSignal,
): Promise<{ readonly found: Known; readonly errors: readonly ConsumerError[] }> {
  const { names, error } = await namesOf(options, known, signal);
  const described = await describeAll(options, names, signal);
  const found = new Map<string | undefined, FoundStream>();
  for (const each of described) {
    const stream = readable(each, known);
    if (stream !== undefined) found.set(stream.leased.stream, stream);
  }
  const errors = described.flatMap((each) => ('error' in each ? each.error : []));
  return { found, errors: error === undefined ? errors : [error, ...errors] };
}

export function createStreamFinder(options: StreamFinderOptions): StreamFinder {
  const { streams, machine } = options;
  const [only] = streams;
  if (only !== undefined && isSingle(streams)) {
    const found = single(options, only);
    return { changes: false, find: async () => [found.leased], of: (name) => (name === undefined ? found : undefined) };
  }
  let known: Known = new Map();
  return {
    changes: true,
    async find(signal) {
      for (let looks = 1; ; looks += 1) {
        const { found, errors } = await look(options, known, signal);
        const [error] = errors;
        if (found.size > 0 || !errors.some(({ retryable }) => retryable)) {
          if (found.size === 0 && error !== undefined && !streams.some(isPattern)) throw error;
          known = found;
          return Array.from(found.values(), ({ leased }) => leased);
        }
        // No other stream is kept waiting.
        await machine.timers.sleep(retryDelayMs(looks, machine.random.number()), signal);
      }
    },
    of: (name) => known.get(name),
  };
}
