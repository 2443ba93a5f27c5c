// What every lease store must do, whatever it stands on: one suite for the real ones and for the in-memory reference.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaseError } from '../../errors.ts';
import type { Item } from '../../rows/decode.ts';
import { isHeldBy, isOurs } from '../../rows/marks.ts';
import type { Lease, Written } from '../../types.ts';
import { created, fresh, held, type LeaseTableUnderTest, leaseOf, me, meAgain, never, type OpenTable, other } from './harness.ts';
import { javaSuite, requestSuite, unheardSuite } from './together.ts';
import { holderWrites, type WriteCase, writeCases } from './writes.ts';

const foreignAttributes: Item = { customer: { S: 'somebody' }, pendingNote: { M: { deep: { L: [{ N: '1' }] } } } };

async function plant(table: LeaseTableUnderTest, key: string, more: Item): Promise<void> {
  await table.put({ ...(await table.get(key)), ...more });
}

/** As a lease with `undefined` for what is absent, so that a removed attribute can be told from an untouched one. */
function afterwards(before: Lease, change: Partial<Record<keyof Lease, unknown>>): unknown {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined));
}

function expectStale(written: Written): void {
  expect(written.outcome, 'the write must be refused').toBe('stale');
}

/** Somebody else, a Java worker perhaps, moved the counter. */
async function moveCounter(table: LeaseTableUnderTest, lease: Lease): Promise<void> {
  await plant(table, lease.key, { leaseCounter: { N: String(lease.counter + 1n) }, leaseOwner: { S: 'java' } });
}

function eachWrite(name: string, { arrange, act, becomes, fenced }: WriteCase, table: () => LeaseTableUnderTest): void {
  describe(name, () => {
    it('is applied while its condition holds, and answers with the row', async () => {
      const before = await arrange(table());
      const written = leaseOf(await act(table().store, before));
      const change = becomes(before);
      const row = await table().rival.read(before.key, never);
      expect(row).toEqual(change === null ? undefined : afterwards(before, change));
      if (change !== null) expect(written).toEqual(row);
    });

    it('counts as applied when its answer was lost and it is repeated, and lands once', async () => {
      const before = await arrange(table());
      table().loseNextAnswer();
      await expect(act(table().store, before)).rejects.toThrow(LeaseError);
      const landed = await table().get(before.key);
      leaseOf(await act(table().store, before));
      expect(await table().get(before.key)).toEqual(landed);
    });

    it('lands when it failed before it reached the table and is repeated', async () => {
      const before = await arrange(table());
      const untouched = await table().get(before.key);
      table().failNextWrite();
      await expect(act(table().store, before)).rejects.toMatchObject({ code: 'TABLE_UNREACHABLE', retryable: true });
      expect(await table().get(before.key)).toEqual(untouched);
      leaseOf(await act(table().store, before));
      expect(await table().get(before.key)).not.toEqual(untouched);
    });

    if (fenced) {
      it('is refused once the counter has moved, and leaves the row as it is', async () => {
        const before = await arrange(table());
        await moveCounter(table(), before);
        const row = await table().get(before.key);
        expectStale(await act(table().store, before));
        expect(await table().get(before.key)).toEqual(row);
      });
    }

    it('keeps attributes and items that are none of ours', async () => {
      const leader: Item = { leaseKey: { S: 'Leader' }, entityType: { S: 'LEADER' }, ownerName: { S: 'w3' } };
      const before = await arrange(table());
      await plant(table(), before.key, foreignAttributes);
      await table().put(leader);
      leaseOf(await act(table().store, before));
      const row = await table().get(before.key);
      if (row !== undefined) expect(row).toMatchObject(foreignAttributes);
      expect(await table().get('Leader')).toEqual(leader);
    });
  });
}

function refusalSuite(table: () => LeaseTableUnderTest): void {
  describe.each(holderWrites)('$name by one who no longer holds the lease', ({ act }) => {
    const losses: Readonly<Record<string, (lease: Lease) => Promise<unknown>>> = {
      'another worker took it': async (lease) => leaseOf(await table().rival.take(lease, other, {}, never)),
      'its own name took it after a restart': async (lease) => leaseOf(await table().rival.take(lease, meAgain, {}, never)),
      'a Java worker of its name moved the counter': (lease) => plant(table(), lease.key, { leaseCounter: { N: String(lease.counter + 1n) } }),
      'it released it itself': async (lease) => leaseOf(await table().store.release(lease, me, { kind: 'latest' }, never)),
      'somebody asked, was given it and has it': async (lease) => {
        const requested = leaseOf(await table().rival.request(lease, other, never));
        const given = leaseOf(await table().store.transfer(requested, me, { kind: 'latest' }, never));
        leaseOf(await table().rival.accept(given, other, never));
      },
    };
    it.each(Object.keys(losses))('is refused after %s', async (loss) => {
      const lease = await held(table());
      await losses[loss]?.(lease);
      const row = await table().get(lease.key);
      const written = await act(table().store, lease);
      expectStale(written);
      expect(written).toMatchObject({ current: await table().rival.read(lease.key, never) });
      expect(await table().get(lease.key)).toEqual(row);
    });

    // Each differs from what the holder supposes in one attribute only, the counter included.
    const strangers: Readonly<Record<string, Item>> = {
      'another incarnation': { sfHolder: { S: other.incarnation } },
      'another owner': { leaseOwner: { S: other.worker } },
      'a 3.x hand-over to our own name': { checkpointOwner: { S: 'w3' } },
    };
    it.each(Object.keys(strangers))('is refused over a row of its counter with %s', async (stranger) => {
      const lease = await held(table());
      await plant(table(), lease.key, strangers[stranger] ?? {});
      const row = await table().get(lease.key);
      expectStale(await act(table().store, lease));
      expect(await table().get(lease.key)).toEqual(row);
    });

    it('is refused over a row that is gone, and never makes it anew', async () => {
      const lease = { ...(await held(table())), key: 'shardId-000000000077' };
      expect(await act(table().store, lease)).toEqual({ outcome: 'stale', current: undefined });
      expect(await table().get(lease.key)).toBeUndefined();
    });
  });
}

function rowsSuite(table: () => LeaseTableUnderTest): void {
  it('creates a row with counter 0 and no owner, tagged as a lease', async () => {
    expect(await created(table())).toEqual({ ...fresh, counter: 0n, ownerSwitches: 0n, children: [], bell: 0n });
    expect(await table().get(fresh.key)).toMatchObject({ entityType: { S: 'LEASE' }, leaseCounter: { N: '0' }, checkpoint: { S: 'TRIM_HORIZON' } });
  });

  it('takes a row that exists for a success, and leaves it alone', async () => {
    const lease = await held(table());
    const row = await table().get(lease.key);
    expect(leaseOf(await table().rival.create(fresh, never))).toEqual(lease);
    expect(await table().get(lease.key)).toEqual(row);
  });

  it('creates multi-stream rows with the attributes that the KCL asks for', async () => {
    const stream = '123456789012:orders:1700000000';
    const key = `${stream}:shardId-000000000003`;
    await table().store.create({ key, stream, shardId: 'shardId-000000000003', position: { kind: 'latest' }, parents: [] }, never);
    expect(await table().get(key)).toMatchObject({ streamName: { S: stream }, shardId: { S: 'shardId-000000000003' } });
    expect(await table().store.read(key, never)).toMatchObject({ key, stream, shardId: 'shardId-000000000003' });
  });

  it('lists leases by key, and no other items', async () => {
    await table().put({ leaseKey: { S: 'Migration3.0' }, entityType: { S: 'CLIENT_VERSION_MIGRATION' }, cv: { S: 'CLIENT_VERSION_2X' } });
    for (const key of ['shard-2', 'shard-1', 'shard-3']) await table().store.create({ ...fresh, key, shardId: key }, never);
    for (const consistent of [true, false]) {
      const { leases } = await table().store.list({ consistent }, never);
      expect(leases.map((lease) => lease.key)).toEqual(['shard-1', 'shard-2', 'shard-3']);
    }
  });

  it('names the key of a row that is broken', async () => {
    await table().put({ leaseKey: { S: 'shard-9' }, leaseCounter: { N: '1' }, checkpoint: { S: 'nonsense' } });
    await expect(table().store.list({ consistent: true }, never)).rejects.toMatchObject({ code: 'ROW_BROKEN', message: expect.stringContaining("'shard-9'") });
    await expect(table().store.read('shard-9', never)).rejects.toMatchObject({ code: 'ROW_BROKEN' });
  });

  it('rings the bell of the smallest key that is there, and no other', async () => {
    await created(table());
    await table().store.create({ ...fresh, key: 'shardId-9', shardId: 'shardId-9' }, never);
    await table().store.ring(['shardId-9', fresh.key, 'shardId-000'], never);
    await table().store.ring(['shardId-9', fresh.key], never);
    expect(await table().rival.read(fresh.key, never)).toMatchObject({ bell: 2n, counter: 0n });
    expect(await table().rival.read('shardId-9', never)).toMatchObject({ bell: 0n });
    expect(await table().get('shardId-000')).toBeUndefined();
  });

  it('rejects with the reason of a signal that was aborted', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped by the test'));
    await expect(table().store.list({ consistent: true }, stop.signal)).rejects.toThrow('stopped by the test');
  });
}

function ownershipSuite(table: () => LeaseTableUnderTest): void {
  it('lets exactly one of several takers have a lease', async () => {
    const lease = await created(table());
    const takers = [me, other, meAgain, { worker: 'worker-d', incarnation: 'd'.repeat(32) }];
    const outcomes = await Promise.all(takers.map((taker, index) => (index % 2 === 0 ? table().store : table().rival).take(lease, taker, {}, never)));
    const winners = takers.filter((_taker, index) => outcomes[index]?.outcome === 'applied');
    expect(winners).toHaveLength(1);
    const row = await table().store.read(lease.key, never);
    expect(winners.map((winner) => row !== undefined && isHeldBy(row, winner))).toEqual([true]);
    for (const written of outcomes) if (written.outcome === 'stale') expect(written.current).toEqual(row);
  });

  it('marks a row as ours until a Java worker writes it', async () => {
    const lease = await held(table());
    expect(isOurs(lease)).toBe(true);
    await moveCounter(table(), lease);
    const row = await table().store.read(lease.key, never);
    expect(row === undefined ? undefined : isOurs(row)).toBe(false);
  });
}

/** Declares the suite for one kind of lease store. Must be called while vitest collects tests. */
export function leaseStoreConformance(name: string, open: OpenTable): void {
  describe(`lease store: ${name}`, () => {
    let current: LeaseTableUnderTest | undefined;
    const table = (): LeaseTableUnderTest => {
      if (current === undefined) throw new Error('The table is opened before each test.');
      return current;
    };
    beforeEach(async () => {
      current = await open();
    });
    afterEach(async () => {
      await current?.close();
      current = undefined;
    });
    for (const write of writeCases) eachWrite(write.name, write, table);
    refusalSuite(table);
    rowsSuite(table);
    ownershipSuite(table);
    unheardSuite(table);
    requestSuite(table);
    javaSuite(table);
  });
}
