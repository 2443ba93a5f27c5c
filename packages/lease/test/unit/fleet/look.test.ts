// What members read of a large table, and that they know enough: a crash, a stop, a birth and a broken row are all noticed
// although hardly anybody reads all of it.
import { describe, expect, it } from 'vitest';
import { smallTableBytes } from '../../../src/fleet/cadence.ts';
import { createFleet, type Fleet, shards, type WorkerUnderTest } from './fleet.ts';

/** Rows of some 200 bytes: well above 32 KB. */
const leases = 400;

async function settled(workers: number): Promise<{ readonly fleet: Fleet; readonly members: WorkerUnderTest[] }> {
  const fleet = createFleet(shards(leases));
  const members = Array.from({ length: workers }, (_, at) => fleet.start(`worker-${at}`));
  await fleet.until(() => held(members) === leases, 60_000);
  await fleet.time.advance(120_000);
  expect(fleet.table.rows().bytes).toBeGreaterThan(smallTableBytes);
  return { fleet, members };
}

const held = (members: readonly WorkerUnderTest[]) => members.reduce((sum, member) => sum + member.reading.size, 0);
const count = (worker: WorkerUnderTest, operation: string) => worker.calls.filter((call) => call.operation === operation).length;

async function stopAll(fleet: Fleet, members: readonly WorkerUnderTest[]): Promise<void> {
  const stopped = Promise.all(members.map((member) => member.coordinator.stop(5000)));
  await fleet.time.advance(6000);
  await stopped;
}

describe('a large table', () => {
  it('at rest is asked for its bell, now and then for two parts, and seldom for all of it; no lease moves', async () => {
    const { fleet, members } = await settled(4);
    const before = members.map((member) => [
      count(member, 'list'),
      count(member, 'read'),
      member.events.filter((event) => event.kind === 'lease-taken').length,
    ]);
    await fleet.time.advance(60_000);
    for (const [at, member] of members.entries()) {
      const [lists = 0, reads = 0, takes = 0] = before[at] ?? [];
      // Six times two parts, and once the whole, in a minute; the listing of the stream finds nothing to do.
      expect(count(member, 'list') - lists).toBeLessThanOrEqual(15);
      expect(count(member, 'list') - lists).toBeGreaterThanOrEqual(10);
      expect(count(member, 'read') - reads).toBeLessThanOrEqual(70);
      expect(count(member, 'read') - reads).toBeGreaterThanOrEqual(50);
      expect(member.events.filter((event) => event.kind === 'lease-taken').length).toBe(takes);
    }
    await stopAll(fleet, members);
  });

  it('a clean stop is heard by the bell: all its leases have a new owner within two seconds', async () => {
    const { fleet, members } = await settled(4);
    const [leaving, ...staying] = members;
    const stopped = leaving?.coordinator.stop(5000);
    expect(await fleet.until(() => held(staying) === leases, 10_000)).toBeLessThanOrEqual(2000);
    await expect(stopped).resolves.toEqual({ clean: true });
    await stopAll(fleet, staying);
  });

  it('a stop of more leases than the bell can name is heard as well', async () => {
    const { fleet, members } = await settled(1);
    const [first] = members;
    const second = fleet.start('second');
    await fleet.until(() => second.reading.size === leases / 2, 20_000);
    await fleet.until(() => second.reading.size === leases / 2 && first?.reading.size === leases / 2, 5000);
    const third = fleet.start('third');
    await fleet.time.advance(60_000);
    const stopped = [first?.coordinator.stop(5000), second.coordinator.stop(5000)];
    expect(await fleet.until(() => third.reading.size === leases, 20_000)).toBeLessThanOrEqual(4000);
    await Promise.all(stopped);
    await stopAll(fleet, [third]);
  });

  it('a crash is noticed by those who watch its rows, though one of them may be who crashed', async () => {
    const { fleet, members } = await settled(5);
    const [victim, ...heirs] = members;
    victim?.machine.freeze();
    // Lease duration, up to two readings of a part, and what lies between finding and taking.
    expect(await fleet.until(() => held(heirs) === leases, 60_000)).toBeLessThanOrEqual(10_000 + 20_000 + 2000);
    victim?.machine.thaw();
    await fleet.time.advance(1000);
    expect(victim?.reading.size).toBe(0);
    await stopAll(fleet, members);
  });

  it('children of a shard that ends are begun at once, wherever', async () => {
    const { fleet, members } = await settled(4);
    const parent = members[0]?.reading.values().next().value;
    const finished = parent?.finish([
      { shardId: 'child-a', parents: [parent.lease.shardId] },
      { shardId: 'child-b', parents: [parent.lease.shardId] },
    ]);
    const begun = () => ['child-a', 'child-b'].every((key) => members.some((member) => member.reading.has(key)));
    expect(await fleet.until(begun, 20_000)).toBeLessThanOrEqual(2500);
    await finished;
    await stopAll(fleet, members);
  });

  it('a row that breaks is said once by those who watch it, and costs nobody else anything', async () => {
    const { fleet, members } = await settled(3);
    const key = 'shard-7';
    const before = fleet.table.get(key);
    fleet.table.put({ ...before, leaseKey: { S: key }, leaseCounter: { S: 'seven' } });
    await fleet.time.advance(30_000);
    const said = members.map((member) => member.events.filter((event) => event.kind === 'lease-row-broken').length);
    expect(said.some((times) => times === 1)).toBe(true);
    expect(Math.max(...said)).toBe(1);
    expect(members.flatMap((member) => member.events.flatMap((event) => (event.kind === 'lease-lost' ? [event.reason] : [])))).toEqual(['broken']);
    expect(held(members)).toBe(leases - 1);
    expect(members.map((member) => member.failure)).toEqual([undefined, undefined, undefined]);
    await stopAll(fleet, members);
  });
});

describe('a view', () => {
  it('has settled when all leases exist and every other owner was seen to renew; a dead one is waited for', async () => {
    const fleet = createFleet(shards(4));
    const a = fleet.start('a');
    expect(a.coordinator.view().settled).toBe(false);
    await fleet.until(() => a.coordinator.view().settled, 5000);
    expect(a.reading.size).toBe(4);
    const b = fleet.start('b');
    await fleet.until(() => b.coordinator.view().settled, 20_000);
    await fleet.until(() => held([a]) === 2 && held([b]) === 2, 20_000);
    a.machine.freeze();
    const c = fleet.start('c');
    // The rows of the dead are nobody's until they have expired.
    expect(await fleet.until(() => c.coordinator.view().settled, 60_000)).toBeGreaterThanOrEqual(10_000);
    expect(held([b, c])).toBe(4);
    a.machine.thaw();
    await stopAll(fleet, [a, b, c]);
  });
});
