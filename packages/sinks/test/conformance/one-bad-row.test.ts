// One row of a thousand that the server refuses: the others land, and a replay of them all changes nothing.
import { describe, expect, test } from 'vitest';
import { prepareGroup } from '../../src/index.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { mysqlForFile } from '../support/mysql.ts';
import { inPlace, mysqlPlaces, postgresPlaces, sqlitePlaces } from '../support/places.ts';
import { postgresForFile } from '../support/postgres.ts';
import { filesForTests } from '../support/sqlite.ts';

const rows = 1_000;
const check = "ALTER TABLE orders ADD CONSTRAINT no_poison CHECK (id <> 'k0500')";
/** SQLite adds no checks to a table. */
const trigger = "CREATE TRIGGER no_poison BEFORE INSERT ON orders WHEN NEW.id = 'k0500' BEGIN SELECT RAISE(ABORT, 'no_poison'); END";

const all = [
  { ...postgresPlaces(postgresForFile()), forbid: check, code: '23514' },
  { ...mysqlPlaces('MariaDB', mariadbForFile()), forbid: check, code: '4025' },
  { ...mysqlPlaces('MySQL', mysqlForFile()), forbid: check, code: 'ER_CHECK_CONSTRAINT_VIOLATED' },
  { ...sqlitePlaces(filesForTests()), forbid: trigger, code: 'SQLITE_CONSTRAINT_TRIGGER' },
];

describe.for(all)('$name', ({ forbid, code, ...place }) => {
  test.for(['document', 'columns'] as const)('a row that the server refuses is refused alone, layout %s', (layout, context) =>
    inPlace(place, context, async ({ sink, run, rows: stored }) => {
      const orders = target('orders', { layout });
      const table = await sink.table(orders, never);
      await run(forbid);
      const id = (index: number): string => `k${String(index).padStart(4, '0')}`;
      const group = prepareGroup(Array.from({ length: rows }, (_, index) => put(textKey(id(index)), at(1), { text: id(index) })));
      const rejected = [{ index: 500, error: { code, message: expect.stringContaining('no_poison') } }];
      expect(await table.write(group, never)).toEqual({ applied: rows - 1, superseded: 0, unresolved: 0, rejected });
      expect((await stored(orders)).map(({ key }) => key[0]).sort()).toEqual(
        Array.from({ length: rows }, (_, index) => id(index)).filter((each) => each !== id(500)),
      );
      expect(await table.write(group, never)).toEqual({ applied: 0, superseded: rows - 1, unresolved: 0, rejected });
      // Half of them go beside it.
      const mixed = group.map((mutation, index) => (index % 2 === 1 ? remove(textKey(id(index)), at(2)) : mutation));
      expect(await table.write(mixed, never)).toEqual({ applied: rows / 2, superseded: rows / 2 - 1, unresolved: 0, rejected });
      expect(await stored(orders)).toHaveLength(rows / 2 - 1);
    }),
  );
});
