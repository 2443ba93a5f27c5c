import { describe, expect, it } from 'vitest';
import { adoptTable, copyToMultiStream, planCopy } from '../../src/adopt.ts';
import { LeaseError } from '../../src/errors.ts';
import { encodeLease } from '../../src/rows/encode.ts';
import { peersText } from '../../src/rows/peers.ts';
import { createMemoryTable, type MemoryLeaseTable, memoryLeaseStore } from '../../src/testing/index.ts';
import type { Lease, LeaseStore, PeerState } from '../../src/types.ts';
import { never, virtualTime } from './fleet/fleet.ts';
import { finished, javas, me, ours, released } from './fleet/rows.ts';

const stream = '123:orders:1700000000';
const source = 'arn:aws:kinesis:eu-west-1:123:stream/orders 1700000000';
const at = (sequence: string) => ({ position: { kind: 'sequence', sequence, subSequence: 0 } }) as const;
const table = (leases: readonly Lease[]) => ({ leases, broken: [] });

function tableWith(rows: readonly Lease[]): MemoryLeaseTable {
  const memory = createMemoryTable();
  for (const row of rows) memory.put(encodeLease(row));
  return memory;
}

describe('the plan of a copy', () => {
  const hashRange = { start: '0', end: '9' };
  const parent = released('s1', { ...finished, children: ['s0'], hashRange, owner: 'java', source });
  const child = released('s0', { ...at('7'), parents: ['s1'] });

  it('has every row at its position, parents first, and nobody as owner', () => {
    expect(planCopy(table([child, parent]), stream)).toEqual({
      missing: [
        { key: `${stream}:s1`, shardId: 's1', stream, position: { kind: 'shard-end' }, parents: [], children: ['s0'], hashRange },
        { key: `${stream}:s0`, shardId: 's0', stream, ...at('7'), parents: ['s1'], children: [] },
      ],
      there: [],
    });
  });

  it('leaves out what was copied, and other streams', () => {
    const copy = released(`${stream}:s1`, { shardId: 's1', stream, counter: 0n });
    const others = released('9:else:1:s0', { shardId: 's0', stream: '9:else:1' });
    const { missing, there } = planCopy(table([child, parent, copy, others]), stream);
    expect([missing.map(({ key }) => key), there]).toEqual([[`${stream}:s0`], [`${stream}:s1`]]);
  });

  const copy = released(`${stream}:s0`, { shardId: 's0', stream });
  it.each([
    ['a text that names no stream', table([child]), 'orders', 'TABLE_FOREIGN'],
    ['rows of another stream', table([{ ...child, source: source.replace('orders', 'bills') }]), stream, 'TABLE_FOREIGN'],
    ['rows of another account', table([{ ...child, source: source.replace('123', '124') }]), stream, 'TABLE_FOREIGN'],
    ['rows of the stream before it was made anew', table([{ ...child, source: source.replace('17', '16') }]), stream, 'TABLE_FOREIGN'],
    ['a rest that a fleet may have finished and removed', table([child, parent, copy]), stream, 'TABLE_FOREIGN'],
    ['a row that cannot be read', { leases: [child], broken: [{ key: 's2', error: new LeaseError('ROW_BROKEN', 'broken (test)') }] }, stream, 'ROW_BROKEN'],
  ])('refuses %s', (_, rows, name, code) => {
    expect(() => planCopy(rows, name)).toThrow(expect.objectContaining({ code }));
  });

  it('has nothing against a fleet at work when all is copied, nor against a row that does not tell when its stream was made', () => {
    expect(planCopy(table([child, copy]), stream)).toEqual({ missing: [], there: [copy.key] });
    expect(planCopy(table([{ ...child, source: source.replace(/ .*/, '') }]), stream).missing).toHaveLength(1);
  });
});

describe('a copy', () => {
  const durationMs = 10_000;

  function copying(memory: MemoryLeaseTable, store: LeaseStore = memoryLeaseStore({ table: memory })) {
    const time = virtualTime();
    const outcome = copyToMultiStream({ store, stream, durationMs, machine: time.machine(1), signal: never });
    outcome.catch(() => undefined);
    return { time, outcome };
  }
  const copies = (memory: MemoryLeaseTable) => memory.leases().filter((row) => row.stream !== undefined);

  it('is made at once of rows that nobody holds, and once only', async () => {
    const memory = tableWith([released('s0', at('7')), released('s1', { ...at('8'), parents: ['s0'] })]);
    expect(await copying(memory).outcome).toEqual({ created: 2, there: 0 });
    expect(copies(memory)).toMatchObject([
      { key: `${stream}:s0`, shardId: 's0', counter: 0n, ...at('7') },
      { key: `${stream}:s1`, shardId: 's1', counter: 0n, ...at('8'), parents: ['s0'] },
    ]);
    expect(memory.leases()).toHaveLength(4);
    expect(await copying(memory).outcome).toEqual({ created: 0, there: 2 });
  });

  it('waits until the leases of a dead fleet have stood still for their duration', async () => {
    const memory = tableWith([javas('s0', 'java'), ours('s1', me)]);
    const { time, outcome } = copying(memory);
    await time.advance(durationMs - 1);
    expect(copies(memory)).toEqual([]);
    await time.advance(2);
    expect(await outcome).toEqual({ created: 2, there: 0 });
  });

  it.each([
    ['renews', javas('s1', 'java', { counter: 8n })],
    ['renews a finished one', javas('s1', 'java', { counter: 8n, ...finished })],
    ['takes one', javas('s0', 'java', { counter: 8n })],
    ['of ours renews', ours('s1', me, { counter: 8n, holderCounter: 8n })],
  ])('is refused while a worker %s', async (_, moved) => {
    const memory = tableWith([released('s0'), javas('s1', 'java')]);
    const { time, outcome } = copying(memory);
    await time.advance(durationMs / 2);
    memory.put(encodeLease(moved));
    await time.advance(durationMs);
    await expect(outcome).rejects.toMatchObject({ code: 'HELD_BY_OTHERS', message: expect.stringContaining(moved.key) });
    expect(copies(memory)).toEqual([]);
  });

  it('that was cut short lacks no parent of what it has, and is completed by the next', async () => {
    const memory = tableWith([released('a', { ...at('7'), parents: ['b'] }), released('b', finished), released('c')]);
    let creations = 0;
    const before = ({ operation }: { readonly operation: string }) => {
      if (operation === 'create' && ++creations > 1) throw new LeaseError('TABLE_THROTTLED', 'slow (test)', { retryable: true });
    };
    await expect(copying(memory, memoryLeaseStore({ table: memory, before })).outcome).rejects.toMatchObject({ code: 'TABLE_THROTTLED' });
    expect(copies(memory).map((row) => row.shardId)).toEqual(['b']);
    expect(await copying(memory).outcome).toEqual({ created: 2, there: 1 });
  });
});

describe('an adoption', () => {
  const peers: PeerState = { leader: { owner: 'java', beat: '1', leaseDurationMs: 120_000 }, mode: 'CLIENT_VERSION_3X', metrics: [] };
  const adopt = (memory: MemoryLeaseTable, found: PeerState) =>
    adoptTable({ store: { ...memoryLeaseStore({ table: memory }), peers: async () => found }, signal: never });

  it('notes what a 3.x fleet left in one row', async () => {
    const memory = tableWith([released('a'), released('b')]);
    expect(await adopt(memory, peers)).toEqual({ peers, noted: true });
    expect(memory.leases().map((row) => row.peersSeen)).toEqual([peersText(peers), undefined]);
  });

  it.each([
    ['nothing of one is there', [released('a')], { metrics: [] }],
    ['there is no row', [], peers],
  ])('notes nothing where %s', async (_, rows, found) => {
    const memory = tableWith(rows);
    expect(await adopt(memory, found)).toEqual({ peers: found, noted: false });
    expect(memory.leases().map((row) => row.peersSeen)).toEqual(rows.map(() => undefined));
  });
});
