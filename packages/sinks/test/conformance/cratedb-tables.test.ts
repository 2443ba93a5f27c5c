// What the CrateDB sink does with tables and rows that only CrateDB has: views over rows, types that change values in silence, rows
// that cannot be read before a refresh, tables that refuse writes.
import { ExactNumber } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import { quoted } from '../../src/cratedb/names.ts';
import { shapeOf } from '../../src/cratedb/shape.ts';
import { prepareGroup, type TargetTable } from '../../src/index.ts';
import { at, imageOf, patch, put, remove, target, textKey } from '../../src/testing/material.ts';
import { clock, crateForFile, query, sinkFor, sinksOn, storedRows } from '../support/cratedb.ts';
import { never, timers } from '../support/machine.ts';
import { refusalOf } from '../support/refusals.ts';

const server = crateForFile();
const timeout = 120_000;
const orders = target('orders');
const bookkeeping =
  'cdc_time BIGINT, cdc_seq TEXT, cdc_deleted BOOLEAN, cdc_deleted_time BIGINT, cdc_deleted_seq TEXT, cdc_deleted_at TIMESTAMP WITH TIME ZONE';

function schemaOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function opened(url: string, table: TargetTable) {
  const sink = sinkFor(url);
  await sink.open(never);
  return { sink, table: await sink.table(table, never) };
}

describe('tables that are there', { timeout }, () => {
  test.for<[string, string, string, TargetTable]>([
    ['a document that learns attributes', `id TEXT PRIMARY KEY, data OBJECT(DYNAMIC), ${bookkeeping}`, 'OBJECT(DYNAMIC)', orders],
    [
      'a column that learns attributes',
      `id TEXT PRIMARY KEY, _extra OBJECT(IGNORED), map OBJECT, ${bookkeeping}`,
      '"map" is OBJECT(DYNAMIC)',
      target('orders', { layout: 'columns' }),
    ],
    ['another key', `id TEXT, no BIGINT PRIMARY KEY, data OBJECT(IGNORED), ${bookkeeping}`, 'its primary key is not (id)', orders],
    ['no room for versions', 'id TEXT PRIMARY KEY, data OBJECT(IGNORED)', 'it has no column "cdc_time"', orders],
    [
      'a document with a column inside',
      `id TEXT PRIMARY KEY, data OBJECT(IGNORED) AS (n SMALLINT), ${bookkeeping}`,
      '"data" has columns of its own inside',
      orders,
    ],
    ['a column that must have a value', `id TEXT PRIMARY KEY, data OBJECT(IGNORED), must BIGINT NOT NULL, ${bookkeeping}`, '"must" is NOT NULL', orders],
  ])('%s is refused with the reason', async ([, columns, reason, table], context) => {
    const url = server.schema(context);
    await query(url, `CREATE TABLE ${quoted(schemaOf(url))}."orders__rows" (${columns}) CLUSTERED INTO 1 SHARDS`);
    const sink = sinkFor(url);
    await sink.open(never);
    const error = await refusalOf(sink.table(table, never));
    expect(error.code).toBe('SINK_TABLE_MISMATCH');
    expect(error.message).toContain(reason);
    await sink.close();
  });

  test('a table of the target’s own name is not written over', async (context) => {
    const url = server.schema(context);
    await query(url, `CREATE TABLE ${quoted(schemaOf(url))}."orders" (id TEXT PRIMARY KEY) CLUSTERED INTO 1 SHARDS`);
    const sink = sinkFor(url);
    await sink.open(never);
    expect((await refusalOf(sink.table(orders, never))).message).toContain('the name is that of a table');
    await sink.close();
  });

  test('one that loses rows in a crash is told of', async (context) => {
    const url = server.schema(context);
    const { sink } = await opened(url, orders);
    await query(url, `ALTER TABLE ${shapeOf(orders, schemaOf(url)).rows} SET ("translog.durability" = 'ASYNC')`);
    await sink.table(orders, never);
    const { tables, server: said } = await sink.describe(never);
    expect(tables[0]?.problems.join()).toContain('durability is ASYNC');
    expect(said).toMatch(/^CrateDB \d+\.\d+\.\d+/);
    await sink.close();
  });

  test('columns of a user’s own types get what they hold, the extra column the rest', async (context) => {
    const url = server.schema(context);
    const table = target('orders', { layout: 'columns' });
    const { sink, table: writer } = await opened(url, table);
    const rows = shapeOf(table, schemaOf(url)).rows;
    await query(
      url,
      `ALTER TABLE ${rows} ADD COLUMN small SMALLINT, ADD COLUMN half REAL, ADD COLUMN list ARRAY(BIGINT), ADD COLUMN big BIGINT, ADD COLUMN ip IP`,
    );
    const again = await sink.table(table, never);
    const held = { small: 5, half: 0.5, list: [1, 2], big: 9223372036854775806n };
    const changed = { small: 70_000, half: 0.1, list: [1, 1.5], big: 9223372036854775807n, ip: '127.0.0.1' };
    await again.write(prepareGroup([put(textKey('held'), at(1), held), put(textKey('changed'), at(1), changed)]), never);
    await query(url, `REFRESH TABLE ${rows}`);
    const found = await query(url, `SELECT id, small, half, list, big::TEXT, _extra::TEXT FROM ${rows} ORDER BY id`);
    expect(found).toEqual([
      ['changed', null, null, null, null, expect.any(String)],
      ['held', 5, 0.5, [1, 2], '9223372036854775806', null],
    ]);
    expect(JSON.parse(String(found[0]?.[5]))).toEqual({ small: 70_000, half: 0.1, list: [1, 1.5], big: Number(9223372036854775807n), ip: '127.0.0.1' });
    await expect(writer.write([put(textKey('late'), at(1), { small: 1 })], never)).resolves.toMatchObject({ unresolved: 1 });
    await sink.close();
  });
});

describe('texts of a user’s own lengths', { timeout }, () => {
  const created = (url: string, columns: string) =>
    query(url, `CREATE TABLE ${quoted(schemaOf(url))}."orders__rows" (${columns}, _extra OBJECT(IGNORED), ${bookkeeping}) CLUSTERED INTO 1 SHARDS`);

  test('hold what the server would not cut, the extra column the rest', async (context) => {
    const url = server.schema(context);
    const table = target('orders', { layout: 'columns' });
    await created(url, 'id TEXT PRIMARY KEY, short VARCHAR(3), list ARRAY(VARCHAR(3))');
    const { sink, table: writer } = await opened(url, table);
    const held = { short: 'ab ', list: ['abc'] };
    const blanks = { short: 'abc ', list: ['abc '] };
    const long = { short: 'abcd' };
    const images = { held, blanks, long };
    const report = await writer.write(prepareGroup(Object.entries(images).map(([key, image]) => put(textKey(key), at(1), image))), never);
    expect(report.rejected).toEqual([]);
    const { rows } = shapeOf(table, schemaOf(url));
    await query(url, `REFRESH TABLE ${rows}`);
    expect(await query(url, `SELECT id, short, list, _extra FROM ${rows} ORDER BY id`)).toEqual([
      ['blanks', null, null, blanks],
      ['held', 'ab ', ['abc'], null],
      ['long', null, null, long],
    ]);
    await sink.close();
  });

  test('hold no key that they would cut: two keys never look like one', async (context) => {
    const url = server.schema(context);
    const table = target('orders', { layout: 'columns' });
    await created(url, 'id VARCHAR(3) PRIMARY KEY');
    const { sink, table: writer } = await opened(url, table);
    const report = await writer.write(prepareGroup(['abc', 'abc '].map((key) => put(textKey(key), at(1), {}))), never);
    expect(report.rejected.map(({ error }) => error)).toEqual([
      { code: 'KEY_RANGE', message: 'The key column "id" is text(3), which cannot hold a text of 4 characters.' },
    ]);
    expect((await storedRows(url, table)).map(({ key }) => key)).toEqual([['abc']]);
    await sink.close();
  });
});

describe('rows', { timeout }, () => {
  test('that the server refuses are rejected one by one, each with its reason, however many they are', async (context) => {
    const url = server.schema(context);
    const { sink, table } = await opened(url, orders);
    const group = prepareGroup(
      Array.from({ length: 150 }, (_, index) => put(textKey(`${index}${index % 2 === 0 ? 'x'.repeat(33_000) : ''}`), at(1), { index })),
    );
    const report = await table.write(group, never);
    expect(report.rejected).toHaveLength(75);
    for (const { error } of report.rejected) expect(error).toEqual({ code: '4000', message: expect.stringContaining('immense term') });
    expect(await storedRows(url, orders)).toHaveLength(75);
    await sink.close();
  });

  test('whose names cannot be read before a refresh are written over and patched all the same', async (context) => {
    const url = server.schema(context);
    const table = target('orders', { patches: true });
    const { sink, table: writer } = await opened(url, table);
    const names = ['😀', '😀😀', 'a.b'];
    const image = (value: number) => imageOf(names.map((name) => [name, value] as const));
    await writer.write([put(textKey('k'), at(10), image(1))], never);
    await writer.write([put(textKey('k'), at(5), image(2))], never);
    await writer.write([patch(textKey('k'), at(20), imageOf([['😀', 3]]))], never);
    await writer.write([put(textKey('k'), at(15), image(4))], never);
    const [row] = await storedRows(url, table);
    expect(JSON.parse(row?.data ?? '')).toEqual({ '😀': 3, '😀😀': 4, 'a.b': 4 });
    await sink.close();
  });

  test('that a writer left below the floor before it could look are healed by a sweep, newer ones stay', async (context) => {
    const url = server.schema(context);
    for (const deletes of ['hard', 'soft'] as const) {
      const table = target(`orders_${deletes}`, { deletes });
      const { sink, table: writer } = await opened(url, table);
      await writer.truncate(at(20), never);
      const { rows } = shapeOf(table, schemaOf(url));
      for (const [id, time] of [
        ['old', 20],
        ['new', 21],
      ]) {
        await query(url, `INSERT INTO ${rows} (id, data, cdc_time, cdc_seq, cdc_deleted) VALUES (?, {}, ?, ?, false)`, [id, time, '1'.padStart(65, '0')]);
      }
      expect(await writer.sweep(never)).toEqual({ healed: 1, forgotten: 0 });
      expect(await writer.sweep(never)).toEqual({ healed: 0, forgotten: 0 });
      const left = (await storedRows(url, table)).map(({ key, deleted }) => `${key[0]} ${deleted}`).sort();
      expect(left).toEqual(deletes === 'hard' ? ['new false'] : ['new false', 'old true']);
      await sink.close();
    }
  });

  test('numbers that no number type holds are keys as texts, and one number is one key', async (context) => {
    const url = server.schema(context);
    const table = target('orders', { key: [{ name: 'a.b', type: 'number' }] });
    const { sink, table: writer } = await opened(url, table);
    for (const [time, digits] of ['1.50', '15E-1', '1.5'].entries()) await writer.write([put([['a.b', new ExactNumber(digits)]], at(time), { time })], never);
    const rows = await storedRows(url, table);
    expect(rows.map(({ key, data }) => [key, data])).toEqual([[['1.5'], '{"time":2}']]);
    await sink.close();
  });
});

describe('faults', { timeout }, () => {
  test('a table that takes no writes is waited for', async (context) => {
    const url = server.schema(context);
    const { sink, table } = await opened(url, orders);
    const { rows } = shapeOf(orders, schemaOf(url));
    await query(url, `ALTER TABLE ${rows} SET ("blocks.write" = true)`);
    expect(await refusalOf(table.write([put(textKey('a'), at(1), {})], never))).toMatchObject({ code: 'SINK_READ_ONLY', retryable: true });
    await query(url, `ALTER TABLE ${rows} SET ("blocks.write" = false)`);
    await table.write([put(textKey('a'), at(1), {})], never);
    expect(await storedRows(url, orders)).toHaveLength(1);
    await sink.close();
  });

  test('a table that is gone is looked for again for a minute before it is said to be missing', async (context) => {
    const url = server.schema(context);
    const waits: number[] = [];
    const short = {
      after(delayMs: number, run: () => void) {
        if (delayMs > 1_000) return timers.after(delayMs, run);
        waits.push(delayMs);
        return timers.after(0, run);
      },
    };
    const sink = sinkFor(url, { machine: { clock, timers: short } });
    await sink.open(never);
    const table = await sink.table(orders, never);
    await query(url, `DROP TABLE ${shapeOf(orders, schemaOf(url)).rows}`);
    expect(await refusalOf(table.write([remove(textKey('a'), at(1))], never))).toMatchObject({ code: 'SINK_TABLE_MISSING', retryable: false });
    expect(waits.reduce((sum, each) => sum + each, 0)).toBe(60_000);
    await sink.close();
  });

  test('a closed sink writes nothing more', async (context) => {
    const subject = await sinksOn(server.schema(context));
    const table = await subject.sinks[0].table(orders, never);
    await subject.close();
    expect(await refusalOf(table.write([put(textKey('a'), at(1), {})], never))).toMatchObject({ code: 'SINK_CLOSED' });
  });
});
