// Worlds in which one rare thing happens often: each of them once showed a fault that the drawn worlds show in one seed of hundreds.
import { expect, test } from 'vitest';
import { moving, type Pointed, pairs, pointedSettings } from './mutants/mutant.ts';
import { report, runWorld } from './run.ts';

const seeds = 24;

const corners: readonly (readonly [string, Pointed])[] = [
  [
    'a live Java worker holds a child and waits for its parents',
    { accidents: { javaJoin: 6_000, javaStop: 25_000, split: 5_000, merge: 4_000 }, reader: { workMs: 800 } },
  ],
  [
    'a reshard follows the other before anybody has listed the stream',
    { accidents: { split: 3_000, merge: 3_000 }, settings: { shardSyncIntervalMs: 60_000, workers: 2 } },
  ],
  [
    'a row is missing because its creation was lost while its shard was merged',
    { accidents: { merge: 1_000 }, settings: { shards: 10, wildMs: 15_000 }, weather: { loseRequest: 0.3 } },
  ],
  [
    'a worker wakes, and plans with what it knew before',
    {
      accidents: { pause: 2_500, join: 8_000, crash: 15_000 },
      weather: { loseAnswer: 0.05 },
      settings: { shards: 110, recordsPerSecond: [0.2, 1], wildMs: 30_000 },
      reader: { pauseMs: 4_000, checkpointEveryMs: 6_000 },
    },
  ],
  ['an accept had landed unheard while its worker stood still', { accidents: { ...moving, pause: 1_500 }, weather: { delay: 0.2, maxDelayMs: 4_000 } }],
  [
    'a 3.x leader gives a lease away while answers are lost',
    { accidents: { ...pairs, pause: 6_000 }, weather: { loseAnswer: 0.35, delay: 0.1, maxDelayMs: 8_000 } },
  ],
];

test.each(corners)('%s', { timeout: 300_000 }, async (_what, world) => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const outcome = await runWorld(pointedSettings(seed, world), { progress: false });
    if (outcome.violation !== undefined) expect.fail(report(outcome));
  }
});
