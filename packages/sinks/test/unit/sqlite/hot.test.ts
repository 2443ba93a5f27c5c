// The fast way from mutations to the rows of a file and back to their places in the group, without the thread between.
import { DatabaseSync } from 'node:sqlite';
import type { Key } from '@shardfold/changes';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { HotSent, WholeMutation } from '../../../src/sql/dialect.ts';
import { shapeOf } from '../../../src/sql/shape.ts';
import type { Cut, SqliteConnections } from '../../../src/sqlite/connections.ts';
import { hotTable } from '../../../src/sqlite/hot.ts';
import { sqliteNames } from '../../../src/sqlite/names.ts';
import { openFile } from '../../../src/sqlite/thread/file.ts';
import { writeHot } from '../../../src/sqlite/thread/hot.ts';
import type { HotPart, HotPlan } from '../../../src/sqlite/thread/protocol.ts';
import { at, put, remove, target } from '../../../src/testing/index.ts';
import { textRow } from '../../../src/testing/material.ts';

const never = new AbortController().signal;

type Mutated = ReturnType<typeof put>;

function whole(mutation: Mutated): WholeMutation {
  if (mutation.kind === 'patch') throw new TypeError('a patch takes the slow way');
  return mutation;
}

function keyOf(id: string, no: number): Key {
  return [
    ['id', id],
    ['no', no],
  ];
}

const padded = (seq: string): string => seq.padStart(65, '0');

function opened(deletes: 'hard' | 'soft', patches = false, isCut = true) {
  const file = openFile({ DatabaseSync } as typeof import('node:sqlite'), ':memory:');
  onTestFinished(() => file.close());
  const own = 'id TEXT, no NUMBER_BLOB, cdc_time INTEGER, cdc_seq TEXT';
  const more = `${deletes === 'soft' ? ', cdc_deleted BOOLEAN' : ''}${patches ? ', cdc_partial TEXT' : ''}`;
  const run = (text: string, ...values: readonly string[]) => file.execute({ text, values });
  run(`CREATE TABLE orders (${own}, data TEXT${more}, PRIMARY KEY (id, no))`);
  run(`CREATE TABLE orders__tombstones (${own}, deleted_at TEXT, PRIMARY KEY (id, no))`);
  const shape = shapeOf(
    target('orders', {
      deletes,
      patches,
      key: [
        { name: 'id', type: 'text' },
        { name: 'no', type: 'number' },
      ],
    }),
    sqliteNames,
  );
  run(`CREATE TABLE ${shape.floors.table} (target TEXT, cdc_time INTEGER, cdc_seq TEXT)`);
  const parts: HotPart[] = [];
  const connections = {
    async hot(plan: HotPlan, cut: Cut) {
      const all = cut(isCut);
      const crossing = function* (): Generator<HotPart> {
        for (let next = all.next(); next.done !== true; next = all.next()) {
          parts.push(next.value);
          yield structuredClone(next.value);
        }
      };
      return writeHot(file, plan, crossing());
    },
  } as unknown as SqliteConnections;
  const table = hotTable(connections, { connections, shape, columns: undefined, policy: { numbers: 'exact', drop: [], rename: {} } });
  return {
    run,
    parts,
    floors: shape.floors.table,
    rows: () => run(`SELECT * FROM orders ORDER BY id, no`).rows,
    /** Places in the group are `from` and up. */
    send: (mutations: readonly Mutated[], from = 0): Promise<HotSent> =>
      table.send(
        mutations.map((mutation, index) => table.encode(whole(mutation), from + index, undefined)),
        never,
      ),
  };
}

describe('the fast way', () => {
  test('every value of a row is its own, under a key of two parts, beside deletes', async () => {
    const { send, rows, run } = opened('hard');
    expect(await send([put(keyOf('a', 1), at(1, '7'), { n: 1 }), put(keyOf('a', 2), at(2, '8'), { n: 2 }), put(keyOf('b', 1), at(3, '9'), { n: 3 })])).toEqual({
      applied: 3,
      unresolved: 0,
      left: [],
    });
    const second = [
      remove(keyOf('a', 1), at(5, '5')),
      put(keyOf('a', 2), at(1), { n: 9 }),
      put(keyOf('b', 1), at(6, '6'), { n: 4 }),
      remove(keyOf('c', 1), at(7, '7')),
    ];
    expect(await send(second)).toMatchObject({ applied: 3 });
    expect(rows()).toEqual([
      { id: 'a', no: 2, data: '{"n":2}', cdc_time: 2, cdc_seq: padded('8') },
      { id: 'b', no: 1, data: '{"n":4}', cdc_time: 6, cdc_seq: padded('6') },
    ]);
    expect(run('SELECT id, no, cdc_time, cdc_seq FROM orders__tombstones ORDER BY id').rows).toEqual([
      { id: 'a', no: 1, cdc_time: 5, cdc_seq: padded('5') },
      { id: 'c', no: 1, cdc_time: 7, cdc_seq: padded('7') },
    ]);
    expect(await send([put(keyOf('a', 1), at(5, '5'), {}), put(keyOf('c', 1), at(7, '8'), { n: 5 })])).toMatchObject({ applied: 1 });
    expect(rows().map(({ id, data }) => [id, data])).toEqual([
      ['a', '{"n":2}'],
      ['b', '{"n":4}'],
      ['c', '{"n":5}'],
    ]);
  });

  test('with soft deletes only the put that a tombstone outranks comes in flagged', async () => {
    const { send, rows } = opened('soft');
    await send([remove(keyOf('b', 1), at(5))]);
    expect(await send(['a', 'b', 'c'].map((id) => put(keyOf(id, 1), at(4), { id })))).toMatchObject({ applied: 3 });
    expect(rows().map(({ id, cdc_deleted }) => [id, cdc_deleted])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ]);
  });

  test('rows with patches are left, each by its place in the group', async () => {
    const { send, run } = opened('hard', true);
    await send(['a', 'b', 'c', 'd'].map((id) => put(keyOf(id, 1), at(1), {})));
    run(`UPDATE orders SET cdc_partial = '{}' WHERE id IN ('b', 'd')`);
    const group = [put(keyOf('a', 1), at(2), {}), remove(keyOf('b', 1), at(2)), remove(keyOf('c', 1), at(2)), put(keyOf('d', 1), at(2), {})];
    const { applied, left } = await send(group, 10);
    expect({ applied, left: left.toSorted() }).toEqual({ applied: 2, left: [11, 13] });
  });

  test('a truncation’s floor outranks what is at or below it', async () => {
    const { send, rows, run, floors } = opened('hard');
    run(`INSERT INTO ${floors} VALUES ('orders', 5, ?)`, padded('5'));
    const versions = [at(4, '9'), at(5, '4'), at(5, '5'), at(5, '6'), at(6, '1')];
    expect(await send(versions.map((version, no) => put(keyOf('a', no), version, {})))).toMatchObject({ applied: 2 });
    expect(rows().map(({ no }) => no)).toEqual([3, 4]);
  });

  test('a value that SQLite cannot hold is told before anything is asked', async () => {
    const { send, parts } = opened('hard');
    await expect(send([put(keyOf('a', 1), at(1), {}), put(keyOf('\ud800', 1), at(1), {})])).rejects.toMatchObject({ code: 'NOT_UNICODE' });
    expect(parts).toEqual([]);
  });

  const cuts: [how: string, isCut: boolean, rowsOfParts: readonly number[]][] = [
    ['at a thread with nothing else to do in parts of growing size', true, [16, 48, 144, 92]],
    ['else in one', false, [300]],
  ];
  test.each(cuts)('a group crosses %s, and every row keeps its place', async (_how, isCut, rowsOfParts) => {
    const { send, run, parts } = opened('hard', true, isCut);
    const keys = Array.from({ length: 300 }, (_, index) => keyOf(`k${index}`, 1));
    await send(keys.map((key) => put(key, at(1), {})));
    const left = [3, 15, 16, 130, 256, 299];
    run(`UPDATE orders SET cdc_partial = '{}' WHERE id IN (${left.map((index) => `'k${index}'`).join(', ')})`);
    parts.length = 0;
    // Every other row is a delete, so that the places of both kinds go on from part to part.
    const sent = await send(
      keys.map((key, index) => (index % 2 === 0 ? put(key, at(2), {}) : remove(key, at(2)))),
      1_000,
    );
    expect({ applied: sent.applied, left: sent.left.toSorted() }).toEqual({ applied: 294, left: left.map((index) => 1_000 + index) });
    expect(parts.map(({ puts, deletes }) => puts.count + deletes.count)).toEqual(rowsOfParts);
    expect(parts.map(({ isLast }) => isLast)).toEqual(rowsOfParts.map((_, index) => index === rowsOfParts.length - 1));
    expect(run('SELECT count(*) AS n FROM orders').rows).toEqual([{ n: 150 + left.filter((index) => index % 2 === 1).length }]);
  });

  test('large rows make a part early, and a group of none is one part', async () => {
    const { send, parts } = opened('hard');
    await send([1, 2, 3].map((no) => put(keyOf('a', no), at(1), textRow(JSON.stringify('x'.repeat(20_000))))));
    expect(parts.map(({ puts }) => puts.count)).toEqual([2, 1]);
    expect(await send([])).toEqual({ applied: 0, unresolved: 0, left: [] });
    expect(parts.slice(2)).toMatchObject([{ puts: { count: 0 }, deletes: { count: 0 }, isLast: true }]);
  });
});
