// What every lease store must do, whatever it stands on: one suite for the real ones and for the in-memory reference.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaseError } from '../../errors.ts';
import type { Item } from '../../rows/decode.ts';
import { isHeldBy, isOurs } from '../../rows/marks.ts';
import type { Lease, Written } from '../../types.ts';
import { created, held, type LeaseTableUnderTest, leaseOf, me, meAgain, never, type OpenTable, other, plant } from './harness.ts';
import { peersSuite } from './peers.ts';
import { readSuite } from './read.ts';
import { rowsSuite } from './rows.ts';
import { javaSuite, requestSuite, unheardSuite } from './together.ts';
import { vectorSuite } from './vectors.ts';
import { holderWrites, type WriteCase, writeCases } from './writes.ts';

const foreignAttributes: Item = { customer: { S: 'somebody' }, pendingNote: { M: { deep: { L: [{ N: '1' }] } } } };

/** As a lease with `undefined` for what is absent, so that a removed attribute can be told from an untouched one. */
function afterwards(before: Lease, change: Partial<Record<keyof Lease, unknown>>): unknown {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined));
}

function expectStale(written: Written | undefined): void {
  expect(written?.outcome, 'the write must be refused').toBe('stale');
}

function expectApplied(written: Written | undefined): void {
  if (written !== undefined) leaseOf(written);
}

/** Somebody else, a Java worker perhaps, moved the counter. */
async function moveCounter(table: LeaseTableUnderTest, lease: Lease): Promise<void> {
  await plant(table, lease.key, { leaseCounter: { N: String(lease.counter + 1n) }, leaseOwner: { S: 'java' } });
}

function without(item: Item | undefined, names: readonly string[] = []): Item {
  return Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => !names.includes(name)));
}

function eachWrite(write: WriteCase, table: () => LeaseTableUnderTest): void {
  const { arrange, act, becomes, overtake = moveCounter, overtaken, gone, mayMove, begins = false } = write;
  describe(write.name, () => {
    it('is applied while its condition holds, and answers with the row', async () => {
      const before = await arrange(table());
      const written = await act(table().store, before);
      expectApplied(written);
      const change = becomes(before);
      const row = await table().rival.read(before.key, never);
      expect(row).toEqual(change === null ? undefined : afterwards(before, change));
      if (change !== null && written !== undefined) expect(leaseOf(written)).toEqual(row);
    });

    it('applied, but the answer was lost: counts as applied when it is repeated, and lands once', async () => {
      const before = await arrange(table());
      table().loseNextAnswer();
      await expect(act(table().store, before)).rejects.toThrow(LeaseError);
      const landed = await table().get(before.key);
      const written = await act(table().store, before);
      expectApplied(written);
      const moved = begins ? ['leaseCounter', 'sfCounter'] : mayMove;
      expect(without(await table().get(before.key), moved)).toEqual(without(landed, moved));
      if (begins && written !== undefined) expect(leaseOf(written).counter).toBe(before.counter + 2n);
    });

    it('lands when it failed before it reached the table and is repeated', async () => {
      const before = await arrange(table());
      const untouched = await table().get(before.key);
      table().failNextWrite();
      await expect(act(table().store, before)).rejects.toMatchObject({ code: 'TABLE_UNREACHABLE', retryable: true });
      expect(await table().get(before.key)).toEqual(untouched);
      expectApplied(await act(table().store, before));
      expect(await table().get(before.key)).not.toEqual(untouched);
    });

    it(`a stale hand tries this: ${overtaken}, and the row is left as it is`, async () => {
      const before = await arrange(table());
      await overtake(table(), before);
      const row = await table().get(before.key);
      const written = await act(table().store, before);
      if (overtaken === 'stale') expectStale(written);
      else expectApplied(written);
      expect(row).toBeDefined();
      expect(without(await table().get(before.key), mayMove)).toEqual(without(row, mayMove));
    });

    if (gone !== undefined) {
      it(`never makes a row anew that is gone: ${gone}`, async () => {
        const lease = { ...(await arrange(table())), key: 'shardId-000000000077' };
        const written = await act(table().store, lease);
        if (gone === 'stale') expect(written).toEqual({ outcome: 'stale', current: undefined });
        else expectApplied(written);
        expect(await table().get(lease.key)).toBeUndefined();
      });
    }

    it('keeps attributes and items that are none of ours', async () => {
      const leader: Item = { leaseKey: { S: 'Leader' }, entityType: { S: 'LEADER' }, ownerName: { S: 'w3' } };
      const before = await arrange(table());
      const there = (await table().get(before.key)) !== undefined;
      if (there) await plant(table(), before.key, foreignAttributes);
      await table().put(leader);
      expectApplied(await act(table().store, before));
      const row = await table().get(before.key);
      if (there && row !== undefined) expect(row).toMatchObject(foreignAttributes);
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
      'it released it itself': async (lease) => leaseOf(await table().store.release(lease, me, { kind: 'latest' }, {}, never)),
      'somebody asked, was given it and has it': async (lease) => {
        const requested = leaseOf(await table().rival.request(lease, other, never));
        const given = leaseOf(await table().store.transfer(requested, me, { kind: 'latest' }, {}, never));
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
    for (const write of writeCases) eachWrite(write, table);
    refusalSuite(table);
    rowsSuite(table);
    readSuite(table);
    ownershipSuite(table);
    unheardSuite(table);
    requestSuite(table);
    javaSuite(table);
    peersSuite(table);
    vectorSuite(table);
  });
}
