// What a world is like: its size, its times, its weather and its accidents, all drawn from the seed, so that quiet and wild
// worlds both occur. It starts nothing.
import type { LeaseTimes } from '@shardfold/lease';
import { type Chance, chanceFrom } from './chance.ts';
import type { Weather } from './network.ts';
import type { ReaderHabits } from './reader.ts';

/** Mean times between accidents of each kind, in milliseconds of virtual time; absent: never. */
export interface Accidents {
  readonly crash?: number;
  /** A crashed worker's name comes back with another incarnation. */
  readonly restart?: number;
  readonly pause?: number;
  readonly suspend?: number;
  readonly cut?: number;
  readonly throttle?: number;
  readonly stop?: number;
  readonly join?: number;
  readonly split?: number;
  readonly merge?: number;
  readonly forget?: number;
  readonly jump?: number;
  /** A worker does not reach the stream. */
  readonly blind?: number;
  /** Calls to the stream are throttled. */
  readonly throttleStream?: number;
  /** Whatever the processors of a worker write to does not answer. */
  readonly outage?: number;
  /** Something befalls a worker at the very moment of one of its calls. */
  readonly ambush?: number;
  readonly javaJoin?: number;
  readonly javaStop?: number;
  /** A Java worker starts under the name of one of ours. */
  readonly javaNamesake?: number;
  /** A 3.x leader gives one of our leases to a Java worker by the pair. */
  readonly javaPair?: number;
}

export interface Settings {
  readonly seed: number;
  readonly workers: number;
  readonly shards: number;
  readonly recordsPerSecond: readonly [number, number];
  readonly times: LeaseTimes;
  /** Clocks run at 1 ± this. */
  readonly drift: number;
  readonly maxPerWorker: number;
  readonly joinDelayMs: number;
  readonly shardSyncIntervalMs: number;
  readonly drainTimeoutMs: number;
  readonly start: 'trim-horizon' | 'latest' | 'at-timestamp';
  /** How much later than it happened a reshard shows in listings, at most. */
  readonly maxListingLagMs: number;
  readonly weather: Weather;
  readonly reader: ReaderHabits;
  readonly accidents: Accidents;
  /** How long accidents happen. */
  readonly wildMs: number;
}

export const calm: Weather = {
  minLatencyMs: 4,
  maxLatencyMs: 12,
  loseRequest: 0,
  loseAnswer: 0,
  reset: 0,
  duplicate: 0,
  maxDuplicateAfterMs: 0,
  delay: 0,
  maxDelayMs: 0,
  lag: 0.3,
  maxLagMs: 100,
};

/** A fleet to which nothing happens. */
export const quiet: Settings = {
  seed: 1,
  workers: 3,
  shards: 8,
  recordsPerSecond: [5, 20],
  times: { durationMs: 10_000, fenceMs: 8_500, renewIntervalMs: 5_000, requestTimeoutMs: 1_000 },
  drift: 0,
  maxPerWorker: 1000,
  joinDelayMs: 0,
  shardSyncIntervalMs: 60_000,
  drainTimeoutMs: 30_000,
  start: 'trim-horizon',
  maxListingLagMs: 0,
  weather: calm,
  reader: { pauseMs: 1000, workMs: 200, checkpointEveryMs: 5000, maxBatch: 1000, deaf: 0, bytesPerRecord: 500 },
  accidents: {},
  wildMs: 0,
};

/** Legal ones only: the request that is lost once fences nobody, and fences leave room for clocks that drift. */
function drawTimes(chance: Chance): { readonly times: LeaseTimes; readonly drift: number } {
  const durationMs = Math.round(chance.pick([4_000, 6_000, 10_000, 10_000, 20_000]) ?? 10_000);
  const fenceMs = Math.round(durationMs * chance.between(0.8, 0.9));
  const renewIntervalMs = Math.round(durationMs * chance.between(0.3, 0.5));
  const requestTimeoutMs = Math.round(Math.min((fenceMs - renewIntervalMs) / 2.5, durationMs * chance.between(0.08, 0.12)));
  const maxDrift = (durationMs - fenceMs) / (durationMs + fenceMs);
  return { times: { durationMs, fenceMs, renewIntervalMs, requestTimeoutMs }, drift: chance.hits(0.5) ? maxDrift * 0.98 : 0 };
}

export function drawWeather(chance: Chance, durationMs: number, wildness: number): Weather {
  const some = (most: number): number => (chance.hits(0.6) ? chance.between(0, most) * wildness : 0);
  return {
    minLatencyMs: 2,
    maxLatencyMs: chance.pick([10, 30, 150]) ?? 10,
    loseRequest: some(0.1),
    loseAnswer: some(0.15),
    reset: chance.hits(0.5) ? 0.5 : 0,
    duplicate: some(0.05),
    maxDuplicateAfterMs: durationMs * chance.between(0, 2),
    delay: some(0.08),
    maxDelayMs: durationMs * chance.between(0.1, 2),
    lag: chance.number(),
    maxLagMs: chance.pick([50, 300, 1000]) ?? 50,
  };
}

function drawAccidents(chance: Chance, wildness: number): Accidents {
  const some = (probability: number, fastestMs: number): number =>
    chance.hits(probability * wildness) ? fastestMs * chance.between(1, 4) : Number.POSITIVE_INFINITY;
  const java = chance.hits(0.35);
  return {
    crash: some(0.6, 25_000),
    restart: some(0.8, 10_000),
    pause: some(0.7, 15_000),
    suspend: some(0.25, 40_000),
    cut: some(0.5, 20_000),
    throttle: some(0.5, 15_000),
    stop: some(0.5, 25_000),
    join: some(0.7, 20_000),
    split: some(0.7, 20_000),
    merge: some(0.6, 25_000),
    forget: some(0.5, 20_000),
    jump: some(0.3, 20_000),
    ambush: some(0.8, 8_000),
    javaJoin: java ? some(1, 20_000) : Number.POSITIVE_INFINITY,
    javaStop: java ? some(0.8, 40_000) : Number.POSITIVE_INFINITY,
    javaNamesake: java ? some(0.5, 30_000) : Number.POSITIVE_INFINITY,
    javaPair: java ? some(0.5, 20_000) : Number.POSITIVE_INFINITY,
  };
}

/** One world in so many is large, and one is old. */
const rare = 50;

/** More rows than a small table has: the looks between two scans only ask for the bell. */
function enlarged(settings: Settings): Settings {
  return { ...settings, shards: 110, recordsPerSecond: [0.2, 1], reader: { ...settings.reader, pauseMs: 4_000, checkpointEveryMs: 6_000 }, wildMs: 40_000 };
}

/** Long enough for the rows of finished shards to be removed. */
function aged(settings: Settings): Settings {
  const durationMs = 20_000;
  const times = { durationMs, fenceMs: 17_000, renewIntervalMs: 8_000, requestTimeoutMs: 2_000 };
  const reader = { ...settings.reader, pauseMs: 4_000, checkpointEveryMs: 8_000 };
  const accidents = { ...settings.accidents, split: 25_000, merge: 25_000, forget: 20_000 };
  return { ...settings, times, drift: 0, recordsPerSecond: [0.2, 1], reader, accidents, shards: 3, wildMs: 600_000 };
}

/** The world of a seed. */
export function drawSettings(seed: number): Settings {
  const drawn = drawUsual(seed);
  if (seed % rare === 17) return enlarged(drawn);
  return seed % rare === 42 ? aged(drawn) : drawn;
}

function drawUsual(seed: number): Settings {
  const chance = chanceFrom(seed);
  const wildness = chance.pick([0, 0.3, 0.7, 1, 1]) ?? 1;
  const { times, drift } = drawTimes(chance);
  const workers = chance.whole(2, 5);
  const shards = chance.whole(2, 8);
  return {
    seed,
    workers,
    shards,
    recordsPerSecond: [1, 20],
    times,
    drift,
    maxPerWorker: chance.hits(0.8) ? 1000 : Math.max(2, Math.ceil(shards / workers)),
    shardSyncIntervalMs: chance.pick([5_000, 20_000, 60_000]) ?? 20_000,
    drainTimeoutMs: chance.pick([3_000, 10_000, 30_000]) ?? 10_000,
    start: chance.hits(0.85) ? 'trim-horizon' : 'latest',
    maxListingLagMs: chance.hits(0.5) ? 5_000 : 0,
    weather: drawWeather(chance, times.durationMs, wildness),
    reader: {
      pauseMs: chance.between(500, 2000),
      workMs: chance.pick([50, 300, 2000]) ?? 300,
      checkpointEveryMs: chance.between(1000, 6000),
      // Fast enough for every shard: a reader that falls behind for ever finishes nothing.
      maxBatch: chance.pick([200, 1000]) ?? 200,
      deaf: chance.hits(0.15) ? 0.3 : 0,
      bytesPerRecord: 500,
    },
    accidents: drawAccidents(chance, wildness),
    wildMs: chance.between(45_000, 110_000),
    joinDelayMs: chance.hits(0.3) ? 30_000 : 0,
  };
}
