// A group on its way to a server that does not do as it is told: what it did not store is never counted as stored.
import { expect, onTestFinished, test } from 'vitest';
import { createConnection } from '../../../src/cratedb/connection.ts';
import { createDeadLetters } from '../../../src/cratedb/dead-letters.ts';
import { newPace } from '../../../src/cratedb/guarded.ts';
import { shapeOf } from '../../../src/cratedb/shape.ts';
import { viewOf } from '../../../src/cratedb/table-view.ts';
import { raiseFloor } from '../../../src/cratedb/upkeep.ts';
import { type WriteContext, writeGroup } from '../../../src/cratedb/write.ts';
import { plainLetter } from '../../../src/testing/index.ts';
import { at, put, remove, target, textKey } from '../../../src/testing/material.ts';
import { never, timers } from '../../support/machine.ts';
import { type Asked, pretendCrate } from '../../support/pretend-crate.ts';

const shape = shapeOf(target('orders'), 'doc');
const found = { isTable: true, columns: [], key: ['id'], durability: 'REQUEST', maxColumns: 1_000, fingerprint: '' };

/** A server that answers every row of a bulk with this count, and every other statement with these rows. */
async function context(rowcount: number, rows: readonly unknown[] = []): Promise<WriteContext & { readonly asked: readonly Asked[] }> {
  const server = await pretendCrate((asked) => ({ body: asked.rows === undefined ? { rows, rowcount } : { results: asked.rows.map(() => ({ rowcount })) } }));
  const connection = createConnection({ url: server.url, application: 'test', poolMax: 2, timers });
  onTestFinished(async () => {
    connection.close();
    await server.stop();
  });
  const view = viewOf(target('orders'), shape, found, false);
  const unused = () => Promise.reject(new Error('a document has no columns'));
  return {
    connection,
    table: { view: () => view, reload: unused, add: unused, floor: undefined, pace: newPace() },
    wallMs: () => 1,
    signal: never,
    asked: server.asked,
  };
}

test.for([put(textKey('k'), at(1), {}), remove(textKey('k'), at(1))])('an upsert that changes no row has lost it: %o', async (mutation) => {
  await expect(writeGroup([mutation], await context(0))).rejects.toMatchObject({ code: 'SINK_BUSY', retryable: true });
});

test('one that changes a row is neither applied nor superseded for sure', async () => {
  const one = await context(1);
  expect(await writeGroup([put(textKey('k'), at(1), {})], one)).toEqual({ applied: 0, superseded: 0, unresolved: 1, rejected: [] });
  expect(one.asked).toHaveLength(2);
});

test('what is below a floor that is known is not sent', async () => {
  const one = await context(1);
  one.table.floor = at(5);
  expect(await writeGroup([put(textKey('k'), at(5), {})], one)).toMatchObject({ superseded: 1 });
  expect(one.asked).toHaveLength(0);
});

test('a floor that was not stored is said', async () => {
  const { connection, signal } = await context(0);
  await expect(raiseFloor({ connection, shape, signal, nowMs: 1 }, at(1))).rejects.toMatchObject({ code: 'SINK_BUSY', retryable: true });
});

test('a dead letter that was not stored was there, or is said', async () => {
  const { connection } = await context(0);
  await expect(createDeadLetters(connection).put([plainLetter], never)).rejects.toMatchObject({ code: 'SINK_BUSY', retryable: true });
  const known = await context(0, [[plainLetter.id]]);
  await createDeadLetters(known.connection).put([plainLetter], never);
  expect(known.asked.filter(({ statement }) => !statement.includes('information_schema'))).toHaveLength(2);
});
