// MySQL sinks that go one statement at a time, each when it is told to, and what two of them do to each other in many orders.
import { expect, test } from 'vitest';
import type { TargetTable } from '../../src/index.ts';
import { type Client, openClient } from '../../src/mysql/client.ts';
import { mysqlDialect } from '../../src/mysql/dialect.ts';
import { flavorOf } from '../../src/mysql/flavor.ts';
import { parseMysqlUrl } from '../../src/mysql/url.ts';
import { at, type StoredRow, target } from '../../src/testing/index.ts';
import { never, timers } from './machine.ts';
import { query, type ServerForFile, sinkFor, storedRows } from './mysql.ts';
import { type SteppedSink, stepped } from './stepped.ts';
import { befores, inOrder, meetsTruncation, type Pair, pairs, pairsWithPatches, play, someSchedules, type Turns, written } from './turns.ts';

function clientOf(url: string) {
  return openClient({ url: parseMysqlUrl(url), application: 'test', timers, closing: never });
}

/** A statement that is seen at work so often in a row waits for a lock; if not, the other only goes on a little early. */
const maxLooks = 20;

/** Neither server says at once and reliably who waits for a lock. */
async function isAtWork(watcher: Client, thread: number): Promise<boolean> {
  const { rows } = await watcher.ask({ text: 'SHOW PROCESSLIST' });
  return rows.some(({ Id, Command }) => Number(Id) === thread && Command !== 'Sleep');
}

async function steppedSink(url: string, watcher: Client): Promise<SteppedSink> {
  const client = await clientOf(url);
  const flavor = flavorOf(client.version);
  if (flavor === undefined) throw new Error(`no flavor for ${client.version}`);
  const thread = Number((await client.ask({ text: 'SELECT connection_id() AS id' })).rows[0]?.id);
  return stepped({
    dialect: mysqlDialect(flavor),
    begin: 'START TRANSACTION',
    ask: (statement) => client.ask(statement),
    async waitsForLock(isOver) {
      for (let looks = 0; looks < maxLooks; looks += 1) if (isOver() || !(await isAtWork(watcher, thread))) return false;
      return true;
    },
    end: () => client.end(),
  });
}

async function withWriters(url: string, use: (writers: readonly [SteppedSink, SteppedSink]) => Promise<void>): Promise<void> {
  const watcher = await clientOf(url);
  const writers = [await steppedSink(url, watcher), await steppedSink(url, watcher)] as const;
  try {
    await use(writers);
  } finally {
    for (const writer of writers) await writer.end();
    await watcher.end();
  }
}

/** Many orders, and the two in which one goes first. */
function manySchedules(runs: number, turns: number): Turns[] {
  return [Array.from({ length: turns }, () => false), Array.from({ length: turns }, () => true), ...someSchedules(runs, turns)];
}

/** Each goes so many steps, then the other all of its own. */
function interrupted(most: number, rest: number): Turns[] {
  return [false, true].flatMap((first) =>
    Array.from({ length: most }, (_, steps) => [...Array.from({ length: steps + 1 }, () => first), ...Array.from({ length: rest }, () => !first)]),
  );
}

/** Without its key; the order of JSON's members says nothing. */
function contentOf({ key: _, data, partial, ...row }: StoredRow): unknown {
  return { ...row, data: JSON.parse(data), partial: partial === null ? null : JSON.parse(partial) };
}

/** Whatever waits for whatever, the row ends as when the same changes come one after the other. */
async function expectFold(url: string, orders: TargetTable, { before, first, second }: Pair, turns: readonly Turns[]): Promise<void> {
  const plain = sinkFor(url);
  try {
    const wanted = { ...orders, name: 'wanted' };
    await inOrder(await plain.table(wanted, never), 'k', [...before, first, second]);
    const table = await plain.table(orders, never);
    await withWriters(url, async (writers) => {
      const tables = [await writers[0].sink.table(orders, never), await writers[1].sink.table(orders, never)] as const;
      for (const [number, schedule] of turns.entries()) {
        const id = `k${number}`;
        await inOrder(table, id, before);
        const running = [writers[0].start(() => tables[0].write([first(id)], never)), writers[1].start(() => tables[1].write([second(id)], never))] as const;
        const [, report] = await play(running, schedule);
        expect(report.applied, `the newest is applied: ${schedule}`).toBe(1);
      }
    });
    const [fold] = await storedRows(url, wanted);
    const rows = await storedRows(url, orders);
    expect(rows.length).toBe(fold === undefined ? 0 : turns.length);
    for (const row of rows) expect(contentOf(row)).toEqual(fold && contentOf(fold));
  } finally {
    await plain.close();
  }
}

/** Registers the tests of two writers. */
export function interleavings(server: ServerForFile): void {
  test.for(pairs.flatMap((pair) => befores.map(({ over, before }) => ({ ...pair, name: `${pair.name}, over ${over}`, before }))))(
    '$name, hard and soft deletes',
    async (pair, context) => {
      await expectFold(await server.database(context), target('orders'), pair, manySchedules(10, 14));
      await expectFold(await server.database(context), target('orders', { deletes: 'soft' }), pair, manySchedules(4, 14));
    },
  );

  test.for(pairsWithPatches)('$name', async (pair, context) => {
    await expectFold(await server.database(context), target('orders', { patches: true }), pair, manySchedules(10, 18));
  });

  test.for(meetsTruncation)('a truncation meets $name in any order', async ({ mutation, left }, context) => {
    const url = await server.database(context);
    const orders = target('orders', { patches: true });
    await withWriters(url, async (writers) => {
      const tables = [await writers[0].sink.table(orders, never), await writers[1].sink.table(orders, never)] as const;
      // A floor that was never made is made by the first writer, who then holds it: here it is there already.
      await tables[0].write([written(50)('first')], never);
      for (const [number, turns] of [...manySchedules(10, 16), ...interrupted(8, 12)].entries()) {
        await query(url, 'UPDATE shardfold_floors SET cdc_time = -9223372036854775808, cdc_seq = 0; DELETE FROM orders');
        const writing = writers[0].start(async () => void (await tables[0].write([mutation(`k${number}`)], never)));
        const truncating = writers[1].start(() => tables[1].truncate(at(20), never));
        await play([writing, truncating], turns);
        expect((await storedRows(url, orders)).length, `${turns}`).toBe(left);
      }
    });
  });
}
