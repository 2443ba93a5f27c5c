// The KCL's vectors for its checkpointer (C1 to C12), in this package's words: a batch goes up to record (100,0), and what is
// checkpointed is what is acknowledged.
import { describe, expect, test } from 'vitest';
import type { ShardContext, ShardSource, StreamRecord } from '../../src/types.ts';
import { leaseStub } from '../support/held-lease.ts';
import { child, readingOf } from '../support/reading.ts';
import { batch, recordAt } from '../support/records.ts';

type Place = readonly [sequence: number, subSequence: number];

const at = ([sequence, subSequence]: Place) => ({ kind: 'sequence', sequence: String(sequence), subSequence }) as const;
const places: readonly Place[] = [
  [40, 0],
  [50, 0],
  [50, 1],
  [50, 2],
  [50, 3],
  [90, 0],
  [100, 0],
];
const recordOf = ([sequence, subSequence]: Place): StreamRecord => ({ ...recordAt(sequence), subSequence });

/** A processor with the batch up to (100,0) in its hands, which has checkpointed `last` already. */
async function setUp(last: Place | undefined) {
  const given = places.map(recordOf);
  const source: ShardSource = {
    async *open() {
      yield batch(given, { children: [child] });
    },
  };
  const began = Promise.withResolvers<ShardContext>();
  const gate = Promise.withResolvers<void>();
  const reading = readingOf(
    {
      process(_batch, shard) {
        began.resolve(shard);
        return gate.promise;
      },
    },
    { source },
  );
  /** A record that was never given is one all the same. */
  const find = (place: Place) => given.find((each) => each.sequence === String(place[0]) && each.subSequence === place[1]) ?? recordOf(place);
  const reader = reading.start();
  const shard = await began.promise;
  const checkpoint = (place: Place | undefined) => shard.checkpoint(place && find(place));
  if (last !== undefined) await checkpoint(last);
  reading.lease.writes.length = 0;
  return { ...reading, reader, shard, gate, checkpoint, find, all: given };
}

describe('while the batch is worked on', () => {
  test.each<[string, Place | undefined, Place, readonly Place[] | 'POSITION_INVALID']>([
    ['C1: the last record of the batch', undefined, [100, 0], [[100, 0]]],
    ['C2: one before the last checkpoint', [50, 0], [40, 0], 'POSITION_INVALID'],
    ['C3: one that was never given', [50, 0], [101, 0], 'POSITION_INVALID'],
    ['C4: the last checkpoint again', [50, 0], [50, 0], []],
    ['C5: a lower place in the same aggregate', [50, 2], [50, 1], 'POSITION_INVALID'],
    ['C6: a higher place in the same aggregate', [50, 2], [50, 3], [[50, 3]]],
  ])('%s', async (_, last, asked, expected) => {
    const { lease, checkpoint, gate, reader } = await setUp(last);
    const asking = checkpoint(asked);
    if (expected === 'POSITION_INVALID') await expect(asking).rejects.toMatchObject({ code: 'POSITION_INVALID' });
    else await asking;
    expect(lease.writes).toEqual(expected === 'POSITION_INVALID' ? [] : expected.map((place) => ({ kind: 'checkpoint', at: at(place) })));
    gate.resolve();
    await reader.done;
  });

  test('C1: without a record it saves what is acknowledged: all of the batch when all of it is', async () => {
    const { lease, checkpoint, shard, all, gate, reader } = await setUp(undefined);
    await checkpoint(undefined);
    expect(lease.writes).toEqual([]);
    for (const record of all) shard.acknowledge(record);
    await checkpoint(undefined);
    expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at([100, 0]) }]);
    gate.resolve();
    await reader.done;
  });

  test('C3: a refused record acknowledges nothing', async () => {
    const { checkpoint, reader, gate } = await setUp([50, 0]);
    const open = reader.openRecords();
    await expect(checkpoint([101, 0])).rejects.toThrow(/not given.*Nothing was acknowledged/);
    expect(reader.openRecords()).toBe(open);
    gate.resolve();
    await reader.done;
  });
});

describe('at the end of the shard the lease ends, whatever was checkpointed before', () => {
  test.each<[string, Place | undefined, Place | undefined]>([
    ['C7: the last record was, and nothing more is', [100, 0], undefined],
    ['C8: an earlier one was, and the last one is', [90, 0], [100, 0]],
    ['C9: the last record was, and is again (the Java KCL is trapped here)', [100, 0], [100, 0]],
    ['nothing was, and nothing is', undefined, undefined],
  ])('%s', async (_, last, again) => {
    const { lease, checkpoint, gate, reader } = await setUp(last);
    if (again !== undefined) await checkpoint(again);
    gate.resolve();
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'finish', children: [child] });
    expect(lease.held.lease.position).toEqual({ kind: 'shard-end' });
  });
});

describe('a prepared checkpoint', () => {
  const state = new TextEncoder().encode('s');
  async function prepared() {
    const set = await setUp([50, 0]);
    const record = set.find([90, 0]);
    const handle = await set.shard.prepareCheckpoint(record, state);
    return { ...set, handle };
  }

  test('C10: is written beside the position with its state, and committed', async () => {
    const { lease, handle, gate, reader } = await prepared();
    expect(lease.writes).toEqual([{ kind: 'prepare', prepared: { position: at([90, 0]), state } }]);
    expect(lease.held.lease).toMatchObject({ position: at([50, 0]), prepared: { position: at([90, 0]), state } });
    await handle.commit();
    expect(lease.writes.at(-1)).toEqual({ kind: 'checkpoint', at: at([90, 0]) });
    expect(lease.held.lease).not.toHaveProperty('prepared');
    gate.resolve();
    await reader.done;
  });

  test.each<[string, Place, Place | 'POSITION_INVALID']>([
    ['is dropped by a lower one, and may be committed after it', [50, 2], [90, 0]],
    ['is dropped by the same, and committing it writes nothing more', [90, 0], [90, 0]],
    ['is dropped by a higher one, and is refused then', [100, 0], 'POSITION_INVALID'],
  ])('C11: %s', async (_, between, outcome) => {
    const { lease, handle, checkpoint, gate, reader } = await prepared();
    await checkpoint(between);
    expect(lease.held.lease).not.toHaveProperty('prepared');
    const committing = handle.commit();
    if (outcome === 'POSITION_INVALID') await expect(committing).rejects.toMatchObject({ code: 'POSITION_INVALID' });
    else await committing;
    const expected = outcome === 'POSITION_INVALID' || between[0] === outcome[0] ? [between] : [between, outcome];
    expect(lease.writes.slice(1)).toEqual(expected.map((place) => ({ kind: 'checkpoint', at: at(place) })));
    gate.resolve();
    await reader.done;
  });

  test('of the position that is saved already writes nothing', async () => {
    const { lease, shard, find, gate, reader } = await setUp([50, 0]);
    const handle = await shard.prepareCheckpoint(find([50, 0]));
    await handle.commit();
    expect(lease.writes).toEqual([]);
    gate.resolve();
    await reader.done;
  });

  test.each<[string, Place, Uint8Array, string]>([
    ['a record before the last', [40, 0], state, 'POSITION_INVALID'],
    ['a record that was never given', [101, 0], state, 'POSITION_INVALID'],
    ['a state that does not fit', [90, 0], new Uint8Array(16_385), 'OPTIONS_INVALID'],
  ])('of %s is refused', async (_, place, given, code) => {
    const { lease, shard, find, gate, reader } = await setUp([50, 0]);
    await expect(shard.prepareCheckpoint(find(place), given)).rejects.toMatchObject({ code });
    expect(lease.writes).toEqual([]);
    gate.resolve();
    await reader.done;
  });

  test('survives a position that is saved by itself on the way there, and the release', async () => {
    const { lease, shard, all, gate, reader } = await prepared();
    for (const record of all.slice(0, 4)) shard.acknowledge(record);
    lease.drain();
    gate.reject(new Error('not today'));
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: at([50, 2]) });
    expect(lease.held.lease).toHaveProperty('prepared');
  });

  test('is found by the next owner, until all up to it is done', async () => {
    const seen: unknown[] = [];
    const found = { position: at([4, 0]), state };
    const stub = leaseStub(undefined, found);
    const { start, put, time } = readingOf(
      {
        process(_batch, shard) {
          seen.push(shard.prepared);
        },
      },
      { held: stub.held },
    );
    put('a', 'b', 'c', 'd');
    const reader = start();
    await time.advance(0);
    put('e');
    await time.advance(5_000);
    expect(seen).toEqual([found, found, undefined]);
    stub.drain();
    await reader.done;
    expect(stub.held.lease).not.toHaveProperty('prepared');
  });
});

test.each<[string, Place | undefined]>([
  ['what is acknowledged', undefined],
  ['a later record', [100, 0]],
  ['an earlier one', [40, 0]],
  ['one that was never given', [101, 0]],
])('C12: once the lease is lost, checkpointing %s says so and writes nothing', async (_, place) => {
  const { lease, checkpoint, gate, reader } = await setUp([50, 0]);
  const sent = lease.sent();
  const open = reader.openRecords();
  lease.lose();
  await expect(checkpoint(place)).rejects.toMatchObject({ code: 'LEASE_LOST' });
  gate.resolve();
  await reader.done;
  expect([lease.writes, lease.sent()]).toEqual([[], sent]);
  expect(reader.openRecords(), 'nothing is acknowledged any more').toBe(open);
});

test('while an earlier batch is open, a record of a later one is acknowledged, and the position waits', async () => {
  const contexts: [ShardContext, StreamRecord | undefined][] = [];
  const gate = Promise.withResolvers<void>();
  const { time, lease, start, put } = readingOf(
    {
      process({ records }, shard) {
        contexts.push([shard, records.at(-1)]);
        return gate.promise;
      },
    },
    { maxInFlight: 2 },
  );
  put('a', 'b', 'c', 'd');
  const reader = start();
  await time.advance(0);
  const [first, second] = contexts;
  await second?.[0].checkpoint(second[1]);
  expect([lease.writes, reader.openRecords()]).toEqual([[], 2]);
  await first?.[0].checkpoint(first[1]);
  expect(lease.writes).toEqual([{ kind: 'checkpoint', at: at([4, 0]) }]);
  gate.resolve();
  lease.drain();
  await reader.done;
});
