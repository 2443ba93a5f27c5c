// The codec on its own: quirks of the Java writers, broken rows, and that reading undoes writing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLease, decodeRow, type Item, leaseIn } from '../../../src/rows/decode.ts';
import { encodeLease } from '../../../src/rows/encode.ts';
import { isBeingReassigned, isHeldBy, isOurs, validRequest } from '../../../src/rows/marks.ts';
import type { Lease, Position } from '../../../src/types.ts';

const bare: Item = { leaseKey: { S: 'shard-1' }, leaseCounter: { N: '7' }, checkpoint: { S: 'LATEST' } };

const position: fc.Arbitrary<Position> = fc.oneof(
  fc.constantFrom<Position>({ kind: 'trim-horizon' }, { kind: 'latest' }, { kind: 'at-timestamp' }, { kind: 'shard-end' }),
  fc.record({ kind: fc.constant('sequence' as const), sequence: fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String), subSequence: fc.nat() }),
);
const word = fc.string({ minLength: 1, maxLength: 8 });
const counter = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const shardIds = fc.uniqueArray(word, { maxLength: 3 }).map((names) => names.sort());

const lease: fc.Arbitrary<Lease> = fc
  .record(
    {
      shard: fc.stringMatching(/^shardId-\d{12}$/),
      stream: fc.constant('123456789012:orders:1700000000'),
      owner: word,
      checkpointOwner: word,
      counter,
      position,
      ownerSwitches: counter,
      parents: shardIds,
      children: shardIds,
      hashRange: fc.record({ start: counter.map(String), end: counter.map(String) }),
      throughputKBps: fc.nat().map((millionths) => millionths / 1e6),
      holder: word,
      holderCounter: counter,
      readMs: fc.nat(),
      request: fc.record({ next: word, nextHolder: word, asked: word }),
      prepared: fc.record({ position, state: fc.uint8Array() }, { requiredKeys: ['position'] }),
      bell: counter,
      source: word,
      peersSeen: word,
    },
    { requiredKeys: ['shard', 'counter', 'position', 'ownerSwitches', 'parents', 'children', 'bell'] },
  )
  .map(({ shard, readMs, ...rest }) => ({
    ...rest,
    shardId: shard,
    key: rest.stream === undefined ? shard : `${rest.stream}:${shard}`,
    // Believed of the last writer of the row only.
    ...(readMs === undefined ? {} : { readMs, holderCounter: rest.counter }),
  }));

describe('the codec', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(lease, (row) => {
        expect(decodeLease(encodeLease(row))).toEqual(row);
      }),
    );
  });

  it.each<[string, Item]>([
    ['its place is no position', { pendingCheckpoint: { S: 'somewhere' } }],
    ['its place is no text', { pendingCheckpoint: { N: '80' } }],
    ['its state is no bytes', { pendingCheckpoint: { S: '80' }, pendingCheckpointState: { S: 's' } }],
  ])('a prepared checkpoint that cannot be read holds no shard up: %s', (_, pending) => {
    expect(decodeLease({ ...bare, ...pending })).not.toHaveProperty('prepared');
  });

  it('never writes an empty text or set, which DynamoDB and the KCL refuse', () => {
    fc.assert(
      fc.property(lease, (row) => {
        for (const value of Object.values(encodeLease(row))) expect(value.SS?.length === 0 || value.S === '').toBe(false);
      }),
    );
  });

  it('does with the least that KCL 1.x writes', () => {
    expect(decodeLease(bare)).toEqual({
      key: 'shard-1',
      shardId: 'shard-1',
      counter: 7n,
      position: { kind: 'latest' },
      ownerSwitches: 0n,
      parents: [],
      children: [],
      bell: 0n,
    });
  });

  it('takes stream and shard from a multi-stream key, with and without the attributes', () => {
    const key = '123456789012:orders:1700000000:shardId-000000000003';
    const expected = { stream: '123456789012:orders:1700000000', shardId: 'shardId-000000000003' };
    expect(decodeLease({ ...bare, leaseKey: { S: key } })).toMatchObject(expected);
    const attributes = { streamName: { S: expected.stream }, shardId: { S: expected.shardId } };
    expect(decodeLease({ ...bare, leaseKey: { S: key }, ...attributes })).toMatchObject(expected);
  });

  it.each<[string, Item, number | undefined]>([
    ['our last write', { sfCounter: { N: '7' }, sfHolder: { S: 'i1' } }, 1_700_000_000_123],
    ['our last write, which gave the lease back', { sfCounter: { N: '7' } }, 1_700_000_000_123],
    ['a write before a Java worker’s', { sfCounter: { N: '6' }, sfHolder: { S: 'i1' } }, undefined],
    ['nobody knows whom', {}, undefined],
  ])('believes how far a shard was read if it is of %s', (_whose, marks, read) => {
    expect(decodeLease({ ...bare, ...marks, sfRead: { N: '1700000000123' } }).readMs).toBe(read);
  });

  it.each([
    ['12.5', 12.5],
    ['1.5798304E-3', 0.0015798304],
    ['2E+2', 200],
  ])('reads the throughput %s as Java writes it', (written, read) => {
    expect(decodeLease({ ...bare, throughputKBps: { N: written } }).throughputKBps).toBe(read);
  });

  it.each([{ N: '3' }, { B: new Uint8Array([1]) }])('does not mind the type of pendingCheckpointState', (state) => {
    expect(decodeLease({ ...bare, pendingCheckpoint: { S: '5' }, pendingCheckpointState: state as Item[string] }).counter).toBe(7n);
  });

  it('keeps all digits of a sequence number and a counter', () => {
    const row = decodeLease({
      ...bare,
      leaseCounter: { N: '9223372036854775807' },
      checkpoint: { S: '49590338271490256608559692538361571095921575989136588898' },
    });
    expect(row).toMatchObject({
      counter: 9223372036854775807n,
      position: { sequence: '49590338271490256608559692538361571095921575989136588898', subSequence: 0 },
    });
  });

  it.each<[string, Item]>([
    ['a leader', { leaseKey: { S: 'Leader' }, entityType: { S: 'LEADER' }, leaseDuration: { S: '120000' } }],
    ['a leader of 3.0', { leaseKey: { S: 'Leader' }, leaseDuration: { S: '120000' }, ownerName: { S: 'w' } }],
    ['metrics', { leaseKey: { S: 'w1' }, entityType: { S: 'WORKER_METRIC_STATS' }, lut: { N: '1' } }],
    ['an entity of tomorrow', { ...bare, entityType: { S: 'WHATEVER' } }],
  ])('leaves %s alone', (_name, item) => {
    expect(decodeRow(item)).toEqual({ kind: 'foreign', key: item.leaseKey?.S });
  });

  it.each<[string, Item]>([
    ['no counter', { leaseKey: { S: 'shard-1' }, checkpoint: { S: 'LATEST' } }],
    ['no checkpoint', { leaseKey: { S: 'shard-1' }, leaseCounter: { N: '1' } }],
    ['neither, though tagged a lease', { leaseKey: { S: 'shard-1' }, entityType: { S: 'LEASE' } }],
    ['a checkpoint of another language', { ...bare, checkpoint: { S: '12x' } }],
    ['an empty checkpoint', { ...bare, checkpoint: { S: '' } }],
    ['a fractional counter', { ...bare, leaseCounter: { N: '1.5' } }],
    ['a counter as text', { ...bare, leaseCounter: { S: '1' } }],
    ['an owner as number', { ...bare, leaseOwner: { N: '1' } }],
    ['parents as text', { ...bare, parentShardId: { S: 'p' } }],
    ['a mark as text', { ...bare, sfCounter: { S: '7' } }],
    ['a source as number', { ...bare, sfSource: { N: '7' } }],
    ['a time as text', { ...bare, sfRead: { S: '7' } }],
    ['half a millisecond', { ...bare, sfRead: { N: '7.5' } }],
  ])('refuses a row with %s, naming it', (_name, item) => {
    const error = { code: 'ROW_BROKEN', retryable: false, message: expect.stringContaining("'shard-1'") };
    expect(decodeRow(item)).toEqual({ kind: 'broken', key: 'shard-1', error: expect.objectContaining(error) });
    expect(() => decodeLease(item)).toThrow(expect.objectContaining(error));
  });

  it('says of an item that must be a lease when it is none', () => {
    const foreign: Item = { leaseKey: { S: 'Leader' }, entityType: { S: 'LEADER' } };
    expect(leaseIn(foreign)).toBeUndefined();
    expect(() => decodeLease(foreign)).toThrow(expect.objectContaining({ code: 'ROW_BROKEN', message: expect.stringContaining("'Leader'") }));
  });

  it('refuses an item without a key', () => {
    expect(decodeRow({ checkpoint: { S: 'LATEST' } })).toMatchObject({ kind: 'broken', error: { code: 'ROW_BROKEN' } });
  });
});

describe('marks', () => {
  const me = { worker: 'a', incarnation: 'i1' };
  const request = { next: 'b', nextHolder: 'i2', asked: 'i1' };
  const row: Lease = { ...decodeLease(bare), owner: 'a', holder: 'i1', holderCounter: 7n, request };

  it.each<[string, Lease, boolean, boolean, boolean, boolean]>([
    ['as we left it', row, true, true, false, true],
    ['of another incarnation', { ...row, holder: 'i9' }, true, false, false, false],
    ['of another name', { ...row, owner: 'z' }, true, false, false, true],
    ['moved by Java', { ...row, counter: 8n }, false, false, false, false],
    ['with a pair of a 3.x leader', { ...row, owner: 'w', checkpointOwner: 'a' }, true, false, true, true],
    ['with a pair, moved by Java', { ...row, counter: 8n, owner: 'w', checkpointOwner: 'a' }, false, false, false, false],
    ['with somebody else’s pair', { ...row, owner: 'w', checkpointOwner: 'x' }, true, false, false, true],
  ])('a row %s', (_name, seen, ours, held, reassigned, requested) => {
    expect([isOurs(seen), isHeldBy(seen, me), isBeingReassigned(seen, me), validRequest(seen) !== undefined]).toEqual([ours, held, reassigned, requested]);
  });
});
