// A sink over PGlite: a dialect and connections, put together by the engine.
import { PGlite } from '@electric-sql/pglite';
import { createSqlSink, type Sink, systemMachine } from '@shardfold/sinks';
import { createConnections } from './connections.ts';
import { pgliteDialect } from './dialect.ts';

/** `directory`: where it keeps its files; in memory when absent. */
export function createPgliteSink(directory?: string): Sink {
  const connections = createConnections(new PGlite(directory));
  return createSqlSink({ dialect: pgliteDialect, connections, clock: systemMachine.clock, createTables: true });
}
