// Names that no table can have, as records may bring them: refused by the check and by the sinks alike; and no target ever takes the
// place of a table that is kept beside another.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NameRules } from '../../src/columns/names.ts';
import { shapeOf as crateShapeOf } from '../../src/cratedb/shape.ts';
import { type SinkKind, targetNameProblem } from '../../src/index.ts';
import { shapeOf as mongoShapeOf } from '../../src/mongodb/shape.ts';
import { mysqlNames } from '../../src/mysql/names.ts';
import { postgresNames } from '../../src/postgres/names.ts';
import { tableText } from '../../src/sql/names.ts';
import { shapeOf } from '../../src/sql/shape.ts';
import { sqliteNames } from '../../src/sqlite/names.ts';
import { target } from '../../src/testing/index.ts';

const sqlTables = (rules: NameRules) => (name: string) => {
  const { rows, tombstones, floors } = shapeOf(target(name), rules);
  return [tableText(rows), tableText(tombstones), tableText(floors)] as const;
};

/** What a sink makes for a target: its rows, what is beside them, and its floors. Throws for a target that it refuses. */
const tables: Readonly<Record<SinkKind, (name: string) => readonly [rows: string, beside: string, floors: string]>> = {
  postgres: sqlTables(postgresNames),
  mysql: sqlTables(mysqlNames),
  sqlite: sqlTables(sqliteNames),
  cratedb(name) {
    const { view, rows, floors } = crateShapeOf(target(name), 'doc');
    return [view, rows, floors];
  },
  mongodb(name) {
    const { rows, tombstones } = mongoShapeOf(target(name), 'shop');
    return [rows, tombstones, 'shardfold_floors'];
  },
};
const kinds: readonly SinkKind[] = ['postgres', 'cratedb', 'mysql', 'sqlite', 'mongodb'];
const sql: readonly SinkKind[] = ['postgres', 'cratedb', 'mysql', 'sqlite'];
const letters: readonly SinkKind[] = ['postgres', 'mysql', 'sqlite', 'mongodb'];

describe('a name', () => {
  test.for<readonly [name: string, refusedBy: readonly SinkKind[]]>([
    ['orders', []],
    ['public.orders', ['sqlite']],
    ['Orders 1', []],
    ['ünïcode', []],
    ['o\'r"d`e;rs', []],
    ['x'.repeat(300), []],
    ['__tombstones_of', []],
    ['my_shardfold_floors', []],
    ['', kinds],
    ['a\u0000b', kinds],
    ['a\ud800', kinds],
    ['.a', kinds],
    ['a.', kinds],
    ['a..b', kinds],
    ['a.b.c', sql],
    ['a$b', ['mongodb']],
    ['system.users', ['mongodb', 'sqlite']],
    ['shardfold_floors', kinds],
    ['shardfold_dead_letters', kinds],
    ['shop.shardfold_floors', sql],
    ['SHARDFOLD_FLOORS', ['mysql', 'sqlite']],
    ['orders__tombstones', letters],
    ['shop.orders__tombstones', ['postgres', 'mysql', 'mongodb', 'sqlite']],
    [`${'x'.repeat(80)}__tombstones`, letters],
    ['orders__TOMBSTONES', ['mysql', 'sqlite']],
    ['orders__rows', ['cratedb']],
    ['pg_catalog.orders', ['postgres', 'cratedb', 'sqlite']],
    ['pg_temp.orders', ['postgres', 'sqlite']],
    ['information_schema.orders', sql],
    ['mysql.orders', ['mysql', 'sqlite']],
    ['sys.orders', ['cratedb', 'mysql', 'sqlite']],
    ['main.orders', []],
    ['sqlite_orders', ['sqlite']],
    ['SQLite_orders', ['sqlite']],
    ['😀', ['mysql']],
    ['orders ', ['mysql']],
    ['#sql-1', ['mysql']],
  ])('%j is refused by %j, by the check and by the sink', ([name, refusedBy]) => {
    const told = kinds.filter((kind) => targetNameProblem(kind, name) !== undefined);
    expect([...told].sort()).toEqual([...refusedBy].sort());
    for (const kind of kinds) {
      if (told.includes(kind)) expect(() => tables[kind](name)).toThrow(expect.objectContaining({ code: 'SINK_TABLE_MISMATCH', retryable: false }));
      else expect(tables[kind](name)).toHaveLength(3);
    }
  });
});

/** Names that are made of what the program itself makes names of. */
const near = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.array(fc.constantFrom('a', 'A', '__tombstones', '__rows', '_', 'x'.repeat(50), 'é'.repeat(30), '名'.repeat(20), '-'.repeat(25)), {
        minLength: 1,
        maxLength: 4,
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom(['shardfold_floors'], ['shardfold_dead_letters']) },
  )
  .map((parts) => parts.join(''));

describe.for(kinds)('%s', (kind) => {
  test('no table of one target is a table of another, not even of one that is called like a table of the first', () => {
    fc.assert(
      fc.property(near, near, fc.nat(2), (first, second, which) => {
        fc.pre(targetNameProblem(kind, first) === undefined);
        const [rows, beside, floors] = tables[kind](first);
        // What the server would be asked for, without the quotes and the schema of CrateDB.
        const made = ([rows, beside, floors][which] ?? '').replace(/^"doc"\./, '').replaceAll('"', '');
        for (const other of [second, made]) {
          if (other === first || targetNameProblem(kind, other) !== undefined) continue;
          const theirs = tables[kind](other).slice(0, 2);
          expect(theirs).not.toContain(rows);
          expect(theirs).not.toContain(beside);
          expect(theirs).not.toContain(floors);
        }
      }),
      { numRuns: 500 },
    );
  });
});
