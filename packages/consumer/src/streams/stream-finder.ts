// Finds the streams to read: those that are named, and those that match a pattern as they come and go. It keeps what it found and
// knows neither leases' owners nor records.
import type { LeasedStream, Machine, Position } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
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
  /** Asks until it is answered. Throws when none of the streams can be read, or the signal's reason. */
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

async function namesOf({ service, streams, machine, onEvent }: StreamFinderOptions, signal: AbortSignal): Promise<readonly string[]> {
  const patterns = streams.filter(isPattern).map(matcher);
  const named = streams.filter((stream) => !isPattern(stream));
  if (patterns.length === 0) return named;
  const asked = streams.filter(isPattern).join(', ');
  const all = await patiently({ stream: asked, machine, onEvent }, signal, () => service.list(signal)).catch((error: unknown) => {
    if (!signal.aborted && error instanceof ConsumerError) onEvent({ kind: 'stream-refused', stream: asked, error });
    throw error;
  });
  return [...new Set([...named, ...all.filter((name) => patterns.some((matches) => matches(name)))])];
}

type Described = { readonly found: FoundStream } | { readonly error: ConsumerError };

/** A stream that cannot be read is said, and left out until the next time; the others are read. */
async function describeAll(options: StreamFinderOptions, streams: readonly string[], signal: AbortSignal): Promise<readonly Described[]> {
  const { service, machine, onEvent } = options;
  const left = streams.map((stream, at) => ({ stream, at }));
  const described: Described[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { stream, at } = next;
      try {
        const description = await patiently({ stream, machine, onEvent }, signal, () => service.describe(stream, signal));
        described[at] = { found: oneOfMany(options, stream, description) };
      } catch (error) {
        if (signal.aborted || !(error instanceof ConsumerError)) throw error;
        described[at] = { error };
        onEvent({ kind: 'stream-refused', stream, error });
      }
    }
  };
  await Promise.all(Array.from({ length: describedAtOnce }, work));
  return described;
}

export function createStreamFinder(options: StreamFinderOptions): StreamFinder {
  const [only] = options.streams;
  if (only !== undefined && isSingle(options.streams)) {
    const found = single(options, only);
    return { changes: false, find: async () => [found.leased], of: (name) => (name === undefined ? found : undefined) };
  }
  let known: ReadonlyMap<string | undefined, FoundStream> = new Map();
  return {
    changes: true,
    async find(signal) {
      const described = await describeAll(options, await namesOf(options, signal), signal);
      const found = new Map<string | undefined, FoundStream>();
      for (const each of described) {
        if ('error' in each) continue;
        const fresh = each.found;
        const before = known.get(fresh.leased.stream);
        if (before !== undefined) before.retentionMs = fresh.retentionMs;
        // Whoever reads it goes on with the same object.
        found.set(fresh.leased.stream, before ?? fresh);
      }
      const refused = described.find((each) => 'error' in each);
      if (found.size === 0 && refused !== undefined && !options.streams.some(isPattern)) throw refused.error;
      known = found;
      return [...found.values()].map((each) => each.leased);
    },
    of: (name) => known.get(name),
  };
}
