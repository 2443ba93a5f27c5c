// A way to a MongoDB server on which commands are changed, or refused, before they are sent. It knows no protocol.
import type { Connection, Reached } from '../../src/mongodb/connection.ts';

export type Command = Parameters<Reached['db']['command']>[0];

/** The same connection, but for what `change` makes of each command; what it throws is what the server seems to say. */
export function changing(connection: Connection, change: (command: Command) => Command): Connection {
  const through = (reached: Reached): Reached => {
    const db: Reached['db'] = Object.create(reached.db);
    db.command = (command, options) => reached.db.command(change(command), options);
    return { ...reached, db };
  };
  return {
    ...connection,
    send: (use, signal, limit) => connection.send((reached) => use(through(reached)), signal, limit),
    ask: (use, signal, limit) => connection.ask((reached) => use(through(reached)), signal, limit),
  };
}
