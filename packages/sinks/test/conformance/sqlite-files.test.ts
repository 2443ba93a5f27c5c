// Files that are missing, damaged, read-only, in memory, taken away or closed, and tables that somebody dropped under the sink.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareGroup, type SinkErrorCode } from '../../src/index.ts';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { refusalOf } from '../support/refusals.ts';
import { filesForTests, never, onFile, storedRows } from '../support/sqlite.ts';
import { openingsForTests } from '../support/sqlite-opened.ts';

const newFile = filesForTests();
const { sinkOn, tableOn } = openingsForTests();

function directoryAt(path: string): string {
  mkdirSync(path);
  return path;
}

function garbageAt(path: string): string {
  writeFileSync(path, 'x'.repeat(5_000));
  return path;
}

describe('files', () => {
  const places: [what: string, make: (path: string) => string, code: SinkErrorCode, retryable: boolean, says: RegExp][] = [
    ['no directory', (path) => join(path, 'deeper.db'), 'SINK_DENIED', false, /no directory .*Create it/],
    ['a directory', directoryAt, 'SINK_UNREACHABLE', true, /unable to open.*See that the path is a file/],
    ['no database', garbageAt, 'SINK_UNEXPECTED', false, /not a database.*restore a copy/],
    ['another scheme', () => 'mysql://host/orders', 'SINK_DENIED', false, /is of another database.*Give a path/],
  ];
  test.each(places)('%s: opening says what to do', async (_what, make, code, retryable, says) => {
    const error = await refusalOf(sinkOn(make(newFile())));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code, retryable });
    expect(error.message).toMatch(says);
  });

  test('a file that can only be read is refused when it is opened', async () => {
    const path = newFile();
    onFile(path, (database) => database.exec('CREATE TABLE t (id)'));
    // The header's way to say so holds for the superuser too, unlike permissions.
    const bytes = readFileSync(path);
    bytes[18] = 3;
    writeFileSync(path, bytes);
    chmodSync(path, 0o444);
    const error = await refusalOf(sinkOn(path));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_READ_ONLY', retryable: true });
    expect(error.message).toMatch(/Make the file and its directory writable/);
  });

  test('a file that was damaged while it was open stops the writing, and a restored one goes on', async () => {
    const path = newFile();
    const table = await tableOn(path);
    const rows = Array.from({ length: 500 }, (_, index) => put(textKey(`k${index}`), at(1), { text: 'x'.repeat(500) }));
    await table.write(prepareGroup(rows), never);
    onFile(path, (database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole.subarray(0, 4_096), Buffer.alloc(whole.length - 4_096, 0xaa)]));
    renameSync(path, `${path}.damaged`);
    writeFileSync(path, readFileSync(`${path}.damaged`));
    const error = await refusalOf(table.write([put(textKey('new'), at(1), {})], never));
    expect(error.code).toBe('SINK_UNEXPECTED');
    expect(error.message).toMatch(/damaged.*restore a copy/);
    renameSync(path, `${path}.damaged`);
    writeFileSync(path, whole);
    expect(await table.write([put(textKey('new'), at(1), {})], never)).toMatchObject({ applied: 1 });
    expect(storedRows(path, target('orders'))).toHaveLength(501);
  });

  test('a file that somebody took away is not written to any more, and a new one can be used at once', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    const table = await sink.table(target('orders'), never);
    await table.write([put(textKey('a'), at(1), {})], never);
    renameSync(path, `${path}.away`);
    const error = await refusalOf(table.write([put(textKey('b'), at(1), {})], never));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_TABLE_MISSING', retryable: false });
    const again = await sink.table(target('orders'), never);
    expect(await again.write([put(textKey('c'), at(1), {})], never)).toMatchObject({ applied: 1 });
    expect(storedRows(path, target('orders')).map(({ key }) => key)).toEqual([['c']]);
  });

  test('a table that somebody dropped does not keep the others from being described', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    for (const name of ['orders', 'other']) await sink.table(target(name), never);
    onFile(path, (database) => database.exec('DROP TABLE orders'));
    const { tables } = await sink.describe(never);
    expect(tables.map(({ name, rows, tombstones }) => ({ name, rows, tombstones }))).toEqual([
      { name: 'orders', rows: undefined, tombstones: 0 },
      { name: 'other', rows: 0, tombstones: 0 },
    ]);
  });

  test('a table that somebody dropped is missed, and an open one that changed is told', async () => {
    const path = newFile();
    const table = await tableOn(path);
    onFile(path, (database) => database.exec('ALTER TABLE orders RENAME COLUMN data TO other'));
    expect((await refusalOf(table.write([put(textKey('a'), at(1), {})], never))).code).toBe('SINK_TABLE_MISMATCH');
    onFile(path, (database) => database.exec('DROP TABLE orders'));
    expect((await refusalOf(table.write([put(textKey('a'), at(1), {})], never))).code).toBe('SINK_TABLE_MISSING');
  });

  test('in memory there is one database for the sink, and none after it', async () => {
    for (const time of [1, 1]) {
      const table = await tableOn(':memory:');
      expect(await table.write([put(textKey('a'), at(time), { n: 1 })], never)).toMatchObject({ applied: 1 });
      expect(await table.write([put(textKey('a'), at(time), { n: 1 })], never)).toMatchObject({ superseded: 1 });
    }
  });

  test('what was acknowledged is on the disk: the file keeps it without being closed', async () => {
    const path = newFile();
    const table = await tableOn(path);
    await table.write([put(textKey('a'), at(1), {})], never);
    const copy = `${path}.copy`;
    writeFileSync(copy, readFileSync(path));
    writeFileSync(`${copy}-wal`, readFileSync(`${path}-wal`));
    expect(storedRows(copy, target('orders'))).toHaveLength(1);
  });

  test('closing waits for what the file was asked, breaks off the rest, and a closed sink says so', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    const orders = target('orders', { patches: true });
    const table = await sink.table(orders, never);
    const writes = Array.from({ length: 20 }, (_, index) => {
      const key = textKey(`k${index}`);
      return table.write([index % 2 === 0 ? put(key, at(1), {}) : patch(key, at(1), { n: 1 })], never);
    });
    const settling = Promise.allSettled(writes);
    await writes[0];
    await sink.close();
    const settled = await settling;
    const landed = settled.filter(({ status }) => status === 'fulfilled').length;
    for (const each of settled) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'SINK_CLOSED' });
    expect(landed).toBeGreaterThan(0);
    expect(storedRows(path, orders).length).toBeGreaterThanOrEqual(landed);
    expect((await refusalOf(table.write([put(textKey('b'), at(1), {})], never))).code).toBe('SINK_CLOSED');
  });

  test('it tells its version, its size, and counts what is small', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    const table = await sink.table(target('orders'), never);
    await table.write([put(textKey('a'), at(1), {}), remove(textKey('b'), at(1))], never);
    const status = await sink.describe(never);
    expect(status.server).toMatch(/^SQLite 3\.\d+\.\d+, a file of \d+ bytes$/);
    expect(status.connections).toEqual({ open: 1, idle: 1, waiting: 0, max: 1 });
    expect(status.tables).toEqual([{ name: 'orders', rows: 1, tombstones: 1, problems: [] }]);
  });
});
