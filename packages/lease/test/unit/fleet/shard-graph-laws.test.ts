// Laws of the shard graph over random histories: nothing is passed over, nothing that was read is begun anew, and parents come
// first; whatever is created, read, cleared away, broken off or forgotten in between.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { textOf } from './shard-graphs.ts';
import * as world from './shard-world.ts';

const starts: readonly world.Start[] = ['trim-horizon', 'latest', 'time', 'time, roots only', 'time, of a stream that names all'];

type Step = (on: world.World) => void;

const choice = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  choice.map(
    (at): Step =>
      (on) =>
        world.split(on, at),
  ),
  choice.map(
    (at): Step =>
      (on) =>
        world.merge(on, at),
  ),
  fc.constant<Step>((on) => world.setTime(on)),
  fc.constant<Step>((on) => world.forget(on)),
  choice.map(
    (at): Step =>
      (on) =>
        world.garble(on, at),
  ),
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, 1, 2, 3, 1000).map(
      (most): Step =>
        (on) =>
          world.sync(on, most),
    ),
  },
  {
    weight: 3,
    arbitrary: choice.map(
      (at): Step =>
        (on) =>
          world.begin(on, at),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(choice, fc.constantFrom('none', 'none', ...world.accidents)).map(
      ([at, accident]): Step =>
        (on) =>
          world.end(on, at, accident),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant<Step>((on) => {
      const before = textOf(world.missing(on));
      world.cleanUp(on);
      // A row that was cleared away is not missed.
      expect(textOf(world.missing(on))).toBe(before);
    }),
  },
);

const maxRounds = 200;

/** No more accidents: sync, read and clear away until nothing changes. */
function settle(on: world.World): void {
  on.broken.clear();
  let before = '';
  for (let round = 0; round < maxRounds; round += 1) {
    world.sync(on, 1000);
    expect(world.missing(on)).toEqual([]);
    const { length } = world.startable(on);
    for (let at = 0; at < length; at += 1) world.begin(on, 1);
    for (const _ of on.shards) world.end(on, 0, 'none');
    world.cleanUp(on);
    const now = [...on.rows].map(([shardId, row]) => `${shardId} ${row.position.kind}`).join();
    if (now === before && length === 0) return;
    before = now;
  }
  throw new Error('it does not come to rest');
}

function check(on: world.World, at: number): void {
  expect(world.missingFromDisorder(on, at)).toEqual(world.missing(on));
  for (const row of world.startable(on)) expect(world.mayTrulyStart(on, row), `shard ${row.shardId} before its parents`).toBe(true);
}

it('any history comes to a good end', () => {
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), choice, (start, count, steps, at) => {
      const on = world.createWorld(start, count);
      for (const go of steps) {
        go(on);
        check(on, at);
      }
      settle(on);
      for (const { shardId, closed, forgotten } of on.shards) {
        const wanted = world.wanted(on).has(shardId);
        if (!closed) expect([shardId, on.rows.get(shardId)?.position.kind !== 'shard-end', on.begun.has(shardId)]).toEqual([shardId, true, true]);
        else if (wanted && (!forgotten || on.rows.has(shardId))) expect([shardId, on.read.has(shardId)]).toEqual([shardId, true]);
      }
      // What may start, does: everybody waits for a reason.
      for (const row of on.rows.values()) {
        if (row.position.kind !== 'shard-end' && world.mayTrulyStart(on, row)) expect(on.begun.has(row.shardId), row.shardId).toBe(true);
      }
    }),
    { numRuns: 1500 },
  );
});
