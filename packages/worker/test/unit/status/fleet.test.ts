// The fleet as the lease table shows it: how late each shard is, and since when nobody has it.
import type { ConsumerStatus, Lease, ShardStatus } from '@shardfold/consumer';
import { describe, expect, test } from 'vitest';
import { createFleet } from '../../../src/status/fleet.ts';
import { shardStatus } from '../../support/shard-status.ts';

const wallMs = 1_700_000_000_000;
const leaseMs = 10_000;

const shardOf = (id: string, change: Partial<ShardStatus> = {}) =>
  shardStatus(id, { owner: 'other', position: { kind: 'sequence', sequence: '49', subSequence: 0 }, ...change });

function leaseOf({ shard, owner, position }: ShardStatus, change: Partial<Lease> = {}): Lease {
  const { key, shardId } = shard;
  const owned = owner === undefined ? {} : { owner };
  return { key, shardId, ...owned, counter: 1n, position, ownerSwitches: 0n, parents: [], children: [], bell: 0n, ...change };
}

function bed() {
  let passedMs = 0;
  const fleet = createFleet({ monotonicMs: () => passedMs, wallMs: () => wallMs + passedMs }, leaseMs);
  return {
    fleet,
    look(atMs: number, shards: readonly ShardStatus[], leases: readonly Lease[] = shards.map((shard) => leaseOf(shard))) {
      passedMs = atMs;
      const status: ConsumerStatus = { worker: 'me', state: 'running', reached: true, settled: true, shards, leases, inFlightBytes: 0, loops: [] };
      return fleet.views(status);
    },
  };
}

test('what the row says comes along', () => {
  const { look } = bed();
  const shard = shardOf('1', { shard: { stream: 's', shardId: '1', key: 'key-1', hashRange: { start: '0', end: '9' } }, readMs: wallMs - 4_000 });
  const [view] = look(0, [shard], [leaseOf(shard, { counter: 12_345_678_901_234_567_890n, parents: ['0'], children: ['2', '3'], throughputKBps: 2 })]);
  expect(view).toMatchObject({
    lease: 'key-1',
    owner: 'other',
    state: 'elsewhere',
    readAtMs: wallMs - 4_000,
    ageMs: 4_000,
    counter: '12345678901234567890',
    parents: ['0'],
    children: ['2', '3'],
    bytesPerSecond: 2_048,
    hashRange: { start: '0', end: '9' },
  });
});

test.each<readonly [title: string, shard: ShardStatus, state: string]>([
  ['held here', shardOf('1', { owner: 'me', held: true, state: 'retrying' }), 'retrying'],
  ['held by another', shardOf('1'), 'elsewhere'],
  ['held by nobody', shardOf('1', { owner: undefined }), 'unowned'],
  ['read to its end', shardOf('1', { owner: undefined, position: { kind: 'shard-end' } }), 'done'],
])('the state of a shard %s', (_title, shard, state) => {
  expect(bed().look(0, [shard])[0]?.state).toBe(state);
});

describe("another worker's shard", () => {
  const readMs = wallMs - 3_000;

  test('is as old as it was when its lease was last seen to move: the table is not read all the time', () => {
    const { look } = bed();
    const shard = shardOf('1', { readMs });
    expect(look(0, [shard])[0]?.lagMs).toBe(3_000);
    expect(look(90_000, [shard])[0]).toMatchObject({ lagMs: 3_000, isLate: false });
  });

  test('is late when its lease moves and its position does not', () => {
    const { look } = bed();
    const shard = shardOf('1', { readMs });
    look(0, [shard]);
    expect(look(90_000, [shard], [leaseOf(shard, { counter: 2n })])[0]).toMatchObject({ lagMs: 93_000, isLate: true });
  });
});

test.each<readonly [title: string, change: Partial<ShardStatus>, lagMs: number | null]>([
  ['is at the tip, whatever the position saved last', { behindLatestMs: 0, readMs: wallMs - 5_000 }, 0],
  ['is behind the tip', { behindLatestMs: 70_000 }, 70_000],
  ['waits for its sink', { behindLatestMs: 0, processingMs: 65_000 }, 65_000],
  ['has not been read yet', { readMs: wallMs - 80_000 }, 80_000],
  ['cannot be read any more', { behindLatestMs: 0, readMs: wallMs - 80_000, lastError: 'denied' }, 80_000],
  ['says nothing yet', {}, null],
  ['is read to its end', { position: { kind: 'shard-end' }, behindLatestMs: 90_000 }, null],
])('the lag of a shard held here that %s', (_title, change, lagMs) => {
  const [view] = bed().look(0, [shardOf('1', { owner: 'me', held: true, state: 'running', ...change })]);
  expect([view?.lagMs, view?.isLate]).toEqual([lagMs, (lagMs ?? 0) > 60_000]);
});

describe('a shard without a worker', () => {
  const free = shardOf('1', { owner: undefined });

  test('is so since it was first seen so', () => {
    const { look } = bed();
    expect(look(0, [shardOf('1')])[0]?.unownedMs).toBeNull();
    expect(look(5_000, [free])[0]?.unownedMs).toBe(0);
    expect(look(12_000, [free])[0]?.unownedMs).toBe(7_000);
    expect(look(13_000, [shardOf('1')])[0]?.unownedMs).toBeNull();
    expect(look(14_000, [free])[0]?.unownedMs).toBe(0);
  });

  test('also where its owner stopped renewing: it grows old, and nobody reads it', () => {
    const { look } = bed();
    const readMs = wallMs - 3_000;
    look(0, [shardOf('1', { readMs })]);
    const silent = shardOf('1', { readMs, unowned: true });
    expect(look(20_000, [silent])[0]).toMatchObject({ state: 'unowned', owner: null, unownedMs: 0, lagMs: 23_000 });
    expect(look(90_000, [silent])[0]).toMatchObject({ unownedMs: 70_000, lagMs: 93_000 });
    expect(look(91_000, [shardOf('1', { readMs })], [leaseOf(silent, { counter: 2n })])[0]).toMatchObject({ state: 'elsewhere', unownedMs: null });
  });

  test('waits rightly while a parent of the same stream is read', () => {
    const { look } = bed();
    const leases = (parent: ShardStatus) => [leaseOf(free, { parents: ['0'] }), leaseOf(parent)];
    const parent = shardOf('0');
    expect(look(0, [free, parent], leases(parent))[0]).toMatchObject({ state: 'after-parents', unownedMs: null });
    const elsewhere = shardOf('0', { shard: { stream: 'another', shardId: '0', key: 'another-0' } });
    expect(look(0, [free, elsewhere], leases(elsewhere))[0]?.state).toBe('unowned');
    const read = shardOf('0', { position: { kind: 'shard-end' } });
    expect(look(0, [free, read], leases(read))[0]?.state).toBe('unowned');
  });
});

test('passwords in errors are hidden', () => {
  const trouble = { attempts: 1, error: 'no postgres://ann:hunter2@db', sinceMs: 1 };
  const views = bed().look(0, [shardOf('1', { held: true, trouble, lastError: 'no postgres://ann:hunter2@db' })]);
  expect(JSON.stringify(views)).not.toContain('hunter2');
  expect(views[0]?.trouble?.error).toBe('no postgres://ann:********@db');
});
