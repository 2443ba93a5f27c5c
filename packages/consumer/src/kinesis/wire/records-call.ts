// The GetRecords call: CBOR over the SDK's client, payloads as slices of the answer; JSON instead, where an endpoint answers CBOR
// badly. It decides which encoding a client speaks, and knows no pace, no retries and no iterator's beginning.
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { createRoute, type Route, systemMachine } from '@shardfold/lease';
import { ConsumerError } from '../../errors.ts';
import type { Page } from '../../source/service.ts';
import type { ShardRef } from '../../types.ts';
import { type AnswerMemory, createAnswerMemory } from './answer-memory.ts';
import { BodyError } from './body.ts';
import { CborError } from './cbor.ts';
import { parseCborAnswer } from './cbor-answer.ts';
import { exchange, type Question, type Wire, WireRefused } from './exchange.ts';
import { JsonError, parseJsonAnswer } from './json-answer.ts';

export interface RecordsCallOptions {
  /** Awaited before an answer is parsed: 10 MB are some milliseconds of work. */
  readonly turn?: () => Promise<void>;
  /** Told once, when the client has changed to JSON for good. `why` says what is wrong with the endpoint's CBOR. */
  onFallback?(why: string): void;
}

/** @param limit of records, at most 10,000 */
export type RecordsCall = (shard: ShardRef, iterator: string, limit: number, signal: AbortSignal) => Promise<Page>;

function unreadable(shard: ShardRef, what: string, cause: Error): ConsumerError {
  return new ConsumerError(
    'STREAM_UNREACHABLE',
    `An answer about shard ${shard.shardId} of stream ${shard.stream} cannot be read: ${what}. Nothing of it is used, and it is asked for again. If this goes on, look at the network and at what stands between here and the endpoint.`,
    { retryable: true, cause },
  );
}

/** Parsed within a fraction of a millisecond. */
const quickBytes = 256 * 1024;

interface Channel {
  readonly client: KinesisClient;
  readonly route: Route;
  readonly memory: AnswerMemory;
  readonly turn: () => Promise<void>;
}

/** The page's bytes are used again once it is let go. */
function lent(page: Page, body: Buffer, memory: AnswerMemory): Page {
  let isFree = false;
  const own = {
    ...page,
    free() {
      if (isFree) return;
      isFree = true;
      page.free();
      own.records = page.records;
      memory.give(body);
    },
  };
  return own;
}

async function ask(channel: Channel, wire: Wire, shard: ShardRef, question: Question, signal: AbortSignal): Promise<Page> {
  const { body, isWhole } = await exchange(channel, wire, question, signal);
  if (body.length > quickBytes) await channel.turn();
  try {
    if (wire === 'cbor') return lent(parseCborAnswer(shard, body), body, channel.memory);
    const page = parseJsonAnswer(shard, body);
    // Its payloads are texts of their own.
    channel.memory.give(body);
    return page;
  } catch (error) {
    channel.memory.give(body);
    // Bytes that end too soon may have been cut on their way, unless all came that were sent: then it is the encoder.
    if (error instanceof CborError && (isWhole || !error.early)) throw new WireRefused(`its answer is not good CBOR: ${error.message}`, { cause: error });
    throw error;
  }
}

function sorted(error: unknown, shard: ShardRef, signal: AbortSignal): unknown {
  signal.throwIfAborted();
  if (error instanceof BodyError) return unreadable(shard, `its body ${error.message}`, error);
  if (error instanceof CborError || error instanceof JsonError) return unreadable(shard, error.message, error);
  return error;
}

/**
 * Reads pages through this client. Throws what the SDK throws, the signal's reason, or a `ConsumerError` that is retryable for an
 * answer that is broken; never gives a part of an answer.
 */
export function createRecordsCall(client: KinesisClient, options: RecordsCallOptions = {}): RecordsCall {
  const channel: Channel = {
    client,
    route: createRoute(client, systemMachine.clock),
    memory: createAnswerMemory(),
    turn: options.turn ?? (async () => undefined),
  };
  let wire: Wire = 'cbor';

  /** Changes over only when JSON is answered: whatever else was wrong may pass. */
  async function askInJson(refused: WireRefused, shard: ShardRef, question: Question, signal: AbortSignal): Promise<Page> {
    const page = await ask(channel, 'json', shard, question, signal);
    if (wire === 'cbor') {
      wire = 'json';
      options.onFallback?.(`The endpoint does not speak CBOR: ${refused.message}. GetRecords goes on in JSON, which costs more CPU.`);
    }
    return page;
  }

  return async (shard, iterator, limit, signal) => {
    const question = { iterator, limit };
    try {
      return await ask(channel, wire, shard, question, signal).catch((error: unknown) => {
        if (!(error instanceof WireRefused)) throw error;
        signal.throwIfAborted();
        return askInJson(error, shard, question, signal);
      });
    } catch (error) {
      throw sorted(error, shard, signal);
    }
  };
}
