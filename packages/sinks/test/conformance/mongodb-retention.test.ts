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

async function opened(connection: Connection, change: Partial<TargetTable>): Promise<readonly string[]> {
  await prepareCollections(connection, shapeWith(change), true, never);
  return problemsOf(connection, shapeWith(change), never);
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
    const command = /db\.runCommand\((.*)\);$/.exec(problem)?.[1];
    await given.connection.ask(({ db }) => db.command(JSON.parse(command ?? '')), never);
    expect(await opened(mayNotChange(), after)).toEqual([]);
  });

  test.each([
    ['a longer retention', days(3), days(8)],
    ['soft deletes in place of hard ones', days(8), { ...days(8), deletes: 'soft' as const }],
  ])('is refused with %s, which the server would not keep', async (_, before, after) => {
    await opened(given.connection, before);
    const refusal = await prepareCollections(mayNotChange(), shapeWith(after), true, never).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'SINK_DENIED',
      retryable: false,
      message: expect.stringMatching(/sooner than.*Nothing is written.*collMod.*\ndb\.runCommand/),
    });
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
