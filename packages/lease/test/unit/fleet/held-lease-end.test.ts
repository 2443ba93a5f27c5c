import { describe, expect, it } from 'vitest';
import { latencyMs, never, times, unreachable } from './fleet.ts';
import { at, holding, lost, other } from './holding.ts';

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
