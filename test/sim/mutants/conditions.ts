// One mutant for each part of each condition that the writes of `dynamodb/writes` have. Parts that guard against the same thing
// are taken away together; which parts nothing can notice, and why, is in `README.md`.
import type { Weather } from '../network.ts';
import { java, late, type Mutant, moving, type Pointed, pairs, resharding, standing, without } from './mutant.ts';

const counter = 'leaseCounter = :c';
const owner = 'leaseOwner = :me';
const unpaired = 'attribute_not_exists(checkpointOwner)';

/** Finished rows are removed after minutes; every way is long, so that much happens between a look and what follows from it. */
const old: Pointed = {
  settings: {
    wildMs: 900_000,
    recordsPerSecond: [0.5, 1],
    workers: 2,
    shards: 3,
    times: { durationMs: 20_000, fenceMs: 17_000, renewIntervalMs: 8_000, requestTimeoutMs: 4_000 },
  },
  reader: { pauseMs: 4_000, checkpointEveryMs: 8_000 },
  weather: { minLatencyMs: 500, maxLatencyMs: 1_900, loseAnswer: 0, delay: 0, duplicate: 0 },
};

/** So late that the worker has been fenced and holds the lease again. */
const tooLate: Partial<Weather> = { duplicate: 0.6, maxDuplicateAfterMs: 12_000, loseAnswer: 0.15 };

const held = ['renew', 'checkpoint', 'release', 'finish', 'transfer', 'accept'] as const;
const worldOf: Readonly<Record<(typeof held)[number], Pointed>> = {
  renew: { accidents: standing, weather: late },
  checkpoint: { accidents: standing, weather: late },
  release: { accidents: { join: 2_000, stop: 2_000 }, weather: tooLate, settings: { workers: 2, shards: 2 }, reader: { workMs: 2_000 } },
  finish: { accidents: { split: 1_500, merge: 1_500, cut: 3_000 }, weather: tooLate, settings: { workers: 1, shards: 8 } },
  transfer: { accidents: { join: 2_000, crash: 3_000, cut: 4_000 }, weather: tooLate, settings: { workers: 2 } },
  accept: { accidents: moving, weather: late },
};

const requests: readonly Mutant[] = [
  {
    name: 'request: sfHolder = :asked',
    changes: without('request', 'sfHolder = :asked'),
    world: { accidents: { crash: 4_000, restart: 1_500, join: 8_000 }, weather: late },
  },
  {
    name: 'request: leaseOwner = :owner and sfCounter = leaseCounter',
    changes: without('request', 'leaseOwner = :owner', 'sfCounter = leaseCounter'),
    world: { accidents: { ...moving, ...java } },
  },
  {
    name: `request: leaseOwner = :owner and ${unpaired}`,
    changes: without('request', 'leaseOwner = :owner', unpaired),
    world: { accidents: { ...moving, ...pairs } },
  },
  {
    name: 'request: nobody else has asked',
    changes: without('request', '(attribute_not_exists(sfAsked) OR sfAsked <> :asked)'),
    world: { accidents: { join: 3_000, stop: 8_000 }, reader: { workMs: 1_000 } },
  },
  {
    name: 'cancel: sfNextHolder = :inc',
    changes: without('cancel', 'sfNextHolder = :inc'),
    world: { accidents: { join: 1_500, stop: 2_000 }, weather: tooLate, reader: { workMs: 2_000 } },
  },
];

const rows: readonly Mutant[] = [
  { name: 'create: attribute_not_exists(leaseKey)', changes: without('create', 'attribute_not_exists(leaseKey)'), world: { weather: late } },
  { name: `disown: ${counter}`, changes: without('disown', counter), world: { accidents: { ...java, ...resharding, ...standing } } },
  {
    name: `remove: ${counter} and attribute_not_exists(leaseOwner)`,
    changes: without('remove', counter, 'attribute_not_exists(leaseOwner)'),
    world: { ...old, accidents: { split: 20_000, merge: 20_000, javaJoin: 450_000 } },
  },
  {
    name: 'ring: attribute_exists(leaseKey)',
    changes: without('ring', 'attribute_exists(leaseKey)'),
    world: { ...old, accidents: { split: 15_000, merge: 15_000 } },
  },
];

export const conditionMutants: readonly Mutant[] = [
  { name: `take: ${counter}`, changes: without('take', counter), world: { accidents: { ...moving, ...standing }, weather: late } },
  ...held
    .filter((operation) => operation !== 'transfer')
    .map((operation) => ({ name: `${operation}: ${counter}`, changes: without(operation, counter), world: worldOf[operation] })),
  {
    name: `transfer: ${counter} and the request`,
    changes: without('transfer', counter, 'sfNextHolder = :nextInc', 'sfAsked = :inc'),
    world: worldOf.transfer,
  },
  ...(['release', 'finish', 'transfer'] as const).map((operation) => ({
    name: `${operation}: ${owner} and ${unpaired}`,
    changes: without(operation, owner, unpaired),
    world: {
      accidents: { javaJoin: 6_000, javaPair: 700, ...(operation === 'finish' ? resharding : moving) },
      weather: { loseAnswer: 0 },
      reader: { workMs: 1_500 },
    },
  })),
  {
    name: 'transfer: sfNextHolder = :nextInc and sfAsked = :inc',
    changes: without('transfer', 'sfNextHolder = :nextInc', 'sfAsked = :inc'),
    world: { accidents: { join: 2_500, stop: 3_000 }, reader: { workMs: 1_500 } },
  },
  ...requests,
  ...rows,
];
