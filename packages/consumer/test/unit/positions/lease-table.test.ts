// Positions that are moved in a lease table, as workers meet them afterwards: nothing that was to be read again is left out, nothing unread is
// passed over, and what a living worker holds is not touched.
import { describe, expect, test } from 'vitest';
import { before } from '../../../src/positions/target.ts';
import { aggregate } from '../../../src/testing/index.ts';
import { leaseDesk, never } from '../../support/lease-desk.ts';
import { memoryFleet, minuteMs, retentionMs, startMs, stream } from '../../support/memory-fleet.ts';

const first = 'shardId-000000000000';
const nothing = {};
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));

/** Ten records, a minute between each two; all read, and the worker is gone. */
async function readFleet() {
  const fleet = memoryFleet();
  const sequences: string[] = [];
  for (const text of numbers(1, 9)) {
    sequences.push(...fleet.put(text));
    await fleet.time.advance(minuteMs);
  }
  sequences.push(...fleet.put('10'));
  expect(await fleet.readAll()).toEqual(numbers(1, 10));
  const hands = leaseDesk(fleet);
  const lease = async () => {
    const { leases } = await hands.rows();
    const [only] = leases;
    if (only === undefined) throw new Error('There is no lease.');
    return only;
  };
  return { fleet, sequences, lease, ...hands };
}

describe('one lease', () => {
  test.each([
    ['a time', { kind: 'timestamp', atMs: startMs + 5 * minuteMs } as const, numbers(6, 10)],
    ['a time between two records', { kind: 'timestamp', atMs: startMs + 5 * minuteMs + 1 } as const, numbers(7, 10)],
    ['the oldest record', { kind: 'trim-horizon' } as const, numbers(1, 10)],
  ])('goes back to %s', async (_, aim, seen) => {
    const { fleet, desk, after, rows, lease } = await readFleet();
    const row = await lease();
    const plan = await after(desk.planSet(row, aim, await rows(), never));
    await after(desk.carryOut(plan, nothing, never));
    expect((await lease()).counter).toBe(row.counter + 1n);
    expect(await fleet.readAll()).toEqual(seen);
  });

  test('goes back to a time that the service finds only after empty pages', async () => {
    const { fleet, sequences, after, rows, lease } = await readFleet();
    let pages = 0;
    const { desk } = leaseDesk(fleet, {
      hook({ operation }) {
        if (operation !== 'page') return undefined;
        pages += 1;
        return pages <= 3 ? { kind: 'short', records: 0 } : undefined;
      },
    });
    const plan = await after(desk.planSet(await lease(), { kind: 'timestamp', atMs: startMs + 5 * minuteMs }, await rows(), never));
    expect(plan.moves.map(({ to }) => to)).toEqual([before(sequences[5] ?? '')]);
  });

  test('goes on with the record after the one that is named', async () => {
    const { fleet, sequences, desk, after, rows, lease } = await readFleet();
    const sequence = sequences[6] ?? '';
    await after(desk.carryOut(await after(desk.planSet(await lease(), { kind: 'sequence', sequence }, await rows(), never)), nothing, never));
    expect(await fleet.readAll()).toEqual(numbers(8, 10));
  });

  test('is not set to a record that its shard does not have', async () => {
    const { desk, after, rows, lease } = await readFleet();
    const row = await lease();
    await expect(after(desk.planSet(row, { kind: 'sequence', sequence: '12' }, await rows(), never))).rejects.toMatchObject({ code: 'POSITION_INVALID' });
    expect(await lease()).toEqual(row);
  });

  test.each([
    ['the latest', () => ({ kind: 'latest' }) as const],
    ['a time since which nothing has come', (nowMs: number) => ({ kind: 'timestamp', atMs: nowMs }) as const],
  ])('goes on from %s with all that comes, however late a worker begins', async (_, aim) => {
    const { fleet, desk, after, rows, lease } = await readFleet();
    await after(desk.carryOut(await after(desk.planSet(await lease(), { kind: 'trim-horizon' }, await rows(), never)), nothing, never));
    await fleet.time.advance(minuteMs);
    await after(desk.carryOut(await after(desk.planSet(await lease(), aim(startMs + fleet.time.nowMs()), await rows(), never)), nothing, never));
    expect(await lease()).toMatchObject({ position: { kind: 'latest' } });
    await fleet.time.advance(minuteMs);
    fleet.put('11');
    await fleet.time.advance(minuteMs);
    fleet.put('12');
    expect(await fleet.readAll()).toEqual(['11', '12']);
  });

  test('goes back to before an aggregate, of which every part comes again', async () => {
    const fleet = memoryFleet();
    const part = (text: string) => ({ partitionKey: 'key', data: new TextEncoder().encode(text) });
    fleet.put('1');
    await fleet.time.advance(minuteMs);
    fleet.kinesis.put(stream, { partitionKey: 'key', data: aggregate(['2', '3', '4'].map(part)) });
    expect(await fleet.readAll()).toEqual(numbers(1, 4));
    const { desk, after, rows } = leaseDesk(fleet);
    const plan = await after(desk.planRewind({ kind: 'timestamp', atMs: startMs + minuteMs }, undefined, await rows(), nothing, never));
    await after(desk.carryOut(plan, nothing, never));
    expect(await fleet.readAll()).toEqual(numbers(2, 4));
  });

  test('is refused while its worker lives, and nothing is written', async () => {
    const { fleet, desk, after, rows, lease } = await readFleet();
    const worker = fleet.start();
    await fleet.until(() => worker.held().length === 1);
    const waited: unknown[] = [];
    const plan = await after(desk.planSet(await lease(), { kind: 'trim-horizon' }, await rows(), never));
    const { position } = await lease();
    await expect(after(desk.carryOut(plan, { onWait: (...what) => void waited.push(what) }, never))).rejects.toMatchObject({ code: 'HELD_BY_OTHERS' });
    expect(waited).toEqual([[['worker-2'], 10_000]]);
    expect(await lease()).toMatchObject({ owner: 'worker-2', position });
  });

  test('of a worker that died is moved once it has been silent for the lease duration', async () => {
    const { fleet, desk, after, rows, lease } = await readFleet();
    const worker = fleet.start();
    await fleet.until(() => worker.held().length === 1);
    await worker.crash();
    expect((await lease()).owner).toBe('worker-2');
    const fromMs = fleet.time.nowMs();
    await after(desk.carryOut(await after(desk.planSet(await lease(), { kind: 'trim-horizon' }, await rows(), never)), nothing, never));
    expect(fleet.time.nowMs() - fromMs).toBeGreaterThanOrEqual(10_000);
    expect(await lease()).not.toHaveProperty('owner');
    expect(await fleet.readAll()).toEqual(numbers(1, 10));
  });

  test.each([
    ['just before that time is over', 9_900, 'shardId-2'],
    ['in another of its leases', 3_000, 'shardId-1'],
  ])('of a worker that gives a sign %s is left to it', async (_, afterMs, key) => {
    const fleet = memoryFleet();
    const item = (shardId: string, counter: number) => ({
      leaseKey: { S: shardId },
      leaseCounter: { N: String(counter) },
      leaseOwner: { S: 'java-1' },
      checkpoint: { S: 'LATEST' },
    });
    for (const shardId of ['shardId-1', 'shardId-2']) fleet.table.put(item(shardId, 7));
    const { desk, after, rows } = leaseDesk(fleet);
    const plan = desk.planImport(
      ['shardId-1', 'shardId-2'].map((shardId) => ({ key: shardId, shardId, parents: [], to: { kind: 'trim-horizon' } })),
      await rows(),
    );
    fleet.time.after(afterMs, () => fleet.table.put(item(key, 8)));
    await expect(after(desk.carryOut(plan, nothing, never))).rejects.toMatchObject({ code: 'HELD_BY_OTHERS' });
    expect(fleet.table.leases().map(({ position }) => position.kind)).toEqual(['latest', 'latest']);
  });

  test('that somebody changed since it was planned is left as it is', async () => {
    const { desk, after, rows, lease } = await readFleet();
    const [one, other] = await Promise.all([
      after(desk.planSet(await lease(), { kind: 'trim-horizon' }, await rows(), never)),
      after(desk.planSet(await lease(), { kind: 'latest' }, await rows(), never)),
    ]);
    await after(desk.carryOut(one, nothing, never));
    await expect(after(desk.carryOut(other, nothing, never))).rejects.toMatchObject({ code: 'HELD_BY_OTHERS' });
    expect(await lease()).toMatchObject({ position: { kind: 'trim-horizon' } });
  });

  test('of a dead worker is given free where it stands', async () => {
    const { fleet, desk, after, lease } = await readFleet();
    const worker = fleet.start();
    await fleet.until(() => worker.held().length === 1);
    await expect(after(desk.awaitSilence(await lease(), nothing, never))).rejects.toMatchObject({ code: 'HELD_BY_OTHERS' });
    await worker.crash();
    const dead = await lease();
    await after(desk.awaitSilence(dead, nothing, never));
    await after(desk.release(dead, never));
    expect(await lease()).toMatchObject({ position: dead.position, readMs: dead.readMs });
    expect(await lease()).not.toHaveProperty('owner');
    await expect(after(desk.release(dead, never))).rejects.toMatchObject({ code: 'HELD_BY_OTHERS' });
  });
});

describe('a rewind', () => {
  /** A record before a split, one after it in each child; all read, parents' row perhaps cleared away. */
  async function splitFleet(cleared: boolean) {
    const fleet = memoryFleet();
    const worker = fleet.start();
    fleet.put('old');
    await fleet.time.advance(minuteMs);
    fleet.put('before');
    await fleet.time.advance(minuteMs);
    fleet.kinesis.split(stream, first);
    for (const shard of fleet.kinesis.openShards(stream)) {
      fleet.kinesis.put(stream, { partitionKey: 'key', explicitHashKey: shard.hashRange?.start ?? '0', data: `after ${shard.shardId.at(-1)}` });
    }
    await fleet.until(() => worker.seen.length === 4);
    if (cleared) await fleet.until(() => fleet.table.get(first) === undefined);
    await worker.stop();
    return { fleet, ...leaseDesk(fleet) };
  }

  test.each([[false], [true]])('over a split reads the parent first, and the children from their beginning (its lease cleared away: %s)', async (cleared) => {
    const { fleet, desk, after, rows } = await splitFleet(cleared);
    const progress: unknown[] = [];
    const aim = { kind: 'timestamp', atMs: startMs + minuteMs } as const;
    const plan = await after(desk.planRewind(aim, undefined, await rows(), { onProgress: (...how) => void progress.push(how) }, never));
    expect(progress.at(-1)).toEqual([3, 3]);
    expect(plan.moves.map(({ key, why }) => [key.at(-1), why])).toEqual([
      ['0', 'asked'],
      ['1', 'follows'],
      ['2', 'follows'],
    ]);
    await after(desk.carryOut(plan, nothing, never));
    const worker = fleet.start();
    await fleet.until(() => worker.seen.length === 3);
    expect(worker.seen[0]).toBe('before');
    expect(worker.seen.toSorted()).toEqual(['after 1', 'after 2', 'before']);
    await worker.stop();
  });

  test('leaves what is not as far where it is, and says so', async () => {
    const { desk, after, rows } = await splitFleet(false);
    const aim = { kind: 'timestamp', atMs: startMs + minuteMs } as const;
    await after(desk.carryOut(await after(desk.planRewind({ kind: 'trim-horizon' }, undefined, await rows(), nothing, never)), nothing, never));
    const again = await after(desk.planRewind(aim, undefined, await rows(), nothing, never));
    expect([again.moves, again.free, again.kept.map(({ why }) => why)]).toEqual([[], [], ['covered', 'covered', 'covered']]);
  });

  test('is refused when one of the shards that would be read again later is held, also by a worker that came since it was planned', async () => {
    const { fleet, desk, after, rows } = await splitFleet(false);
    const planned = await after(desk.planRewind({ kind: 'trim-horizon' }, first, await rows(), nothing, never));
    const worker = fleet.start();
    await fleet.until(() => worker.held().length === 2);
    const held = await after(desk.planRewind({ kind: 'trim-horizon' }, first, await rows(), nothing, never));
    const was = fleet.table.lease(first);
    for (const plan of [planned, held]) await expect(after(desk.carryOut(plan, nothing, never))).rejects.toMatchObject({ code: 'HELD_BY_OTHERS' });
    expect(fleet.table.lease(first)).toEqual(was);
  });

  test('to a time that the stream has forgotten says from when on there is something', async () => {
    const { fleet, desk, after, rows } = await splitFleet(false);
    const forgotten = async (atMs: number) => (await after(desk.planRewind({ kind: 'timestamp', atMs }, undefined, await rows(), nothing, never))).forgotten;
    const horizonMs = startMs + fleet.time.nowMs() - retentionMs;
    expect(await forgotten(horizonMs + minuteMs)).toEqual([]);
    const [gone] = (await forgotten(horizonMs - minuteMs)) ?? [];
    expect(gone).toMatchObject({ stream });
    expect(gone?.beforeMs).toBeGreaterThanOrEqual(horizonMs);
  });

  test('of a shard that no stream has is refused', async () => {
    const { desk, after, rows } = await splitFleet(false);
    await expect(after(desk.planRewind({ kind: 'trim-horizon' }, 'shardId-9', await rows(), nothing, never))).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
  });
});

describe('an import', () => {
  test('puts back what was written down, into a table that lost it, and once', async () => {
    const { fleet, desk, after, rows, lease } = await readFleet();
    const { key, shardId, position, parents, children } = await lease();
    if (position.kind !== 'sequence') throw new Error('It has read.');
    const wanted = [{ key, shardId, parents, children, to: before(position.sequence) }];
    const plan = desk.planImport(wanted, await rows());
    await after(desk.carryOut(plan, nothing, never));
    expect(await fleet.readAll()).toEqual(['10']);

    const empty = memoryFleet();
    const other = leaseDesk(empty);
    const made = other.desk.planImport([{ key, shardId, parents, children, to: { kind: 'latest', sinceMs: 5 } }], await other.rows());
    await other.after(other.desk.carryOut(made, nothing, never));
    expect(empty.table.lease(key)).toMatchObject({ position: { kind: 'latest' }, readMs: 5 });
    expect(other.desk.planImport([{ key, shardId, parents, children, to: { kind: 'latest', sinceMs: 5 } }], await other.rows()).moves).toEqual([]);
  });

  test('is refused while a row cannot be read', async () => {
    const { fleet, desk, rows } = await readFleet();
    fleet.table.put({ leaseKey: { S: 'shardId-7' }, leaseCounter: { N: '1' }, checkpoint: { S: 'nonsense' } });
    const table = await rows();
    expect(() => desk.planImport([], table)).toThrow(expect.objectContaining({ code: 'ROW_BROKEN' }));
  });

  test('and a rewind are refused over a table with keys of the other kind', async () => {
    const { fleet } = await readFleet();
    const { desk, after, rows } = leaseDesk(fleet, { streams: [stream, 'other'] });
    fleet.kinesis.createStream('other');
    const table = await rows();
    expect(() => desk.planImport([], table)).toThrow(expect.objectContaining({ code: 'TABLE_FOREIGN' }));
    await expect(after(desk.planRewind({ kind: 'trim-horizon' }, undefined, table, nothing, never))).rejects.toMatchObject({ code: 'TABLE_FOREIGN' });
  });
});

test('how far leases are behind, and how old their positions are', async () => {
  const { desk, after, rows, lease } = await readFleet();
  const lag = async () => (await after(desk.lags((await rows()).leases, nothing, never))).get(first);
  expect(await lag()).toBe(0);
  await after(
    desk.carryOut(await after(desk.planSet(await lease(), { kind: 'timestamp', atMs: startMs + 5 * minuteMs }, await rows(), never)), nothing, never),
  );
  expect(await lag()).toBeGreaterThan(3 * minuteMs);
  const row = await lease();
  expect(desk.positionMs(row)).toBe(startMs + 5 * minuteMs);
  expect(desk.positionMs({ ...row, readMs: 7 })).toBe(7);
  expect(desk.positionMs({ ...row, position: { kind: 'latest' } })).toBeUndefined();
});
