// The way to the database: PGlite is PostgreSQL inside the process, with one connection that takes one transaction after the other.
import type { PGlite, Transaction } from '@electric-sql/pglite';
import { type SqlAnswer, type SqlConnections, type SqlStatement, sinkStopped } from '@shardfold/sinks';

export function createConnections(database: PGlite): SqlConnections {
  async function execute(on: PGlite | Transaction, { text, values = [] }: SqlStatement, signal: AbortSignal): Promise<SqlAnswer> {
    if (signal.aborted) throw sinkStopped('PGlite');
    const { rows, affectedRows = 0 } = await on.query<Record<string, unknown>>(text, [...values]);
    return { rows, affected: affectedRows };
  }

  async function all(on: Transaction, statements: readonly SqlStatement[], signal: AbortSignal): Promise<SqlAnswer[]> {
    const answers: SqlAnswer[] = [];
    for (const statement of statements) answers.push(await execute(on, statement, signal));
    return answers;
  }

  return {
    run: (statement, signal) => execute(database, statement, signal),
    // `transaction` rolls back when what it runs throws.
    transaction: (statements, signal) => database.transaction((on) => all(on, statements, signal)),
    session: (body, signal) => database.transaction((on) => body((statements) => all(on, statements, signal))),
    status: () => undefined,
    close: () => database.close(),
  };
}
