// What a world has beside those of bare coordinators: the stream with its producer, the way to it, and what processors did. It draws
// nothing.
import type { StreamService } from '@shardfold/consumer';
import { memoryKinesis } from '@shardfold/consumer/testing';
import type { LeaseStore } from '@shardfold/lease';
import type { Chance } from '../chance.ts';
import { givesUp } from '../invariants/fence-watch.ts';
import type { WireChanges } from '../network.ts';
import { createWorld, type World } from '../world.ts';
import { createDeliveryWatch, type DeliveryWatch } from './delivery-watch.ts';
import type { SimProcessor } from './processor.ts';
import { type Producer, startProducer } from './producer.ts';
import type { StreamNetwork } from './service.ts';
import type { ConsumerSettings } from './settings.ts';
import { type ConsumerStream, createConsumerStream } from './stream.ts';
import { type ConsumerWorker, startConsumer } from './worker.ts';

/** Changes made to the code under test from outside, to see whether anybody notices. */
export interface ConsumerChanges extends WireChanges {
  readonly store?: (store: LeaseStore) => LeaseStore;
  readonly service?: (service: StreamService) => StreamService;
  readonly processor?: (processor: SimProcessor) => SimProcessor;
}

export interface ConsumerWorld {
  readonly settings: ConsumerSettings;
  readonly changes: ConsumerChanges;
  readonly world: World;
  readonly stream: ConsumerStream;
  readonly streamNetwork: StreamNetwork;
  readonly delivery: DeliveryWatch;
  readonly producer: Producer;
  readonly clocks: Chance;
  /** Every incarnation there ever was. */
  readonly workers: ConsumerWorker[];
  /** Nothing befalls anybody any more: processors work. */
  healed: boolean;
  /** Bytes of the largest page that anybody got. */
  largestAnswer: number;
}

const streamName = 'orders';
const epochMs = 1_600_000_000_000;
/** Clocks are set every two seconds, and drift in between. */
const driftMs = 2_500;

export function createConsumerWorld(settings: ConsumerSettings, changes: ConsumerChanges): ConsumerWorld {
  let stream: ConsumerStream | undefined;
  let clocks: Chance | undefined;
  const workers: ConsumerWorker[] = [];
  const wallErrorMs = settings.clockErrorMs + settings.drift * driftMs;
  const world = createWorld({
    settings,
    changes,
    inhabitants: {
      stream({ shards }, chance, time) {
        clocks = chance;
        const kinesis = memoryKinesis({ clock: { wallMs: () => epochMs + time.nowMs() }, ...settings.kinesis });
        const leavesOut = settings.consumer.outsideShard === 'drop';
        stream = createConsumerStream({ kinesis, name: streamName, shards, epochMs, clockErrorMs: wallErrorMs, leavesOut, nowMs: time.nowMs });
        return stream;
      },
      wallMs: (chance, nowMs) => epochMs + nowMs + chance.between(-1, 1) * settings.clockErrorMs,
      start(_world, newcomer) {
        const worker = startConsumer(life.world, life, newcomer);
        workers.push(worker);
        return worker;
      },
      sending(worker, key, operation) {
        if (givesUp.has(operation)) life.delivery.leaving(worker, key);
      },
    },
  });
  if (stream === undefined || clocks === undefined) throw new Error('The world made no stream.');
  const { ledger, fail, time } = world;
  const life: ConsumerWorld = {
    settings,
    changes,
    world,
    stream,
    clocks,
    streamNetwork: { weather: settings.streamWeather, throttled: { probability: 0, untilMs: -1 }, maxListingLagMs: settings.maxListingLagMs },
    delivery: createDeliveryWatch({
      stream,
      ledger,
      fromTheLatest: settings.start === 'latest',
      maxInFlight: settings.consumer.maxInFlight,
      fail,
    }),
    producer: startProducer({
      stream,
      time,
      chance: world.chance.fork(),
      puts: settings.puts,
      onPut(records) {
        for (const { leftOut, shardId, number } of records) if (leftOut) ledger.done(shardId, number - 1, number);
      },
    }),
    workers,
    healed: false,
    largestAnswer: 0,
  };
  return life;
}
