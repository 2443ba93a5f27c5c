// Sends a feed's records to a stream at a steady rate until it is told to stop. It makes no records and opens no stream.
import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients } from '../aws/clients.ts';
import { EmbeddedError } from '../errors.ts';
import type { Feed, FeedRecord } from './feed.ts';
import type { FeedMachine } from './ports.ts';

/** PutRecords takes no more; the feed's records are about 1 KB, far from its 5 MiB. */
const maxBatch = 500;
/** Small rates still send this often, so that the records come evenly. */
const tickMs = 50;
const maxRefusals = 100;
const refusedPauseMs = 100;

/** A record as the stream took it. */
export interface SentRecord extends FeedRecord {
  readonly shardId: string;
  readonly sequence: string;
}

export interface FeedCounts {
  readonly sent: number;
  readonly new: number;
  readonly duplicate: number;
  readonly late: number;
  readonly bytes: number;
}

export interface RunFeedOptions {
  readonly url: string;
  readonly stream: string;
  readonly feed: Feed;
  /** `Infinity`: as fast as the server takes them. */
  readonly ratePerSecond: number;
  readonly machine: FeedMachine;
  /** Ends the feed; what was being sent is still sent. */
  readonly signal?: AbortSignal;
  /** Ends the feed after about so many records (those held back come on top). */
  readonly records?: number;
  /** Every record that the stream took, for whoever keeps a history. */
  readonly onSent?: (records: readonly SentRecord[]) => void;
}

/** Resolves at the signal or after `records`, with everything sent, held-back records included. Throws what the client throws. */
export async function runFeed(options: RunFeedOptions): Promise<FeedCounts> {
  const { machine, feed } = options;
  const clients = awsClients(options.url);
  const counts = { sent: 0, new: 0, duplicate: 0, late: 0, bytes: 0 };
  const limit = options.records ?? Number.POSITIVE_INFINITY;
  const startedMs = machine.clock.monotonicMs();
  const send = async (batch: readonly FeedRecord[]) => {
    const sent = await putAll(clients.kinesis, options.stream, batch, machine);
    counts.sent += sent.length;
    for (const record of sent) {
      counts[record.kind] += 1;
      counts.bytes += record.data.length;
    }
    options.onSent?.(sent);
  };
  try {
    while (options.signal?.aborted !== true && counts.sent < limit) {
      const elapsedMs = machine.clock.monotonicMs() - startedMs + tickMs;
      const behind = Math.min((elapsedMs / 1_000) * options.ratePerSecond, limit) - counts.sent;
      const size = Math.min(Math.floor(behind), maxBatch);
      if (size < 1) await machine.timers.sleep(tickMs, options.signal).catch(() => undefined);
      else await send(Array.from({ length: size }, () => feed.next(machine.clock.wallMs())));
    }
    const rest = feed.flush();
    for (let at = 0; at < rest.length; at += maxBatch) await send(rest.slice(at, at + maxBatch));
  } finally {
    clients.destroy();
  }
  return counts;
}

/** Sends a batch, and again what the stream refused of it. */
async function putAll(kinesis: KinesisClient, stream: string, batch: readonly FeedRecord[], machine: FeedMachine): Promise<readonly SentRecord[]> {
  const sent: SentRecord[] = [];
  let left = batch;
  for (let refusals = 0; refusals < maxRefusals; refusals += 1) {
    const Records = left.map((record) => ({ PartitionKey: record.partitionKey, Data: record.data }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
    const refused: FeedRecord[] = [];
    for (const [index, record] of left.entries()) {
      const { SequenceNumber: sequence, ShardId: shardId } = answer.Records?.[index] ?? {};
      if (sequence === undefined || shardId === undefined) refused.push(record);
      else sent.push({ ...record, sequence, shardId });
    }
    if (refused.length === 0) return sent;
    left = refused;
    await machine.timers.sleep(refusedPauseMs);
  }
  throw new EmbeddedError(
    `The stream ${stream} refused ${left.length} records ${maxRefusals} times. The feed has stopped; give the stream more shards, or lower the rate.`,
  );
}
