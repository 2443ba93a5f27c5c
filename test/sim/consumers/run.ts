// Runs one world of whole consumers from its beginning to its end. It draws nothing: `settings.ts` does.
import { letAccidentsHappen } from '../faults.ts';
import { type Expectations, type Outcome, outcomeOf, populate } from '../run.ts';
import { consumerAccidents } from './faults.ts';
import { type ConsumerChanges, type ConsumerWorld, createConsumerWorld } from './inhabitants.ts';
import { convergeConsumers } from './progress.ts';
import type { ConsumerSettings } from './settings.ts';

/** A stream has been read by nobody for some time, and was resharded. */
async function haveHistory({ world, stream, settings }: ConsumerWorld): Promise<void> {
  if (settings.historyMs === 0) return;
  for (let left = world.chance.whole(0, 3); left > 0; left -= 1) world.time.after(settings.historyMs * world.chance.number(), reshard);
  await world.advance(settings.historyMs);
  if (settings.start !== 'at-timestamp') return;
  stream.watch((shardId) => world.ledger.begunAt(shardId, stream.countBefore(shardId, settings.startMs)));

  function reshard(): void {
    const shard = world.chance.pick(stream.open());
    if (shard !== undefined) stream.split(shard, world.time.nowMs());
  }
}

export function runConsumers(settings: ConsumerSettings, expect: Expectations, changes: ConsumerChanges = {}): Promise<Outcome> {
  return outcomeOf(settings, async () => {
    const life = createConsumerWorld(settings, changes);
    const { world } = life;
    await haveHistory(life);
    populate(world);
    letAccidentsHappen(world, consumerAccidents(life), settings.historyMs + settings.wildMs);
    await world.advance(settings.wildMs);
    if (world.violation() === undefined && expect.progress) await convergeConsumers(life);
    return world;
  });
}
