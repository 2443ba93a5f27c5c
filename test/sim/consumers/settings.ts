// What a world of whole consumers is like: its stream, its processors, its options, all drawn from the seed. It starts nothing.
import { leaseTimes } from '@shardfold/consumer';
import { type Chance, chanceFrom } from '../chance.ts';
import { type Accidents, drawWeather, quiet, type Settings } from '../settings.ts';

/** Probabilities of what may befall one call to the stream, beside what befalls every call. */
export interface StreamWeather {
  readonly loseRequest: number;
  readonly loseAnswer: number;
  readonly delay: number;
  readonly maxDelayMs: number;
  readonly minLatencyMs: number;
  readonly maxLatencyMs: number;
  /** Of the pages: refused, because the iterator is too old. */
  readonly expire: number;
  /** ... with a few records only, though there are more. */
  readonly short: number;
  /** ... without any record, and with a continuation. */
  readonly empty: number;
  /** ... the next begins with the same records again. */
  readonly repeat: number;
}

export interface ProcessorHabits {
  /** How long a batch takes on average. */
  readonly workMs: number;
  /** Of the calls: rejected at their end. */
  readonly reject: number;
  /** ... thrown at once, without a promise. */
  readonly throwAtOnce: number;
  /** ... some records are acknowledged one by one first, in any order. */
  readonly single: number;
  /** ... a checkpoint at some record in between. */
  readonly checkpoint: number;
  /** ... nothing comes of them until the lease is lost. */
  readonly hang: number;
  /** ... the loss of the lease is not heeded. */
  readonly deaf: number;
  /** Of the records: each batch with one of these fails, for a while or, where the policy hands them over, for ever. */
  readonly poison: number;
  /** Of the hand-overs: rejected. */
  readonly refuse: number;
}

export interface Puts {
  /** Mean time between two bursts. */
  readonly everyMs: number;
  readonly maxBurst: number;
  /** Of the puts, how many are aggregates. */
  readonly aggregated: number;
  readonly maxCarried: number;
  /** How long an aggregate that is made waits to be put. */
  readonly maxHeldMs: number;
  readonly bytes: readonly [number, number];
}

export interface ConsumerChoices {
  readonly maxInFlight: number;
  readonly failure: 'retry' | 'bisect' | 'hand-over';
  readonly attempts: number;
  readonly checkpoint: { readonly intervalMs: number; readonly records: number };
  readonly pollIntervalMs: number;
  readonly bufferBytes: number;
  readonly outsideShard: 'deliver' | 'drop';
  readonly limits: 'aws' | 'none';
}

export interface ConsumerSettings extends Settings {
  readonly consumer: ConsumerChoices;
  readonly processor: ProcessorHabits;
  readonly puts: Puts;
  readonly streamWeather: StreamWeather;
  readonly kinesis: { readonly namesChildren: boolean; readonly endsEmpty: boolean; readonly limits: 'aws' | 'none' };
  /** How wrong the wall clock of a machine may be. */
  readonly clockErrorMs: number;
  /** How long there has been a stream when the fleet starts; and with `at-timestamp`, the time in it at which that begins. */
  readonly historyMs: number;
  readonly startMs: number;
}

export const calmStream: StreamWeather = {
  loseRequest: 0,
  loseAnswer: 0,
  delay: 0,
  maxDelayMs: 0,
  minLatencyMs: 4,
  maxLatencyMs: 20,
  expire: 0,
  short: 0,
  empty: 0,
  repeat: 0,
};

export const obedient: ProcessorHabits = { workMs: 50, reject: 0, throwAtOnce: 0, single: 0, checkpoint: 0, hang: 0, deaf: 0, poison: 0, refuse: 0 };

/** Consumers to which nothing happens. */
export const quietConsumers: ConsumerSettings = {
  ...quiet,
  shards: 3,
  times: leaseTimes(4_000),
  shardSyncIntervalMs: 5_000,
  drainTimeoutMs: 5_000,
  consumer: {
    maxInFlight: 1,
    failure: 'retry',
    attempts: 3,
    checkpoint: { intervalMs: 2_000, records: 1_000 },
    pollIntervalMs: 1_000,
    bufferBytes: 1_000_000,
    outsideShard: 'deliver',
    limits: 'aws',
  },
  processor: obedient,
  puts: { everyMs: 1_000, maxBurst: 8, aggregated: 0, maxCarried: 1, maxHeldMs: 0, bytes: [20, 200] },
  streamWeather: calmStream,
  kinesis: { namesChildren: true, endsEmpty: false, limits: 'none' },
  clockErrorMs: 0,
  historyMs: 0,
  startMs: 0,
};

/** A reader that goes on after a time counts on clocks that differ by less than this. */
const maxClockErrorMs = 2_000;

function drawStreamWeather(chance: Chance, durationMs: number, wildness: number): StreamWeather {
  const some = (most: number): number => (chance.hits(0.5) ? chance.between(0, most) * wildness : 0);
  return {
    loseRequest: some(0.1),
    loseAnswer: some(0.1),
    delay: some(0.08),
    maxDelayMs: durationMs * chance.between(0.1, 2),
    minLatencyMs: 2,
    maxLatencyMs: chance.pick([10, 40, 150]) ?? 10,
    expire: some(0.15),
    short: some(0.4),
    empty: some(0.2),
    repeat: some(0.15),
  };
}

function drawHabits(chance: Chance, wildness: number): ProcessorHabits {
  const some = (most: number): number => (chance.hits(0.5) ? chance.between(0, most) * wildness : 0);
  return {
    workMs: chance.pick([5, 50, 300, 1_500]) ?? 50,
    reject: some(0.4),
    throwAtOnce: some(0.1),
    single: some(0.9),
    checkpoint: some(0.4),
    hang: some(0.03),
    deaf: some(0.6),
    poison: some(0.02),
    refuse: some(0.5),
  };
}

function drawAccidents(chance: Chance, wildness: number): Accidents {
  const some = (probability: number, fastestMs: number): number =>
    chance.hits(probability * wildness) ? fastestMs * chance.between(1, 3) : Number.POSITIVE_INFINITY;
  const storm = chance.hits(0.4) ? 1_500 : 8_000;
  return {
    crash: some(0.7, 10_000),
    restart: some(0.95, 4_000),
    pause: some(0.7, 8_000),
    suspend: some(0.3, 20_000),
    cut: some(0.5, 10_000),
    blind: some(0.5, 8_000),
    throttle: some(0.5, 8_000),
    throttleStream: some(0.5, 8_000),
    stop: some(0.7, 8_000),
    join: some(0.8, 6_000),
    split: some(0.8, storm),
    merge: some(0.7, storm),
    forget: some(0.3, 6_000),
    outage: some(0.6, 8_000),
    ambush: some(0.8, 4_000),
  };
}

function drawConsumer(chance: Chance): ConsumerChoices {
  return {
    maxInFlight: chance.pick([1, 1, 2, 3, 4]) ?? 1,
    failure: chance.pick(['retry', 'retry', 'bisect', 'hand-over'] as const) ?? 'retry',
    attempts: chance.whole(1, 4),
    checkpoint: { intervalMs: chance.pick([500, 2_000, 5_000]) ?? 2_000, records: chance.pick([10, 1_000]) ?? 1_000 },
    pollIntervalMs: chance.pick([300, 1_000, 2_000]) ?? 1_000,
    bufferBytes: chance.pick([3_000, 30_000, 300_000]) ?? 30_000,
    outsideShard: chance.pick(['deliver', 'drop'] as const) ?? 'deliver',
    limits: chance.hits(0.8) ? 'aws' : 'none',
  };
}

function drawPuts(chance: Chance): Puts {
  return {
    everyMs: chance.pick([400, 1_500, 4_000]) ?? 1_500,
    maxBurst: chance.pick([3, 10, 20]) ?? 10,
    aggregated: chance.pick([0, 0.4, 0.9]) ?? 0,
    maxCarried: chance.pick([3, 12]) ?? 3,
    maxHeldMs: chance.pick([0, 2_000]) ?? 0,
    bytes: [20, chance.pick([60, 400, 3_000]) ?? 60],
  };
}

/** The world of a seed. */
export function drawConsumerSettings(seed: number): ConsumerSettings {
  const chance = chanceFrom(seed);
  const wildness = chance.pick([0, 0.4, 0.8, 1, 1, 1]) ?? 1;
  const times = leaseTimes(chance.pick([3_000, 5_000, 10_000]) ?? 5_000);
  const workers = chance.whole(2, 4);
  const start = chance.pick(['trim-horizon', 'trim-horizon', 'latest', 'at-timestamp'] as const) ?? 'trim-horizon';
  const historyMs = start === 'trim-horizon' ? 0 : chance.between(2_000, 10_000);
  const processor = drawHabits(chance, wildness);
  return {
    ...quiet,
    seed,
    workers,
    shards: chance.whole(1, 4),
    times,
    drift: chance.hits(0.5) ? ((times.durationMs - times.fenceMs) / (times.durationMs + times.fenceMs)) * 0.98 : 0,
    maxPerWorker: 1_000,
    shardSyncIntervalMs: chance.pick([3_000, 10_000, 60_000]) ?? 10_000,
    drainTimeoutMs: chance.pick([1_000, 5_000, 20_000]) ?? 5_000,
    start,
    maxListingLagMs: chance.hits(0.5) ? 4_000 : 0,
    weather: drawWeather(chance, times.durationMs, wildness),
    reader: { ...quiet.reader, workMs: processor.workMs },
    accidents: drawAccidents(chance, wildness),
    wildMs: chance.between(40_000, 80_000),
    consumer: drawConsumer(chance),
    processor,
    puts: drawPuts(chance),
    streamWeather: drawStreamWeather(chance, times.durationMs, wildness),
    kinesis: { namesChildren: chance.hits(0.6), endsEmpty: chance.hits(0.3), limits: chance.hits(0.5) ? 'aws' : 'none' },
    clockErrorMs: chance.hits(0.5) ? maxClockErrorMs : 0,
    historyMs,
    startMs: historyMs * chance.between(0.2, 0.9),
  };
}
