// Puts that are probably new go as insertions. Whatever the guess was, and whatever the server makes of it, the documents end alike.
import { describe, expect, test } from 'vitest';
import type { Habit } from '../../src/mongodb/landing.ts';
import { shapeOf } from '../../src/mongodb/shape.ts';
import { type WriteContext, writeGroup } from '../../src/mongodb/write.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';
import { type Command, changing } from '../support/changed-commands.ts';
import { databaseForEach, mongoTraits, storedRows, withDatabase } from '../support/ferretdb.ts';
import { clock, never } from '../support/machine.ts';
import { valueWriter } from '../support/value-writer.ts';

const given = databaseForEach(2);

/** A writer of `orders`, and the names of the commands that it sent to the rows. */
function writerOf(habit: Habit, change = (command: Command): Command => command): WriteContext & { readonly sent: string[] } {
  const sent: string[] = [];
  const way = changing(given.connection, (command) => {
    const [name = '', collection] = Object.entries(command)[0] ?? [];
    if (collection === 'orders') sent.push(name);
    return change(command);
  });
  return {
    connection: way,
    shape: shapeOf(target('orders'), 'test'),
    tellsChanges: mongoTraits.reports === 'exact',
    writer: valueWriter(),
    habit,
    wallMs: clock.wallMs,
    signal: never,
    sent,
  };
}

const letters = ['a', 'b', 'c', 'd'];

async function stored(): Promise<Record<string, string>> {
  return Object.fromEntries((await storedRows(given.url, { name: 'orders' })).map(({ key, data }) => [key.join(), data]));
}

describe('puts of a table', () => {
  test('go as insertions after mostly new ones, and as upserts again after others', async () => {
    const writer = writerOf({ mostlyNew: false });
    const write = (ids: readonly string[], time: number): Promise<unknown> =>
      writeGroup(
        ids.map((id) => put(textKey(id), at(time), { time })),
        writer,
      );
    await write(letters, 1);
    await write(['e', 'f', 'g', 'a'], 2);
    await write(['h', 'i', 'b', 'c'], 3);
    await write(['j'], 4);
    expect(writer.sent).toEqual(['update', 'insert', 'update', 'insert', 'update', 'update']);
    expect(await stored()).toMatchObject({
      a: '{"time":2}',
      b: '{"time":3}',
      c: '{"time":3}',
      d: '{"time":1}',
      e: '{"time":2}',
      h: '{"time":3}',
      j: '{"time":4}',
    });
  });

  test.for([false, true])('that are new, newer, older, equal, dead or at fault end alike; guessed new: %s', async (mostlyNew) => {
    await withDatabase(given.url, async (db) => {
      await db.collection<{ _id: string }>('orders').insertOne({ _id: 'foreign' });
      await db.collection('orders').createIndex({ email: 1 }, { unique: true, partialFilterExpression: { email: { $exists: true } } });
    });
    const before = writerOf({ mostlyNew: false });
    await writeGroup([...letters.slice(0, 3).map((id) => put(textKey(id), at(5), { email: id })), remove(textKey('dead'), at(5))], before);
    const group = [
      put(textKey('new'), at(1), { $set: '$x', 'a.b': 1 }),
      put(textKey('a'), at(6), { is: 'newer' }),
      put(textKey('b'), at(4), { is: 'older' }),
      put(textKey('c'), at(5), { email: 'c' }),
      put(textKey('dead'), at(4), { is: 'dead' }),
      put(textKey('foreign'), at(1), { is: 'ours' }),
      put(textKey('fault'), at(1), { email: 'b' }),
    ];
    const writer = writerOf({ mostlyNew });
    const report = await writeGroup(group, writer);
    expect(writer.sent.slice(0, 2)).toEqual(mostlyNew ? ['insert', 'update'] : ['update', 'delete']);
    expect(report.rejected).toMatchObject([{ index: 6, error: { code: '11000' } }]);
    expect(report.applied + report.superseded + report.unresolved).toBe(6);
    if (mostlyNew) expect(report.applied).toBeGreaterThanOrEqual(1);
    expect(await stored()).toEqual({
      new: '{"$set":"$x","a.b":1}',
      a: '{"is":"newer"}',
      b: '{"email":"b"}',
      c: '{"email":"c"}',
      foreign: '{"is":"ours"}',
    });
  });

  test('all land where the server breaks off in the midst of the insertions', async () => {
    const writer = writerOf({ mostlyNew: true }, (command) => ('insert' in command ? { ...command, documents: command.documents.slice(0, 2) } : command));
    const report = await writeGroup(
      letters.map((id) => put(textKey(id), at(1), {})),
      writer,
    );
    expect(report.rejected).toEqual([]);
    expect(Object.keys(await stored()).sort()).toEqual(letters);
    expect(writer.sent).toEqual(['insert', 'update']);
  });

  test('too large for a command of their own are refused, and the rest lands, guessed new', async () => {
    const large = put(textKey('large'), at(1), { text: 'x'.repeat(16_900_000) });
    const { rejected } = await writeGroup([...letters.map((id) => put(textKey(id), at(1), {})), large], writerOf({ mostlyNew: true }));
    expect(rejected).toMatchObject([{ index: 4 }]);
    expect(Object.keys(await stored()).sort()).toEqual(letters);
  });
});
