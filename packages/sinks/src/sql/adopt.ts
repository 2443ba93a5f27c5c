// The statements with which a table that has rows already is taken over: its rows get a version below every one that comes. They are
// for a person to run; it runs nothing.
import { sql } from 'kysely';
import { noVersion } from '../partial/fold.ts';
import { column, type Fragment, tableId } from './builder.ts';
import type { Engine } from './engine.ts';
import type { Unfilled } from './fit.ts';
import type { TableName } from './names.ts';

/** A whole row's, unlike `noVersion`: a change that leaves columns out keeps what the row has. */
const adoptedTime = noVersion.time + 1;

/** `deleted`: the column for soft deletes, if the table has one. */
export function adoption({ builder, dialect }: Engine, table: TableName, columns: readonly Unfilled[], time: string, deleted: string): string[] {
  const text = (query: Fragment): string => builder.statement(query).text;
  const initial = (name: string): Fragment => (name === deleted ? dialect.bind.boolean(false) : sql.lit(name === time ? adoptedTime : 0));
  return columns.flatMap(({ name, wanted, column: found }) => {
    const [at, of] = [tableId(table), column(name)];
    if (found === undefined) return [text(sql`alter table ${at} add column ${of} ${sql.raw(wanted.ddl)} not null default ${initial(name)}`)];
    return [
      text(sql`update ${at} set ${of} = ${initial(name)} where ${of} is null`),
      ...(dialect.statements.setNotNull?.(table, found) ?? [text(sql`alter table ${at} alter column ${of} set not null`)]),
    ];
  });
}
