import { describe, expect, it } from 'vitest';
import { LeaseError } from '../../../src/errors.ts';
import { holdLease } from '../../../src/fleet/held-lease.ts';
import { createMemoryTable, memoryLeaseStore, type StoreCall } from '../../../src/testing/index.ts';
import type { Identity, LeaseEvent, Position } from '../../../src/types.ts';
import { latencyMs, never, storeOn, times, unreachable, virtualTime, type Weather } from './fleet.ts';

const me: Identity = { worker: 'me', incarnation: 'me-1' };
const other: Identity = { worker: 'other', incarnation: 'other-1' };
const at = (sequence: string): Position => ({ kind: 'sequence', sequence, subSequence: 0 });

/** One lease, taken at virtual time 0, and a second way to the table that knows no weather. */
async function holding() {
  const time = virtualTime();
  const machine = time.machine(5);
  const table = createMemoryTable();
  const direct = memoryLeaseStore({ table });
  await direct.create({ key: 's', shardId: 's', position: { kind: 'trim-horizon' }, parents: [] }, never);
  const row = await direct.read('s', never);
  if (row === undefined) throw new Error('The row was not created.');
  const taken = await direct.take(row, me, {}, never);
  if (taken.outcome !== 'applied') throw new Error('The row was not taken.');
  const weather: Weather = {};
  const calls: StoreCall[] = [];
  const events: LeaseEvent[] = [];
  const broken: unknown[] = [];
  const heard = { asked: 0, finished: 0 };
  const control = holdLease(
    {
      lease: taken.lease,
      firstSendMs: 0,
      leaseKey: (shardId) => shardId,
      onAsked() {
        heard.asked += 1;
      },
      onFinished() {
        heard.finished += 1;
      },
      onBroken: (error) => broken.push(error),
    },
    { store: storeOn(table, machine, weather, calls), identity: me, machine, times, sources: new Map(), onEvent: (event) => events.push(event) },
  );
  const now = () => {
    const lease = table.lease('s');
    if (lease === undefined) throw new Error('The row is gone.');
    return lease;
  };
  const operations = () => calls.map((call) => call.operation);
  const losses = () => events.filter((event) => event.kind === 'lease-lost').map((event) => event.reason);
  return { time, machine, table, direct, weather, calls, events, broken, heard, control, held: control.held, now, operations, losses };
}

const lost = { code: 'LEASE_LOST', retryable: false };

describe('renewals', () => {
  it('keep the lease by themselves, a little early', async () => {
    const { time, held, now, operations, control } = await holding();
    await time.advance(times.renewIntervalMs * 0.9 - 1);
    expect(operations()).toEqual([]);
    await time.advance(times.renewIntervalMs * 0.1 + latencyMs + 1);
    expect(operations()).toEqual(['renew']);
    await time.advance(60_000);
    expect(operations().length).toBeGreaterThanOrEqual(12);
    expect(operations().length).toBeLessThanOrEqual(15);
    expect(held.lost.aborted).toBe(false);
    expect(held.lease.counter).toBe(now().counter);
    control.abandon();
  });

  it('are left out while checkpoints are written, which renew as well', async () => {
    const { time, held, operations } = await holding();
    for (let turn = 0; turn < 15; turn += 1) {
      const saved = held.checkpoint(at(String(turn)));
      await time.advance(2000);
      await saved;
    }
    expect(new Set(operations())).toEqual(new Set(['checkpoint']));
    expect(held.lost.aborted).toBe(false);
  });

  it('carry the smoothed rate that the reader reports, and none before it reports', async () => {
    const { time, held, now } = await holding();
    await time.advance(6000);
    expect(now().throughputKBps).toBeUndefined();
    for (let second = 0; second < 240; second += 1) {
      held.reportBytes(100 * 1024);
      await time.advance(1000);
    }
    expect(now().throughputKBps).toBeGreaterThan(90);
    expect(now().throughputKBps).toBeLessThan(110);
    await time.advance(300_000);
    expect(now().throughputKBps).toBeLessThan(1);
  });
});

describe('the fence', () => {
  it('counts from the first send of the last write known applied', async () => {
    const { time, held, weather, losses } = await holding();
    await time.advance(3000);
    const saved = held.checkpoint(at('1'));
    await time.advance(latencyMs);
    await saved;
    weather.before = unreachable;
    await time.advance(3000 + times.fenceMs - time.nowMs() - 1);
    expect(held.lost.aborted).toBe(false);
    await time.advance(1);
    expect(held.lost.aborted).toBe(true);
    expect(losses()).toEqual(['fenced']);
  });

  it('counts a write that was repeated from its first sending', async () => {
    const { time, held, weather } = await holding();
    let failures = 0;
    weather.after = () => (failures++ < 2 ? unreachable() : undefined);
    await time.advance(3000);
    const saved = held.checkpoint(at('1'));
    await time.advance(2000);
    await saved;
    weather.before = unreachable;
    await time.advance(3000 + times.fenceMs - time.nowMs() - 1);
    expect(held.lost.aborted).toBe(false);
    await time.advance(1);
    expect(held.lost.aborted).toBe(true);
  });

  it('lets no write start afterwards', async () => {
    const { time, held, weather, calls } = await holding();
    weather.before = unreachable;
    await time.advance(times.fenceMs);
    const sent = calls.length;
    weather.before = () => undefined;
    const attempts = [held.checkpoint(at('1')), held.release(at('1')), held.finish([{ shardId: 'c', parents: ['s'] }])];
    for (const outcome of await Promise.allSettled(attempts)) expect(outcome).toMatchObject({ status: 'rejected', reason: lost });
    await time.advance(30_000);
    expect(calls.length).toBe(sent);
  });

  it('holds for a process that slept through it, before any timer of its own', async () => {
    const { time, machine, held, calls } = await holding();
    machine.freeze();
    await time.advance(times.fenceMs);
    const sent = calls.length;
    await expect(held.checkpoint(at('1'))).rejects.toMatchObject(lost);
    expect(calls.length).toBe(sent);
    expect(held.lost.aborted).toBe(true);
  });

  it('refuses an answer that comes after it', async () => {
    const { time, machine, held, now } = await holding();
    const saved = held.checkpoint(at('1'));
    saved.catch(() => undefined);
    await time.advance(latencyMs / 2);
    machine.freeze();
    expect(now().position).toEqual(at('1'));
    await time.advance(times.fenceMs);
    machine.thaw();
    await time.advance(0);
    await expect(saved).rejects.toMatchObject(lost);
  });
});

describe('a lost lease', () => {
  it('was taken by another', async () => {
    const { time, held, direct, now, losses, broken, control } = await holding();
    await direct.take(now(), other, {}, never);
    const saved = held.checkpoint(at('1'));
    saved.catch(() => undefined);
    await time.advance(latencyMs);
    await expect(saved).rejects.toMatchObject(lost);
    expect(losses()).toEqual(['taken']);
    expect(held.lost.reason).toMatchObject(lost);
    expect(now().owner).toBe('other');
    await expect(control.ended).resolves.toBe('lost');
    expect(broken).toEqual([]);
  });

  it('was deleted, and is not created again', async () => {
    const { time, table, losses } = await holding();
    table.apply('s', { kind: 'deleted' });
    await time.advance(20_000);
    expect(losses()).toEqual(['deleted']);
    expect(table.lease('s')).toBeUndefined();
  });

  it('is no longer ours once a Java worker of our name renewed it', async () => {
    const { time, table, now, losses } = await holding();
    table.apply('s', { kind: 'becomes', lease: { ...now(), counter: now().counter + 1n }, settled: false });
    await time.advance(6000);
    expect(losses()).toEqual(['taken']);
  });
});

describe('writes', () => {
  it('are sent one after the other', async () => {
    const { time, held, weather, now } = await holding();
    let inFlight = 0;
    let most = 0;
    weather.before = () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      return undefined;
    };
    weather.after = () => {
      inFlight -= 1;
      return undefined;
    };
    const saved = Promise.all(['1', '2', '3'].map((sequence) => held.checkpoint(at(sequence))));
    await time.advance(6000);
    await saved;
    expect(most).toBe(1);
    expect(now().position).toEqual(at('3'));
  });

  it('wait in a queue of sixteen', async () => {
    const { time, held } = await holding();
    const saved = Array.from({ length: 17 }, (_, turn) => held.checkpoint(at(String(turn))));
    await expect(saved.at(-1)).rejects.toMatchObject({ code: 'TABLE_THROTTLED', retryable: true });
    await time.advance(2000);
    await Promise.all(saved.slice(0, -1));
    await time.advance(20_000);
    expect(held.lost.aborted).toBe(false);
  });

  it('that fill the queue while the table is away break no renewal', async () => {
    const { time, held, weather, broken, now } = await holding();
    weather.before = unreachable;
    const saved = Array.from({ length: 16 }, (_, turn) => held.checkpoint(at(String(turn))));
    await time.advance(times.renewIntervalMs + 1000);
    weather.before = () => undefined;
    await time.advance(3000);
    await Promise.all(saved);
    expect(broken).toEqual([]);
    expect(now().position).toEqual(at('15'));
    expect(held.lost.aborted).toBe(false);
  });

  it('survive a landed attempt whose answer was lost', async () => {
    const { time, held, weather, now } = await holding();
    const before = now().counter;
    let failures = 0;
    weather.after = () => (failures++ < 1 ? unreachable() : undefined);
    const saved = held.checkpoint(at('1'));
    await time.advance(1000);
    await saved;
    expect(now()).toMatchObject({ counter: before + 1n, position: at('1') });
    expect(held.lost.aborted).toBe(false);
  });

  it('reject with what no repetition mends, and renewals report it', async () => {
    const { time, held, weather, broken } = await holding();
    const denied = new LeaseError('TABLE_DENIED', 'No (test).');
    weather.before = () => denied;
    const saved = held.checkpoint(at('1'));
    saved.catch(() => undefined);
    await time.advance(latencyMs);
    await expect(saved).rejects.toBe(denied);
    expect(broken).toEqual([]);
    await time.advance(6000);
    expect(broken).toEqual([denied]);
  });
});

describe('giving back', () => {
  it('clears the owner at the position, once', async () => {
    const { time, held, now, events, control, operations } = await holding();
    const released = held.release(at('7'));
    await time.advance(latencyMs);
    await released;
    expect(now()).toMatchObject({ position: at('7') });
    expect(now().owner).toBeUndefined();
    expect(held.lost.aborted).toBe(false);
    await expect(control.ended).resolves.toBe('released');
    expect(events.at(-1)).toEqual({ kind: 'lease-released', key: 's' });
    await expect(held.release(at('8'))).rejects.toMatchObject(lost);
    await time.advance(60_000);
    expect(operations()).toEqual(['release']);
    expect(events.filter((event) => event.kind === 'lease-lost')).toEqual([]);
  });

  it('learns of a request from its next renewal, and hands over to whoever asked', async () => {
    const { time, held, direct, now, heard } = await holding();
    await direct.request(now(), other, never);
    expect(held.drain.aborted).toBe(false);
    await time.advance(times.renewIntervalMs + latencyMs);
    expect(held.drain.aborted).toBe(true);
    expect(heard.asked).toBe(1);
    const released = held.release(at('7'));
    await time.advance(latencyMs);
    await released;
    expect(now()).toMatchObject({ owner: 'other', holder: 'other-1', position: at('7') });
    expect(now().request).toBeUndefined();
  });

  it('learns of a request from a checkpoint, too', async () => {
    const { time, held, direct, now } = await holding();
    await direct.request(now(), other, never);
    const saved = held.checkpoint(at('1'));
    await time.advance(latencyMs);
    await saved;
    expect(held.drain.aborted).toBe(true);
  });

  it('does not mind a request made to somebody else', async () => {
    const { time, table, held, now } = await holding();
    const request = { next: 'other', nextHolder: 'other-1', asked: 'me-0' };
    table.apply('s', { kind: 'becomes', lease: { ...now(), request }, settled: false });
    await time.advance(20_000);
    expect(held.drain.aborted).toBe(false);
  });

  it('releases when the request was withdrawn meanwhile', async () => {
    const { time, held, direct, now, operations } = await holding();
    await direct.request(now(), other, never);
    await time.advance(times.renewIntervalMs + latencyMs);
    await direct.cancel(now(), other, never);
    const released = held.release(at('7'));
    await time.advance(2 * latencyMs);
    await released;
    expect(operations().slice(-2)).toEqual(['transfer', 'release']);
    expect(now().owner).toBeUndefined();
    expect(now().position).toEqual(at('7'));
  });

  it('goes on renewing while the reader drains', async () => {
    const { time, held, control } = await holding();
    control.askToDrain();
    await time.advance(30_000);
    expect(held.drain.aborted).toBe(true);
    expect(held.lost.aborted).toBe(false);
  });

  it('yields to a 3.x leader that gave the lease away', async () => {
    const { time, table, held, now } = await holding();
    table.apply('s', { kind: 'becomes', lease: { ...now(), owner: 'java', checkpointOwner: 'me' }, settled: false });
    await time.advance(times.renewIntervalMs + 2 * latencyMs);
    expect(held.drain.aborted).toBe(true);
    const released = held.release(at('7'));
    await time.advance(latencyMs);
    await released;
    expect(now()).toMatchObject({ owner: 'java', position: at('7') });
    expect(now().checkpointOwner).toBeUndefined();
  });
});

describe('the end of a shard', () => {
  const children = [
    { shardId: 'left', parents: ['s'] },
    { shardId: 'right', parents: ['s'] },
  ];

  it('creates the children before it ends the lease', async () => {
    const { time, held, table, now, operations, heard, control } = await holding();
    const finished = held.finish(children);
    await time.advance(2 * latencyMs);
    expect(table.lease('right')).toMatchObject({ position: { kind: 'trim-horizon' }, parents: ['s'] });
    expect(now().owner).toBe('me');
    await time.advance(latencyMs);
    await finished;
    expect(operations()).toEqual(['create', 'create', 'finish']);
    expect(now()).toMatchObject({ position: { kind: 'shard-end' }, children: ['left', 'right'] });
    expect(heard.finished).toBe(1);
    await expect(control.ended).resolves.toBe('finished');
  });

  it('leaves a child alone that exists', async () => {
    const { time, direct, table, held } = await holding();
    await direct.create({ key: 'left', shardId: 'left', position: { kind: 'latest' }, parents: ['s', 'x'] }, never);
    const finished = held.finish(children);
    await time.advance(1000);
    await finished;
    expect(table.lease('left')?.position).toEqual({ kind: 'latest' });
  });

  it('is not reached when a child cannot be created before the fence', async () => {
    const { time, held, weather, now } = await holding();
    weather.before = (call) => (call.key === 'right' ? unreachable() : undefined);
    const finished = held.finish(children);
    finished.catch(() => undefined);
    await time.advance(times.fenceMs);
    await expect(finished).rejects.toMatchObject(lost);
    expect(now().position).toEqual({ kind: 'trim-horizon' });
  });
});

it('an abandoned lease stops its reader and leaves the row as it is', async () => {
  const { time, held, control, now, operations, losses } = await holding();
  const before = now();
  control.abandon();
  expect(held.lost.aborted).toBe(true);
  await time.advance(30_000);
  expect(now()).toEqual(before);
  expect(operations()).toEqual([]);
  expect(losses()).toEqual(['abandoned']);
  await expect(control.ended).resolves.toBe('abandoned');
});
