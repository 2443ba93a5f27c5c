// Builds the statements that are not hot: kysely as a compiler, without a connection of its own, so that every statement takes
// one way to the server. It runs nothing.
import { type Compilable, DummyDriver, Kysely, type RawBuilder, sql } from 'kysely';
import type { Statement } from './connections.ts';
import type { SqlDialect } from './dialect.ts';
import type { TableName } from './names.ts';

export interface DeadLetterRow {
  readonly id: string;
  readonly failed_at: unknown;
  readonly application: string;
  readonly worker: string;
  readonly stream: string;
  readonly shard: string;
  readonly sequence: string;
  readonly sub_sequence: number;
  readonly arrival: unknown;
  /** Tables of older versions lack it. */
  readonly partition_key?: string | null;
  readonly stage: string;
  readonly sink: string | null;
  readonly target: string | null;
  readonly key: string | null;
  readonly error_code: string;
  readonly error_message: string;
  readonly attempts: number;
  readonly raw: Uint8Array;
  readonly event: string | null;
}

interface Bookkeeping {
  readonly shardfold_dead_letters: DeadLetterRow;
}

export type Fragment = RawBuilder<unknown>;

export interface Builder {
  readonly kysely: Kysely<Bookkeeping>;
  compiled(query: Compilable): Statement;
  /** A statement of fragments. */
  statement(query: Fragment): Statement;
}

export function createBuilder({ compiler, product }: Pick<SqlDialect, 'compiler' | 'product'>): Builder {
  const kysely = new Kysely<Bookkeeping>({
    dialect: {
      createAdapter: () => compiler.createAdapter(),
      createQueryCompiler: () => compiler.createQueryCompiler(),
      createDriver: () => new DummyDriver(),
      createIntrospector: () => {
        throw new Error(`kysely is asked to look into ${product}; the dialect does that.`);
      },
    },
  });
  function compiled(query: Compilable): Statement {
    const { sql: text, parameters } = query.compile();
    return { text, values: parameters };
  }
  return { kysely, compiled, statement: (query) => compiled({ compile: () => query.compile(kysely) }) };
}

export function column(name: string, alias?: string): Fragment {
  return alias === undefined ? sql.id(name) : sql.id(alias, name);
}

export function tableId({ schema, table }: TableName): Fragment {
  return schema === undefined ? sql.id(table) : sql.id(schema, table);
}

/** Fragments with a comma between them. */
export function list(fragments: readonly Fragment[]): Fragment {
  return sql.join(fragments);
}

export function allOf(conditions: readonly Fragment[]): Fragment {
  return sql.join(conditions, sql` and `);
}
