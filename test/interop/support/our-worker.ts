// A consumer of ours in this process, and what it got. It knows no scenario.
import { type ConsumerEvent, createConsumer } from '@shardfold/consumer';

export interface OurOptions {
  readonly worker: string;
  readonly application: string;
  readonly stream: string;
  readonly kinesisUrl: string;
  readonly dynamoUrl: string;
  readonly durationMs: number;
  /** No batch counts as processed before it resolves. */
  readonly gate?: Promise<void>;
}

export interface Processed {
  readonly shard: string;
  readonly data: string;
}

export interface OurWorker {
  readonly name: string;
  readonly processed: readonly Processed[];
  readonly events: readonly ConsumerEvent[];
  /** Shard ids of the leases it holds. */
  held(): readonly string[];
  /** What ended its run, if not a stop. */
  failure(): unknown;
  stop(): Promise<{ readonly clean: boolean }>;
}

const pollIntervalMs = 300;

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function startOurWorker({ worker, application, stream, kinesisUrl, dynamoUrl, durationMs, gate }: OurOptions): OurWorker {
  const processed: Processed[] = [];
  const events: ConsumerEvent[] = [];
  const consumer = createConsumer({
    application,
    streams: [stream],
    start: { kind: 'trim-horizon' },
    worker,
    kinesis: { endpoint: kinesisUrl, region: 'us-east-1' },
    dynamodb: { endpoint: dynamoUrl, region: 'us-east-1' },
    lease: { durationMs },
    pollIntervalMs,
    limits: 'none',
    processor: {
      async process(batch, { lost }) {
        if (gate !== undefined) await Promise.race([gate, aborted(lost)]);
        lost.throwIfAborted();
        processed.push(...batch.records.map((record) => ({ shard: record.shard.shardId, data: record.text() })));
      },
    },
    onEvent: (event) => void events.push(event),
  });
  let failure: unknown;
  const ended = consumer.run().catch((error: unknown) => {
    failure = error;
  });
  return {
    name: worker,
    processed,
    events,
    held: () => consumer.status().shards.flatMap((each) => (each.held ? [each.shard.shardId] : [])),
    failure: () => failure,
    async stop() {
      const stopped = await consumer.stop();
      await ended;
      return stopped;
    },
  };
}
