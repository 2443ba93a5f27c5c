// Enhanced fan-out put together: its client, the consumer's registration, the source. It holds no policy.
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Machine } from '@shardfold/lease';
import type { ByteBudget } from '../memory/byte-budget.ts';
import type { StreamService } from '../source/service.ts';
import type { ConsumerEvent, ShardSource } from '../types.ts';
import { createFanOutClient, type FanOutAccess } from './client.ts';
import { createFanOutSource, type FanOutTimes } from './fan-out-source.ts';
import { consumerNameOf, createConsumerRegistry } from './register.ts';

export interface FanOutParts {
  readonly access: FanOutAccess;
  readonly application: string;
  /** Default: the application's name, made legal. */
  readonly consumerName?: string;
  /** Of the same streams; it stays the caller's. */
  readonly service: Pick<StreamService, 'describe' | 'listShards'>;
  readonly machine: Machine;
  readonly budget: ByteBudget;
  onEvent(event: ConsumerEvent): void;
  readonly times?: Partial<FanOutTimes>;
}

export interface FanOut {
  /**
   * Raw (see `unpack.ts`). The first shard of a stream that is opened registers the consumer; its iterable rejects with
   * FAN_OUT_REFUSED where that cannot be had (see `or-polling.ts`).
   */
  readonly source: ShardSource;
  /** To be called when all readings were stopped. The consumer stays registered. */
  close(): void;
}

export function createFanOut(parts: FanOutParts): FanOut {
  const client: KinesisClient = createFanOutClient(parts.access);
  const { consumerArn } = createConsumerRegistry({ ...parts, client, consumerName: parts.consumerName ?? consumerNameOf(parts.application) });
  return { source: createFanOutSource({ ...parts, client, consumerArn }), close: () => client.destroy() };
}
