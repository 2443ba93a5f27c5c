// What becomes of rows under tombstones, floors and deletes, by table; and who gets which connection.
import { describe, expect, test } from 'vitest';
import type { Client } from '../../../src/mysql/client.ts';
import { encodeMutation } from '../../../src/mysql/encode.ts';
import { createPool } from '../../../src/mysql/pool.ts';
import { type Found, settle } from '../../../src/mysql/settle.ts';
import { at, put, remove, textKey } from '../../../src/testing/index.ts';

const encoding = { key: [{ name: 'id', type: 'text' }], content: undefined, policy: { numbers: 'exact', drop: [], rename: {} } } as const;
const written = (time: number) => encodeMutation(encoding, put(textKey('a'), at(time), {}) as never, 0, undefined);
const deleted = (time: number) => encodeMutation(encoding, remove(textKey('a'), at(time)) as never, 0, undefined);
const found = (row: number | 'marker', tombstone?: number, patched = false): Found => ({
  row: row === 'marker' ? row : at(row),
  patched,
  tombstone: tombstone === undefined ? undefined : at(tombstone),
});

describe('settling', () => {
  // `applied` is added to what the store statements changed: 1 for a row that was new or newer, and for a marker.
  test.for([
    ['a put that is there, over an older tombstone', written(20), found(20, 10), undefined, {}, 0],
    ['a put at the tombstone', written(20), found(20, 20), undefined, { hard: 'remove', soft: 'flag' }, { hard: -1, soft: 0 }],
    ['a put below the floor', written(20), found(20), 30, { hard: 'remove', soft: 'flag' }, { hard: -1, soft: 0 }],
    ['a put that a newer row kept out', written(20), found(30, 10), undefined, {}, 0],
    ['a put, over a row that a stale writer left', written(5), found(8, 10), undefined, { hard: 'remove', soft: 'flag' }, 0],
    ['a put, over a row with patches', written(20), found(5, undefined, true), undefined, { both: 'left' }, 0],
    ['a delete of nothing', deleted(20), found('marker'), undefined, { both: ['remove', 'bury'] }, 0],
    ['a delete of nothing, replayed', deleted(20), found('marker', 20), undefined, { both: 'remove' }, -1],
    ['a delete of nothing, below the floor', deleted(20), found('marker'), 30, { both: 'remove' }, -1],
    ['a delete of an older row', deleted(20), found(10), undefined, { hard: ['remove', 'bury'], soft: ['flag', 'bury'] }, 1],
    ['a delete of a row of the same version', deleted(20), found(20), undefined, { hard: ['remove', 'bury'], soft: ['flag', 'bury'] }, 1],
    ['a delete of a newer row', deleted(20), found(30), undefined, {}, 0],
    ['a delete of a row with patches', deleted(20), found(10, undefined, true), undefined, { both: 'left' }, 0],
    ['a delete below the tombstone, over a row that a stale writer left', deleted(20), found(10, 30), undefined, { hard: 'remove', soft: 'flag' }, 0],
  ] as const)('%s', ([, row, there, floor, done, applied]) => {
    for (const deletes of ['hard', 'soft'] as const) {
      const settlement = settle([row], [there], floor === undefined ? undefined : at(floor), deletes === 'soft');
      const wanted: Record<string, string | readonly string[]> = { ...done };
      const names = [wanted[deletes] ?? wanted.both ?? []].flat();
      for (const name of ['remove', 'flag', 'bury', 'left'] as const) expect(settlement[name].length, `${deletes} ${name}`).toBe(names.includes(name) ? 1 : 0);
      expect(settlement.applied, deletes).toBe(typeof applied === 'number' ? applied : applied[deletes]);
    }
  });
});

describe('a pool', () => {
  function made() {
    const clients: { client: Client; dead: boolean; ended: boolean }[] = [];
    const open = async (): Promise<Client> => {
      const state = { dead: false, ended: false, client: undefined as unknown as Client };
      state.client = {
        ask: () => Promise.reject(new Error('nobody asks')),
        isDead: () => state.dead,
        destroy() {
          state.dead = true;
        },
        async end() {
          state.ended = true;
        },
      };
      clients.push(state);
      return state.client;
    };
    return { clients, open };
  }

  test('opens at most so many, and hands them on in the order of asking', async () => {
    const { clients, open } = made();
    const pool = createPool(open, 2);
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    const order: string[] = [];
    const third = pool.acquire().then((client) => {
      order.push('third');
      return client;
    });
    const fourth = pool.acquire().then((client) => {
      order.push('fourth');
      return client;
    });
    expect(pool.status()).toEqual({ open: 2, idle: 0, waiting: 2, max: 2 });
    pool.release(first, true);
    expect(await third).toBe(first);
    pool.release(second, false);
    expect(await fourth).not.toBe(second);
    expect(order).toEqual(['third', 'fourth']);
    expect(clients.map(({ dead }) => dead)).toEqual([false, true, false]);
    pool.release(first, true);
    pool.release(await fourth, true);
    await pool.close();
    expect(clients.filter(({ ended }) => ended).length).toBe(2);
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'SINK_CLOSED' });
  });

  test('leaves dead ones behind, and waits for those in use when it closes', async () => {
    const { clients, open } = made();
    const pool = createPool(open, 1);
    pool.release(await pool.acquire(), true);
    const [state] = clients;
    if (state !== undefined) state.dead = true;
    const next = await pool.acquire();
    expect(clients.length).toBe(2);
    let isClosed = false;
    const closing = pool.close().then(() => {
      isClosed = true;
    });
    const late = pool.acquire();
    await expect(late).rejects.toMatchObject({ code: 'SINK_CLOSED' });
    expect(isClosed).toBe(false);
    pool.release(next, true);
    await closing;
    expect(pool.status().open).toBe(0);
  });

  test('a connection that cannot be opened is the fault of whoever asked', async () => {
    const { open } = made();
    let fails = true;
    const pool = createPool(() => (fails ? Promise.reject(new Error('refused')) : open()), 1);
    await expect(pool.acquire()).rejects.toThrow('refused');
    fails = false;
    pool.release(await pool.acquire(), true);
    await pool.close();
  });
});
