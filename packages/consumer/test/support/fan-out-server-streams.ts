// Streams of a Kinesis in memory behind a fan-out server: each page that a service gives becomes an event, and what it throws
// becomes what a subscription comes to. It knows no test.
import { ConsumerError } from '../../src/errors.ts';
import type { StartAt, StreamService } from '../../src/source/service.ts';
import type { ShardRef } from '../../src/types.ts';
import type { FanOutServer, ServedSubscription } from './fan-out-server.ts';
import type { ServedEvent } from './fan-out-server-frames.ts';

/** So that what a law puts comes in several events. */
const recordsPerEvent = 25;
const recordsPerPageMax = 10_000;

export interface ServedStreams {
  /** Something was put or closed: subscriptions that are at the tip look again. */
  changed(): void;
  stop(): void;
}

interface StartingPosition {
  readonly Type: string;
  readonly SequenceNumber?: string;
  readonly Timestamp?: number;
}

/** Of the last record there is. */
async function lastSequence(service: StreamService, shard: ShardRef, signal: AbortSignal): Promise<string | undefined> {
  let last: string | undefined;
  for (let next: string | undefined = await service.iterator(shard, { kind: 'trim-horizon' }, signal); next !== undefined; ) {
    const page = await service.page(shard, next, recordsPerPageMax, signal);
    last = page.records.at(-1)?.sequence ?? last;
    next = page.records.length === 0 ? undefined : page.next;
  }
  return last;
}

/** Where a subscription begins; the latest is a place like any other, so that its continuation can be told. */
async function startOf({ Type, SequenceNumber = '', Timestamp = 0 }: StartingPosition, latest: () => Promise<string | undefined>): Promise<StartAt> {
  if (Type === 'AT_SEQUENCE_NUMBER') return { kind: 'at-sequence', sequence: SequenceNumber };
  if (Type === 'AFTER_SEQUENCE_NUMBER') return { kind: 'after-sequence', sequence: SequenceNumber };
  if (Type === 'AT_TIMESTAMP') return { kind: 'timestamp', atMs: Timestamp * 1_000 };
  const sequence = Type === 'LATEST' ? await latest() : undefined;
  return sequence === undefined ? { kind: 'trim-horizon' } : { kind: 'after-sequence', sequence };
}

function break_(subscription: ServedSubscription, error: unknown): void {
  const code = error instanceof ConsumerError ? error.code : undefined;
  if (code === 'STREAM_THROTTLED') subscription.exception('KMSThrottlingException');
  else if (code === 'ITERATOR_EXPIRED') subscription.end();
  else subscription.reset();
}

/** @param plain never disturbed  @param service gives the pages, or disturbs them */
export function serveStreams(server: FanOutServer, plain: StreamService, service: StreamService): ServedStreams {
  const stop = new AbortController();
  let change = Promise.withResolvers<void>();

  async function send(subscription: ServedSubscription): Promise<void> {
    const { ConsumerARN: arn, ShardId: shardId } = subscription.input;
    const shard = { stream: String(arn).split('/')[1] ?? '', shardId: String(shardId), key: String(shardId) };
    const from = await startOf(subscription.input.StartingPosition as StartingPosition, () => lastSequence(plain, shard, stop.signal));
    let continuation = from.kind === 'after-sequence' || from.kind === 'at-sequence' ? from.sequence : undefined;
    let iterator = await plain.iterator(shard, from, stop.signal);
    subscription.accept();
    for (;;) {
      const changed = change.promise;
      const page = await service.page(shard, iterator, recordsPerEvent, stop.signal);
      continuation = page.records.at(-1)?.sequence ?? continuation;
      const event: ServedEvent = {
        records: page.records.map((record) => ({ ...record, sequence: record.sequence, payload: record.bytes(), arrivalMs: record.arrivalMs })),
        behindLatestMs: page.behindLatestMs,
        ...(page.next === undefined || continuation === undefined ? {} : { continuation }),
        ...(page.children === undefined ? {} : { children: page.children }),
      };
      subscription.send(event);
      if (page.next === undefined) return subscription.end();
      iterator = page.next;
      if (page.records.length === 0 && page.behindLatestMs === 0) await Promise.race([changed, subscription.closed]);
      if (subscription.isClosed()) return;
    }
  }

  async function serve(): Promise<void> {
    while (!stop.signal.aborted) {
      const subscription = await server.subscription();
      send(subscription).catch((error: unknown) => break_(subscription, error));
    }
  }

  void serve();
  return {
    changed() {
      change.resolve();
      change = Promise.withResolvers();
    },
    stop: () => stop.abort(new Error('the server stops')),
  };
}
