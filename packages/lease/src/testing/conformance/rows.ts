// The part of the suite about rows as such: what creating makes, what listing shows, and the marks that belong to the table.
import { expect, it } from 'vitest';
import { created, fresh, held, type LeaseTableUnderTest, leaseOf, me, never, other } from './harness.ts';

/** What is in the table, and what is made, listed and marked in it without a lease. */
export function rowsSuite(table: () => LeaseTableUnderTest): void {
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

  it('lists the leases beside a row that is broken, and says which it is and what becomes of it', async () => {
    const lease = await created(table());
    await table().put({ leaseKey: { S: 'shard-9' }, leaseCounter: { N: '1' }, checkpoint: { S: 'nonsense' } });
    const rows = await table().store.list({ consistent: true }, never);
    expect(rows.leases).toEqual([lease]);
    const broken = { code: 'ROW_BROKEN', retryable: false, message: expect.stringMatching(/'shard-9'.*'nonsense'.*its shard waits.*[Rr]epair/) };
    expect(rows.broken).toEqual([{ key: 'shard-9', error: expect.objectContaining(broken) }]);
    await expect(table().store.read('shard-9', never)).rejects.toMatchObject({ code: 'ROW_BROKEN' });
  });

  it('says how large the table is, about, foreign items included', async () => {
    expect((await table().store.list({ consistent: true }, never)).bytes).toBe(0);
    await created(table());
    const { bytes } = await table().store.list({ consistent: true }, never);
    await table().put({ leaseKey: { S: 'Leader' }, entityType: { S: 'LEADER' }, data: { S: 'x'.repeat(5000) } });
    const more = (await table().store.list({ consistent: true }, never)).bytes;
    expect(bytes).toBeGreaterThan(200);
    expect(bytes).toBeLessThan(400);
    expect(more - bytes).toBeGreaterThan(5000);
    expect(more - bytes).toBeLessThan(5100);
  });

  it('writes the source of a lease where the row names none, and nowhere else', async () => {
    const named = leaseOf(await table().store.take(await created(table()), me, { source: 'the stream' }, never));
    expect(await table().get(fresh.key)).toMatchObject({ sfSource: { S: 'the stream' } });
    expect(leaseOf(await table().rival.take(named, other, { source: 'another stream' }, never))).toMatchObject({ source: 'the stream', owner: other.worker });
  });

  it('vouches in the first row of the smallest keys that is there, and no other', async () => {
    await created(table());
    await table().store.create({ ...fresh, key: 'shardId-9', shardId: 'shardId-9' }, never);
    await table().store.vouch(['shardId-9', fresh.key, 'shardId-000'], 'first', never);
    await table().store.vouch(['shardId-9', fresh.key], 'second', never);
    expect(await table().rival.read(fresh.key, never)).toMatchObject({ peersSeen: 'second', counter: 0n });
    expect(await table().rival.read('shardId-9', never)).not.toHaveProperty('peersSeen');
    expect(await table().get('shardId-000')).toBeUndefined();
  });

  it('rings the bell of the smallest key that is there, and no other', async () => {
    await created(table());
    await table().store.create({ ...fresh, key: 'shardId-9', shardId: 'shardId-9' }, never);
    await table().store.ring(['shardId-9', fresh.key, 'shardId-000'], [fresh.key], never);
    expect(await table().rival.read(fresh.key, never, { consistent: false })).toMatchObject({ bell: 1n, counter: 0n, freed: [fresh.key] });
    await table().store.ring(['shardId-9', fresh.key], ['shardId-9', 'shardId-1'], never);
    expect(await table().rival.read(fresh.key, never)).toMatchObject({ bell: 2n, counter: 0n, freed: ['shardId-1', 'shardId-9'] });
    await table().store.ring([fresh.key], undefined, never);
    expect(await table().rival.read(fresh.key, never)).toMatchObject({ bell: 3n });
    expect(await table().get(fresh.key)).not.toHaveProperty('sfFreed');
    expect(await table().rival.read('shardId-9', never)).toMatchObject({ bell: 0n });
    expect(await table().get('shardId-000')).toBeUndefined();
  });

  it('reads a table in parts: each row is in one of them, and stays there', async () => {
    const shardIds = Array.from({ length: 12 }, (_, at) => `shardId-${at}`);
    for (const shardId of shardIds) await table().store.create({ ...fresh, key: shardId, shardId }, never);
    const part = async (index: number) => (await table().store.list({ consistent: true, part: { index, of: 3 } }, never)).leases.map((lease) => lease.key);
    const parts = [await part(0), await part(1), await part(2)];
    expect(parts.flat().sort()).toEqual([...shardIds].sort());
    expect([await part(0), await part(1), await part(2)]).toEqual(parts);
  });

  it('rejects with the reason of a signal that was aborted', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped by the test'));
    await expect(table().store.list({ consistent: true }, stop.signal)).rejects.toThrow('stopped by the test');
  });
}
