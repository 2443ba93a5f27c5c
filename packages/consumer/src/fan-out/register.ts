// Finds or registers the consumer by which an application reads a stream, once for all of its workers. It subscribes to nothing.
import { createHash } from 'node:crypto';
import { type Consumer, DescribeStreamConsumerCommand, type KinesisClient, RegisterStreamConsumerCommand } from '@aws-sdk/client-kinesis';
import type { Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { sortKinesisError } from '../kinesis/errors.ts';
import { patiently } from '../source/asking.ts';
import type { StreamService } from '../source/service.ts';
import type { ConsumerEvent } from '../types.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { refusalOf, refused } from './refusal.ts';

export interface RegistryParts {
  readonly client: KinesisClient;
  /** As which the application reads; see `consumerNameOf`. */
  readonly consumerName: string;
  readonly machine: Machine;
  /** Knows a stream's ARN. */
  readonly service: Pick<StreamService, 'describe'>;
  onEvent(event: ConsumerEvent): void;
}

export interface ConsumerRegistry {
  /**
   * The ARN of the application's consumer of that stream, once it is ACTIVE; asked for once a process. `stale`: an ARN of before
   * that the service does not know any more.
   */
  consumerArn(stream: string, signal: AbortSignal, stale?: string): Promise<string>;
}

const nameLengthMax = 128;
const hashLength = 8;
/** A refused registration is tried so often: the limit of consumers that are being created passes, the one of consumers does not. */
const limitTriesMax = 5;

/** What a consumer may be called. A name that had to be changed gets a hash, so that two applications never share a consumer. */
export function consumerNameOf(application: string): string {
  const legal = application.replace(/[^a-zA-Z0-9_.-]/g, '-');
  if (legal === application && legal.length > 0 && legal.length <= nameLengthMax) return legal;
  const hash = createHash('sha256').update(application).digest('hex').slice(0, hashLength);
  return `${legal.slice(0, nameLengthMax - hashLength - 1)}-${hash}`;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

interface Asking {
  readonly parts: RegistryParts;
  readonly stream: string;
  readonly streamArn: string;
  limitTries: number;
}

function sorted({ stream }: Asking, error: unknown): ConsumerError {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (nameOf(error) === 'ValidationException' || nameOf(error) === 'InvalidArgumentException')
    return refused(stream, said, 'Give the application a name of letters, digits, dots, dashes and underscores, or read by polling.', error);
  return refusalOf(error, stream) ?? sortKinesisError(error, stream);
}

/** What the stream has of that name; undefined: nothing. */
async function described(asking: Asking, signal: AbortSignal): Promise<Consumer | undefined> {
  try {
    const request = { StreamARN: asking.streamArn, ConsumerName: asking.parts.consumerName };
    return (await asking.parts.client.send(new DescribeStreamConsumerCommand(request), { abortSignal: signal })).ConsumerDescription;
  } catch (error) {
    signal.throwIfAborted();
    if (nameOf(error) === 'ResourceNotFoundException') return undefined;
    throw sorted(asking, error);
  }
}

/** That another worker was faster (ResourceInUseException) is as retryable as trouble is: the next look finds its consumer. */
async function registered(asking: Asking, signal: AbortSignal): Promise<Consumer | undefined> {
  try {
    const request = { StreamARN: asking.streamArn, ConsumerName: asking.parts.consumerName };
    return (await asking.parts.client.send(new RegisterStreamConsumerCommand(request), { abortSignal: signal })).Consumer;
  } catch (error) {
    signal.throwIfAborted();
    if (nameOf(error) !== 'LimitExceededException') throw sorted(asking, error);
    asking.limitTries += 1;
    if (asking.limitTries < limitTriesMax) throw sorted(asking, error);
    throw refused(
      asking.stream,
      `${nameOf(error)}: ${(error as Error).message}`,
      'A stream takes 20 consumers: deregister one that nobody reads by, or read by polling.',
      error,
    );
  }
}

/** One look, and one registration if it is needed. Throws a retryable error until the consumer can be used. */
async function activeArn(asking: Asking, signal: AbortSignal): Promise<string> {
  const consumer = (await described(asking, signal)) ?? (await registered(asking, signal));
  if (consumer?.ConsumerStatus === 'ACTIVE' && consumer.ConsumerARN !== undefined) return consumer.ConsumerARN;
  throw new ConsumerError(
    'STREAM_UNREACHABLE',
    `Consumer ${asking.parts.consumerName} of stream ${asking.stream} is not ready yet (${consumer?.ConsumerStatus}). It is looked at again.`,
    {
      retryable: true,
    },
  );
}

async function ask(parts: RegistryParts, stream: string, signal: AbortSignal): Promise<string> {
  const waiting = { stream, machine: parts.machine, onEvent: parts.onEvent };
  const { arn: streamArn } = await patiently(waiting, signal, () => parts.service.describe(stream, signal));
  const asking: Asking = { parts, stream, streamArn, limitTries: 0 };
  return patiently(waiting, signal, () => activeArn(asking, signal));
}

/**
 * Registers at most one consumer a stream, and never deregisters one: another worker may be reading by it, and each hour of a
 * consumer's life is paid for, so a person takes it away (`aws kinesis deregister-stream-consumer`).
 * Throws `ConsumerError` FAN_OUT_REFUSED where fan-out cannot be had, which polling makes up for; what `sortKinesisError` does not
 * call retryable; and the signal's reason. Everything else is asked again, with events of the kind `listing-failed`.
 */
export function createConsumerRegistry(parts: RegistryParts): ConsumerRegistry {
  const known = new Map<string, string>();
  const asked = new Map<string, { readonly arn: Promise<string>; readonly signal: AbortSignal }>();

  async function lookUp(stream: string, signal: AbortSignal): Promise<string> {
    const arn = ask(parts, stream, signal);
    asked.set(stream, { arn, signal });
    try {
      const found = await arn;
      known.set(stream, found);
      return found;
    } finally {
      asked.delete(stream);
    }
  }

  return {
    async consumerArn(stream, signal, stale) {
      for (;;) {
        const arn = known.get(stream);
        if (arn !== undefined && arn !== stale) return arn;
        const other = asked.get(stream);
        if (other === undefined) return lookUp(stream, signal);
        try {
          return await unlessAborted(other.arn, signal);
        } catch (error) {
          // Whoever asked was stopped: somebody else asks.
          if (signal.aborted || !other.signal.aborted) throw error;
        }
      }
    },
  };
}
