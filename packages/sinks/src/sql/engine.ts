// What every part of the engine has at hand: the dialect, its builder, and the way to the server. It does nothing.
import type { Builder } from './builder.ts';
import type { Answer, SqlConnections, Statement } from './connections.ts';
import type { SqlDialect } from './dialect.ts';
import { asSinkError } from './errors.ts';

export interface Engine {
  readonly dialect: SqlDialect;
  readonly builder: Builder;
  readonly connections: SqlConnections;
}

/** Two writers that wait for each other give way at most so often; the server breaks each tie at once. */
const maxDeadlocks = 20;

/** Throws what `act` threw; a transaction that gave way to another is sent again first. */
export async function againOnDeadlock<T>({ dialect }: Engine, act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      const sorted = dialect.sortError(error);
      if (attempt === maxDeadlocks || sorted.kind === 'row' || dialect.isDeadlock?.(sorted.error) !== true) throw error;
    }
  }
}

/** For what belongs to no row: throws `SinkError`. */
export async function guarded<T>(engine: Engine, act: () => Promise<T>): Promise<T> {
  try {
    return await againOnDeadlock(engine, act);
  } catch (error) {
    throw asSinkError(engine.dialect, error);
  }
}

/** What the dialect's `alter` says, in one transaction, which waits for other writers no longer than the dialect allows. Throws `SinkError`. */
export async function sendAlter(engine: Engine, statements: readonly Statement[], signal: AbortSignal): Promise<void> {
  const { alterPatience } = engine.dialect.statements;
  const all = alterPatience === undefined ? statements : [alterPatience, ...statements];
  await guarded(engine, () => engine.connections.transaction(all, signal, 'long'));
}

/** One statement on its own, for what belongs to no row. Throws `SinkError`. */
export function run(engine: Engine, statement: Statement, signal: AbortSignal): Promise<Answer> {
  return guarded(engine, () => engine.connections.run(statement, signal, 'long'));
}
