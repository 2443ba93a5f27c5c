// Builds the statements that are not hot: kysely as a compiler, without a connection of its own, so that every statement takes
// one way to the server. It runs nothing.
import { type Compilable, type CompiledQuery, DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { Statement } from './connections.ts';

export interface DeadLetterRow {
  readonly id: string;
  readonly failed_at: Date;
  readonly application: string;
  readonly worker: string;
  readonly stream: string;
  readonly shard: string;
  readonly sequence: string;
  readonly sub_sequence: number;
  readonly arrival: Date;
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

export const build = new Kysely<Bookkeeping>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

export function compiled(query: Compilable): Statement {
  const { sql, parameters }: CompiledQuery = query.compile();
  return { text: sql, values: parameters };
}
