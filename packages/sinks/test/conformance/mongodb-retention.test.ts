// The index by which the server forgets tombstones, where the user may do no collMod, as with the role `readWrite`. FerretDB has no
// roles here: what such a server answers is answered in its place.
import { MongoServerError } from 'mongodb';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/mongodb/connection.ts';
import { prepareCollections, problemsOf } from '../../src/mongodb/prepare.ts';
import { shapeOf } from '../../src/mongodb/shape.ts';
import { target } from '../../src/testing/index.ts';
import type { TargetTable } from '../../src/types.ts';
import { changing } from '../support/changed-commands.ts';
import { databaseForEach } from '../support/ferretdb.ts';
import { never } from '../support/machine.ts';

const given = databaseForEach(2);
const days = (count: number): Partial<TargetTable> => ({ tombstoneRetentionMs: count * 86_400_000 });

function shapeWith(change: Partial<TargetTable>) {
  return shapeOf(target('orders', change), 'test');
}

/** As the role `readWrite` has it. */
function mayNotChange(): Connection {
  return changing(given.connection, (command) => {
    if ('collMod' in command) throw new MongoServerError({ message: 'not authorized on test to execute command { collMod: "orders__tombstones" }', code: 13 });
    return command;
  });
}

async function opened(connection: Connection, change: Partial<TargetTable>, createTables = true): Promise<readonly string[]> {
  await prepareCollections(connection, shapeWith(change), createTables, never);
  return problemsOf(connection, shapeWith(change), never);
}

/** What opening says; undefined where it is not refused. */
function refusal(connection: Connection, change: Partial<TargetTable>, createTables: boolean): Promise<unknown> {
  return prepareCollections(connection, shapeWith(change), createTables, never).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The last command that a text shows, as somebody who may run it. */
async function runShown(text: string): Promise<void> {
  const command = /db\.runCommand\((.*)\);$/.exec(text)?.[1];
  await given.connection.ask(({ db }) => db.command(JSON.parse(command ?? '')), never);
}

/** The index on `deletedAt` under a name of somebody's, in place of the sink's. */
async function madeBySomebody(name: string, expireAfterSeconds: number | undefined, direction = 1): Promise<void> {
  await given.connection.ask(async ({ db }) => {
    const tombstones = db.collection('orders__tombstones');
    await tombstones.dropIndex('shardfold_retention');
    await tombstones.createIndex({ deletedAt: direction }, { name, ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }) });
  }, never);
}

function indexes(): Promise<unknown> {
  return given.connection.ask(async ({ db }) => {
    const all = await db.collection('orders__tombstones').indexes();
    return all.flatMap(({ name, expireAfterSeconds }) => (name === '_id_' ? [] : [[name, expireAfterSeconds]]));
  }, never);
}

describe('a user who may do no collMod', () => {
  test('is not asked to where the retention is the same', async () => {
    expect(await opened(given.connection, days(8))).toEqual([]);
    expect(await opened(mayNotChange(), days(8))).toEqual([]);
  });

  test.each([
    ['a shorter retention', days(8), days(3)],
    ['hard deletes in place of soft ones', { ...days(8), deletes: 'soft' as const }, days(8)],
  ])('writes with %s all the same, and is told what to run', async (_, before, after) => {
    await opened(given.connection, before);
    const [problem = '', ...rest] = await opened(mayNotChange(), after);
    expect([problem, rest]).toEqual([expect.stringMatching(/later than configured; rows are right/), []]);
    await runShown(problem);
    expect(await opened(mayNotChange(), after)).toEqual([]);
  });

  test.each([
    ['a longer retention', days(3), days(8)],
    ['soft deletes in place of hard ones', days(8), { ...days(8), deletes: 'soft' as const }],
  ])('is refused with %s, which the server would not keep', async (_, before, after) => {
    await opened(given.connection, before);
    expect(await refusal(mayNotChange(), after, true)).toMatchObject({
      code: 'SINK_DENIED',
      retryable: false,
      message: expect.stringMatching(/sooner than.*Nothing is written.*collMod.*\ndb\.runCommand/),
    });
  });
});

describe('an index that somebody else made', () => {
  test.each([
    ['sooner', 3],
    ['later', 30],
  ])('and that forgets %s than configured is changed, under its own name', async (_, before) => {
    await opened(given.connection, days(8));
    await madeBySomebody('theirs', before * 86_400);
    expect(await opened(given.connection, days(8))).toEqual([]);
    expect(await indexes()).toEqual([['theirs', 8 * 86_400]]);
  });

  test.each([1, -1])('is refused where it forgets sooner and may not be changed, until the command is run that is shown: direction %s', async (direction) => {
    await opened(given.connection, days(8));
    await madeBySomebody('theirs', 60, direction);
    const error = await refusal(mayNotChange(), days(8), true);
    expect(error).toMatchObject({ code: 'SINK_DENIED', retryable: false, message: expect.stringMatching(/after 60 s, sooner than.*"name":"theirs"/s) });
    await runShown(error instanceof Error ? error.message : '');
    expect(await opened(mayNotChange(), days(8))).toEqual([]);
    expect(await indexes()).toEqual([['theirs', 8 * 86_400]]);
  });

  test('and that forgets nothing is left as it is', async () => {
    await opened(given.connection, days(8));
    await madeBySomebody('theirs', undefined);
    expect(await opened(given.connection, days(8))).toEqual([]);
    expect(await indexes()).toEqual([['theirs', undefined]]);
  });
});

describe('with createTables: false', () => {
  test.each([
    ['of its own', false],
    ['of somebody’s', true],
  ])('an index %s that forgets sooner is refused with the command to run, and nothing is changed before', async (_, theirs) => {
    await opened(given.connection, days(3));
    if (theirs) await madeBySomebody('theirs', 3 * 86_400);
    const before = await indexes();
    const error = await refusal(given.connection, days(8), false);
    expect(error).toMatchObject({
      code: 'SINK_TABLE_MISSING',
      retryable: false,
      message: expect.stringMatching(/createTables is false; nothing is written.*\ndb\.runCommand.*collMod/),
      missing: { names: [expect.stringMatching(/^the retention of /)], problems: [] },
    });
    expect(await indexes()).toEqual(before);
    await runShown(error instanceof Error ? error.message : '');
    expect(await opened(given.connection, days(8), false)).toEqual([]);
  });

  test('one that forgets later is written to, and told of', async () => {
    await opened(given.connection, days(8));
    const before = await indexes();
    expect(await opened(given.connection, days(3), false)).toEqual([expect.stringMatching(/later than configured; rows are right/)]);
    expect(await indexes()).toEqual(before);
  });
});

test('whatever else a server says of it is thrown', async () => {
  await opened(given.connection, days(8));
  const busy = changing(given.connection, (command) => {
    if ('collMod' in command) throw new MongoServerError({ message: 'interrupted', code: 11602 });
    return command;
  });
  await expect(opened(busy, days(3))).rejects.toMatchObject({ retryable: true });
});
