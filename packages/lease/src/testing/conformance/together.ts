// The part of the suite where several hands write one row: hand-overs that cross, attempts that landed unheard, and Java
// workers beside ours.
import { describe, expect, it } from 'vitest';
import { isBeingReassigned, isHeldBy, validRequest } from '../../rows/marks.ts';
import type { PreparedCheckpoint } from '../../types.ts';
import { asked, at, created, fresh, held, horizon, insist, type LeaseTableUnderTest, leaseOf, me, meAgain, never, other, plant, reassign } from './harness.ts';
import { holderWrites, place } from './writes.ts';

/** Attempts that landed without an answer, and what is written after them. */
export function unheardSuite(table: () => LeaseTableUnderTest): void {
  it.each(holderWrites.filter(({ name }) => name !== 'transfer'))('$name goes on from a renewal that landed unheard', async ({ act }) => {
    const lease = await held(table());
    table().loseNextAnswer();
    await expect(table().store.renew(lease, me, {}, never)).rejects.toThrow();
    const written = leaseOf(await insist(lease, (over) => act(table().store, over)));
    expect([lease.counter + 1n, lease.counter + 2n]).toContain(written.counter);
    const row = await table().rival.read(lease.key, never);
    expect(row).toEqual(written);
  });

  it('a transfer goes on from a renewal that landed unheard, and keeps the request', async () => {
    const lease = await asked(table());
    table().loseNextAnswer();
    await expect(table().store.renew(lease, me, {}, never)).rejects.toThrow();
    expect(leaseOf(await insist(lease, (over) => table().store.transfer(over, me, place, {}, never)))).toMatchObject({
      owner: other.worker,
      position: place,
      counter: lease.counter + 2n,
    });
  });

  it('a checkpoint that landed unheard is not undone by the renewal after it', async () => {
    const lease = await held(table());
    table().loseNextAnswer();
    await expect(table().store.checkpoint(lease, me, place, {}, never)).rejects.toThrow();
    expect(leaseOf(await table().store.renew(lease, me, {}, never))).toMatchObject({ position: place, counter: lease.counter + 1n });
  });
}

/** Requests: who may make one, which of them counts, and what ends it. */
export function requestSuite(table: () => LeaseTableUnderTest): void {
  it('the current holder learns of a request from its renewal', async () => {
    const lease = await held(table());
    leaseOf(await table().rival.request(lease, other, never));
    const renewed = leaseOf(await table().store.renew(lease, me, {}, never));
    expect(validRequest(renewed)).toEqual({ next: other.worker, nextHolder: other.incarnation, asked: me.incarnation });
  });

  it('the first of two requests stands', async () => {
    const lease = await held(table());
    leaseOf(await table().rival.request(lease, other, never));
    const second = await table().store.request(lease, meAgain, never);
    expect(second).toMatchObject({ outcome: 'stale', current: { request: { nextHolder: other.incarnation } } });
  });

  it('a request replaces one that was made to a holder who is gone', async () => {
    const lease = await held(table());
    await table().put({ ...(await table().get(lease.key)), sfNext: { S: 'x' }, sfNextHolder: { S: 'f'.repeat(32) }, sfAsked: { S: 'e'.repeat(32) } });
    expect(leaseOf(await table().rival.request(lease, other, never)).request).toMatchObject({ nextHolder: other.incarnation });
  });

  it('a request to a holder whose mark a Java worker voided, for a finished shard, or to nobody, is refused', async () => {
    const free = await created(table());
    expect(await table().rival.request(free, other, never)).toEqual({ outcome: 'stale', current: free });
    const lease = leaseOf(await table().store.take(free, me, {}, never));
    const item = await table().get(lease.key);
    await table().put({ ...item, leaseCounter: { N: '99' } });
    expect((await table().rival.request(lease, other, never)).outcome).toBe('stale');
    await table().put({ ...item, checkpoint: { S: 'SHARD_END' } });
    expect((await table().rival.request(lease, other, never)).outcome).toBe('stale');
    await table().put({ ...item, checkpointOwner: { S: 'w3' } });
    expect((await table().rival.request(lease, other, never)).outcome).toBe('stale');
  });

  it('a transfer whose request was withdrawn is refused, and the holder goes on', async () => {
    const lease = await asked(table());
    leaseOf(await table().rival.cancel(lease, other, never));
    const written = await table().store.transfer(lease, me, place, {}, never);
    expect(written.outcome).toBe('stale');
    const row = written.outcome === 'stale' ? written.current : undefined;
    expect(row !== undefined && isHeldBy(row, me) && row.counter === lease.counter).toBe(true);
    if (row !== undefined) leaseOf(await table().store.renew(row, me, {}, never));
  });

  it('a cancel leaves the request of somebody else alone', async () => {
    const lease = await asked(table());
    expect(leaseOf(await table().rival.cancel(lease, meAgain, never)).request).toEqual(lease.request);
  });

  it('a take clears the request it finds', async () => {
    const lease = await asked(table());
    expect(leaseOf(await table().rival.take(lease, meAgain, {}, never)).request).toBeUndefined();
  });

  it('the same name taking its lease again after a restart is no switch of owner', async () => {
    const lease = await held(table());
    expect(leaseOf(await table().rival.take(lease, meAgain, {}, never))).toMatchObject({ holder: meAgain.incarnation, ownerSwitches: 0n });
  });

  it('remove is refused while the shard is not finished, and rewind while it is owned', async () => {
    const free = await created(table());
    expect((await table().store.remove(free, never)).outcome).toBe('stale');
    const lease = leaseOf(await table().store.take(free, me, {}, never));
    expect((await table().store.rewind(lease, horizon, never)).outcome).toBe('stale');
    expect(await table().store.read(lease.key, never)).toEqual(lease);
  });
}

/** Java workers beside ours: the pair of 3.x, and checkpoints that were prepared and never committed. */
export function javaSuite(table: () => LeaseTableUnderTest): void {
  describe('beside Java workers', () => {
    const pending = { pendingCheckpoint: { S: '123' }, pendingCheckpointSubSequenceNumber: { N: '0' }, pendingCheckpointState: { N: '7' } };

    it('a take removes a pair that it finds, and is refused when the pair appeared since', async () => {
      const lease = await held(table(), other);
      const paired = await reassign(table(), lease, 'w4');
      expect((await table().store.take(lease, me, {}, never)).outcome).toBe('stale');
      const taken = leaseOf(await table().store.take(paired, me, {}, never));
      expect(taken.checkpointOwner).toBeUndefined();
      expect(await table().get(lease.key)).not.toHaveProperty('checkpointOwner');
    });

    it('a checkpoint drops what a Java worker prepared, and a renewal keeps it', async () => {
      const lease = await held(table());
      await table().put({ ...(await table().get(lease.key)), ...pending });
      const renewed = leaseOf(await table().store.renew(lease, me, {}, never));
      expect(await table().get(fresh.key)).toMatchObject(pending);
      leaseOf(await table().store.checkpoint(renewed, me, at('124'), {}, never));
      expect(Object.keys((await table().get(fresh.key)) ?? {}).filter((name) => name.startsWith('pending'))).toEqual([]);
    });

    it('what is prepared is kept by every write that says so, replaced by a renewal, and dropped by the rest', async () => {
      const first: PreparedCheckpoint = { position: at('200', 3), state: new Uint8Array([0, 255]) };
      const second: PreparedCheckpoint = { position: at('300') };
      const { store, get } = table();
      let lease = leaseOf(await store.renew(await held(table()), me, { prepared: first }, never));
      expect(lease.prepared).toEqual(first);
      expect(await get(lease.key)).toMatchObject({
        pendingCheckpoint: { S: '200' },
        pendingCheckpointSubSequenceNumber: { N: '3' },
        pendingCheckpointState: { B: first.state },
      });
      lease = leaseOf(await store.checkpoint(lease, me, at('124'), { prepared: first }, never));
      expect(lease).toMatchObject({ position: at('124'), prepared: first });
      lease = leaseOf(await store.renew(lease, me, { prepared: second }, never));
      expect([lease.prepared, Object.hasOwn((await get(lease.key)) ?? {}, 'pendingCheckpointState')]).toEqual([second, false]);
      lease = leaseOf(await store.release(lease, me, at('125'), { prepared: second }, never));
      lease = leaseOf(await store.take(lease, other, {}, never));
      expect(lease).toMatchObject({ position: at('125'), prepared: second });
      lease = leaseOf(await store.request(lease, me, never));
      lease = leaseOf(await store.transfer(lease, other, at('126'), { prepared: second }, never));
      lease = leaseOf(await store.accept(lease, me, never));
      expect(lease).toMatchObject({ position: at('126'), prepared: second });
      await reassign(table(), lease, 'w4');
      const read = await store.read(lease.key, never);
      lease = leaseOf(await store.release(read ?? lease, me, at('127'), { prepared: second }, never));
      expect(lease).toMatchObject({ owner: 'w4', prepared: second });
      lease = leaseOf(await store.take(lease, me, {}, never));
      expect(leaseOf(await store.finish(lease, me, [], never))).not.toHaveProperty('prepared');
    });

    it.each(['renew', 'checkpoint'])('%s goes on under the hand-over that a 3.x leader began', async (name) => {
      const lease = await held(table());
      await reassign(table(), lease, 'w4');
      const act = holderWrites.find((write) => write.name === name)?.act;
      const kept = act === undefined ? undefined : leaseOf(await insist(lease, (over) => act(table().store, over)));
      expect(kept).toMatchObject({ owner: 'w4', checkpointOwner: me.worker, counter: lease.counter + 1n });
      expect(kept !== undefined && isBeingReassigned(kept, me)).toBe(true);
      if (kept !== undefined) leaseOf(await table().store.renew(kept, me, {}, never));
    });

    it.each(['release', 'transfer', 'finish'])('%s yields to the worker whom a 3.x leader named, and leaves the marks of the table alone', async (name) => {
      const lease = await asked(table());
      await table().store.ring([lease.key], [fresh.key], never);
      await table().store.vouch([lease.key], 'still', never);
      await plant(table(), lease.key, { sfSource: { S: 'the stream' } });
      await reassign(table(), lease, 'w4');
      const act = holderWrites.find((write) => write.name === name)?.act;
      const yielded = act === undefined ? undefined : leaseOf(await insist(lease, (over) => act(table().store, over)));
      expect(yielded).toMatchObject({ owner: 'w4', counter: lease.counter + 1n });
      const item = await table().get(lease.key);
      expect(item).not.toHaveProperty('checkpointOwner');
      expect(
        Object.keys(item ?? {})
          .filter((attribute) => attribute.startsWith('sf'))
          .sort(),
      ).toEqual(['sfBell', 'sfFreed', 'sfPeers', 'sfSource']);
    });

    it('a yield whose answer was lost counts as applied when repeated', async () => {
      const lease = await held(table());
      const paired = await reassign(table(), lease, 'w4');
      table().loseNextAnswer();
      await expect(table().store.release(paired, me, place, {}, never)).rejects.toThrow();
      expect(leaseOf(await table().store.release(paired, me, place, {}, never))).toMatchObject({ owner: 'w4', position: place });
    });

    it('an accept while a 3.x leader hands the row on is refused', async () => {
      const lease = await held(table());
      await reassign(table(), lease, 'w4');
      expect((await table().store.accept(lease, me, never)).outcome).toBe('stale');
    });
  });
}
