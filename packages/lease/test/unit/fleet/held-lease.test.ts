import { describe, expect, it } from 'vitest';
import { LeaseError } from '../../../src/errors.ts';
import { latencyMs, never, times, unreachable } from './fleet.ts';
import { at, holding, lost, other } from './holding.ts';

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
