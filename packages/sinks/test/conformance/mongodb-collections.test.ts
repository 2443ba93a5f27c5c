// What the MongoDB sink makes and finds in a database: collections, indexes, documents of somebody else, BSON types.
import { ExactNumber } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import type { TargetTable } from '../../src/types.ts';
import { mongoForFile, sinkFor, storedRows, withDatabase } from '../support/ferretdb.ts';
import { never } from '../support/machine.ts';
import { withSink } from '../support/with-sink.ts';

const server = mongoForFile();

async function retentionOf(url: string, collection: string): Promise<number | undefined> {
  const indexes = await withDatabase(url, (db) => db.collection(collection).indexes());
  return indexes.find(({ key }) => key.deletedAt === 1)?.expireAfterSeconds;
}

const day = 24 * 3_600;

describe('collections', () => {
  test('are made as documented, and follow a changed retention', async (context) => {
    const url = server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      await sink.open(never);
      await sink.table(target('public.orders'), never);
      await sink.table(target('events', { key: [] }), never);
      const names = await withDatabase(url, (db) => db.listCollections().toArray());
      expect(names.map(({ name }) => name).sort()).toEqual([
        'events',
        'public.orders',
        'public.orders__tombstones',
        'shardfold_dead_letters',
        'shardfold_floors',
      ]);
      expect(await retentionOf(url, 'public.orders__tombstones')).toBe(8 * day);
      await sink.table(target('public.orders', { tombstoneRetentionMs: 3 * day * 1_000 }), never);
      expect(await retentionOf(url, 'public.orders__tombstones')).toBe(3 * day);
    });
  });

  test('survive being made by many at once', async (context) => {
    const url = server.database(context);
    const sinks = Array.from({ length: 4 }, () => sinkFor(url));
    try {
      await Promise.all(sinks.map((sink) => sink.open(never)));
      await Promise.all(sinks.flatMap((sink) => ['a', 'b'].map((name) => sink.table(target(name), never))));
    } finally {
      await Promise.all(sinks.map((sink) => sink.close()));
    }
  });

  test('of dead letters are refused with the command that makes them, where that is not allowed', async (context) => {
    const sink = sinkFor(server.database(context), { createTables: false });
    await expect(sink.open(never)).rejects.toMatchObject({
      code: 'SINK_TABLE_MISSING',
      retryable: false,
      message: expect.stringContaining('db.runCommand({"create":"shardfold_dead_letters"})'),
    });
    await sink.close();
  });

  test('have no columns', async (context) => {
    await withSink(sinkFor(server.database(context)), async (sink) => {
      await expect(sink.table(target('orders', { layout: 'columns' }), never)).rejects.toMatchObject({ code: 'SINK_TABLE_MISMATCH', retryable: false });
    });
  });

  test('with a unique index of somebody’s are used, told of, and its refusals are rows’ faults', async (context) => {
    const url = server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders'), never);
      await withDatabase(url, (db) => db.collection('orders').createIndex({ email: 1 }, { unique: true, name: 'by_email' }));
      const report = await table.write(
        [put(textKey('a'), at(1), { email: 'x' }), put(textKey('b'), at(1), { email: 'x' }), put(textKey('c'), at(1), { email: 'y' })],
        never,
      );
      expect(report.applied + report.unresolved).toBe(2);
      expect(report).toMatchObject({ rejected: [{ index: 1, error: { code: '11000', message: expect.stringContaining('by_email') } }] });
      const [status] = (await sink.describe(never)).tables;
      expect(status?.problems).toEqual([expect.stringContaining('"by_email" of "orders" is unique')]);
    });
  });
});

describe('documents', () => {
  test('have the types that hold their numbers', async (context) => {
    const url = server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders'), never);
      const image = { int: 5, long: 2 ** 40, double: 1.5, decimal: new ExactNumber('0.12345678901234567890123'), text: new ExactNumber('1'.repeat(38)) };
      await table.write([put(textKey('a'), at(7, '12'), image)], never);
    });
    const document = await withDatabase(url, (db) => db.collection('orders').findOne({}, { promoteValues: false }));
    expect(Object.fromEntries(Object.entries(document ?? {}).map(([name, value]) => [name, value._bsontype ?? typeof value]))).toEqual({
      _id: 'string',
      int: 'Int32',
      long: 'Long',
      double: 'Double',
      decimal: 'Decimal128',
      text: 'string',
      cdc: 'object',
    });
    expect({ time: document?.cdc.time._bsontype, seq: document?.cdc.seq }).toEqual({ time: 'Long', seq: '12'.padStart(65, '0') });
  });

  test('of somebody else’s are taken over by a put, kept under a patch, and go with a delete', async (context) => {
    const url = server.database(context);
    await withDatabase(url, (db) => db.collection<{ _id: string }>('orders').insertMany(['a', 'b', 'c', 'd'].map((_id) => ({ _id, old: 1 }))));
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders', { patches: true }), never);
      await table.write([put(textKey('a'), at(-9e15), { fresh: 1 }), patch(textKey('b'), at(5), { fresh: 2 }), remove(textKey('c'), at(-9e15))], never);
    });
    const documents = await withDatabase(url, (db) =>
      db
        .collection('orders')
        .find({}, { projection: { cdc: 0 }, sort: { _id: 1 } })
        .toArray(),
    );
    expect(documents).toEqual([
      { _id: 'a', fresh: 1 },
      { _id: 'b', old: 1, fresh: 2 },
      { _id: 'd', old: 1 },
    ]);
  });

  test('have their fields in one order, whatever order a history comes in', async (context) => {
    const url = server.database(context);
    const [whole, ...patches] = [
      { id: 1, b: 1, a: 1, c: 1 },
      { z: 2, a: 2 },
      { y: 3, b: 3 },
    ];
    const orders = [0, 1, 2].flatMap((first) => [0, 1, 2].flatMap((second) => (first === second ? [] : [[first, second, 3 - first - second]])));
    const history = (key: ReturnType<typeof textKey>) => [put(key, at(1), whole ?? {}), ...patches.map((columns, index) => patch(key, at(2 + index), columns))];
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders', { patches: true }), never);
      for (const step of [0, 1, 2]) {
        const group = orders.flatMap((order) => history(textKey(order.join('')))[order[step] ?? 0] ?? []);
        await table.write(group, never);
      }
    });
    const documents = await withDatabase(url, (db) => db.collection('orders').find({}).toArray());
    expect(documents).toHaveLength(6);
    for (const { _id, ...document } of documents) {
      expect([Object.keys(document), Object.keys(document.cdc.partial)], String(_id)).toEqual([
        ['id', 'c', 'a', 'b', 'y', 'z', 'cdc'],
        ['a', 'b', 'y', 'z'],
      ]);
    }
  });

  test.for<[string, TargetTable['key'], readonly (readonly [string, unknown])[], unknown]>([
    ['scalar', [{ name: '_id', type: 'number' }], [['_id', 5]], 5],
    [
      'composite',
      [
        { name: 'customer', type: 'text' },
        { name: 'no', type: 'number' },
      ],
      [
        ['customer', 'c'],
        ['no', 5],
      ],
      { customer: 'c', no: 5 },
    ],
  ])('of a %s key are found by it', async ([, key, parts, wanted], context) => {
    const url = server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders', { key }), never);
      const address = parts as Parameters<typeof remove>[0];
      await table.write([put(address, at(1), { x: 1 })], never);
      expect((await withDatabase(url, (db) => db.collection('orders').findOne({})))?._id).toEqual(wanted);
      await table.write([remove(address, at(2))], never);
      expect(await storedRows(url, { name: 'orders' })).toEqual([]);
    });
  });

  test('that are too large, or whose key is, are rows’ faults, and the rest lands', async (context) => {
    const url = server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders'), never);
      const incompressible = Array.from({ length: 4_000 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7_919) % 20_000))).join('');
      const large = (bytes: number) => ({ text: 'x'.repeat(bytes) });
      const group = [
        put(textKey('a'), at(1), {}),
        put(textKey('b'), at(1), large(17_000_000)),
        put(textKey('c'), at(1), large(16_500_000)),
        put(textKey(incompressible), at(1), {}),
      ];
      const { applied, unresolved, rejected } = await table.write(group, never);
      expect({ landed: applied + unresolved, rejected: rejected.map(({ index, error }) => `${index} ${error.code}`) }).toEqual({
        landed: 2,
        rejected: ['1 TOO_LARGE', '3 261'],
      });
    });
  });
});

test('a sink tells of its server, its pool and its tables', async (context) => {
  const url = server.database(context);
  await withSink(sinkFor(url), async (sink) => {
    const table = await sink.table(target('orders'), never);
    await table.write([put(textKey('a'), at(1), {}), remove(textKey('b'), at(1))], never);
    const status = await sink.describe(never);
    expect(status.server).toMatch(/MongoDB \d+\.\d+/);
    expect(status.connections).toMatchObject({ waiting: 0, max: 8 });
    expect(status.connections?.open).toBeGreaterThanOrEqual(1);
    expect(status.connections?.idle).toBe(status.connections?.open);
    expect(status.tables).toMatchObject([{ name: 'orders', rows: 1, tombstones: 1, problems: [] }]);
    // As a truncation opens it, when no row has told the key yet.
    await (await sink.table(target('orders', { key: [] }), never)).truncate(at(0), never);
    expect((await sink.describe(never)).tables).toMatchObject([{ name: 'orders', rows: 1, tombstones: 1 }]);
    await sink.table(target('gone'), never);
    await withDatabase(url, (db) => db.dropCollection('gone'));
    const [orders, gone] = (await sink.describe(never)).tables;
    expect(orders?.problems).toEqual([]);
    expect(gone).toEqual({ name: 'gone', problems: [expect.stringContaining('create it again')] });
  });
});
