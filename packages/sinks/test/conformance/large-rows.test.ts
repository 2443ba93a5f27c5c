// Rows at the edges of what a real server takes: documents of many megabytes, more attributes than a table can have columns.
import { expect, test } from 'vitest';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { postgresForFile, query, storedRows, withSinkOn } from '../support/postgres.ts';

const newUrl = postgresForFile();

const withSink = withSinkOn(newUrl);

test('a document of 16 MB lands beside small ones, whole or by a patch', () =>
  withSink(async ({ url, sink }) => {
    const megabytes = 16;
    const text = 'x'.repeat(megabytes * 1024 * 1024);
    const table = await sink.table(target('orders', { patches: true }), never);
    expect(
      await table.write([put(textKey('a'), at(1), { n: 1 }), put(textKey('b'), at(1), { text }), put(textKey('c'), at(1), { n: 3 })], never),
    ).toMatchObject({
      applied: 3,
    });
    expect(await table.write([patch(textKey('b'), at(2), { n: 2 })], never)).toMatchObject({ applied: 1 });
    expect(await query(url, `SELECT id, length(data->>'text') AS length, (data->>'n')::int AS n FROM orders ORDER BY id`)).toEqual([
      { id: 'a', length: null, n: 1 },
      { id: 'b', length: text.length, n: 2 },
      { id: 'c', length: null, n: 3 },
    ]);
  }));

test('of more attributes than a table can have columns the rest goes to the extra column', () =>
  withSink(async ({ url, sink }) => {
    const orders = target('orders', { layout: 'columns' });
    const image = Object.fromEntries(Array.from({ length: 1_700 }, (_, index) => [`flag_${index}`, index % 2 === 0] as const));
    const table = await sink.table(orders, never);
    expect(await table.write([put(textKey('a'), at(1), image)], never)).toMatchObject({ applied: 1 });
    expect(await table.write([put(textKey('b'), at(1), { late: 1, flag_0: true })], never)).toMatchObject({ applied: 1 });
    const rows = new Map((await storedRows(url, orders)).map(({ key, data }) => [key[0], JSON.parse(data ?? '')]));
    expect(rows.get('a')).toEqual({ id: 'a', ...image });
    expect(rows.get('b')).toEqual({ id: 'b', late: 1, flag_0: true });
    const [columns] = await query(url, `SELECT count(*)::int AS count FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0`);
    expect(columns).toEqual({ count: 1_596 });
  }));

/** A row of so many integers: in the page itself each takes eight bytes, and there is no other place for them. */
const integers = (count: number, from: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n_${index}`, from + index] as const));

test('a row that no page holds is its own fault, with what the server says; what comes beside it and after it lands', () =>
  withSink(async ({ url, sink }) => {
    const orders = target('orders', { layout: 'columns', patches: true });
    const table = await sink.table(orders, never);
    const tooWide = integers(1_500, 2 ** 40);
    const rejected = [{ index: 1, error: { code: '54000', message: expect.stringMatching(/row is too big: size \d+, maximum size \d+/) } }];
    const group = [put(textKey('a'), at(1), integers(2, 0)), put(textKey('b'), at(1), tooWide), put(textKey('c'), at(1), integers(900, 2 ** 40))];
    expect(await table.write(group, never)).toMatchObject({ applied: 2, superseded: 0, rejected });
    const half = Object.entries(tooWide);
    expect(await table.write([patch(textKey('a'), at(2), { n_0: 7 }), patch(textKey('c'), at(2), Object.fromEntries(half.slice(900)))], never)).toMatchObject({
      applied: 1,
      rejected,
    });
    // A smaller version of it comes later, and a delete leaves nothing.
    expect(await table.write([put(textKey('b'), at(3), integers(3, 0)), remove(textKey('c'), at(3))], never)).toMatchObject({ applied: 2, rejected: [] });
    const rows = new Map((await storedRows(url, orders)).map(({ key, data }) => [key[0], JSON.parse(data ?? '')]));
    expect(rows).toEqual(
      new Map([
        ['a', { id: 'a', n_0: 7, n_1: 1 }],
        ['b', { id: 'b', ...integers(3, 0) }],
      ]),
    );
  }));
