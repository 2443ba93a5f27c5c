// Which prepared statements a session keeps: a table whose columns keep appearing has a new one each time, and the server forgets
// none by itself. It sends nothing.
import type { PoolClient } from 'pg';
import type { Statement } from '../sql/connections.ts';
import { quoted } from './names.ts';

/** A table in use has one; with more tables than this the server plans now and then anew. */
const maxPrepared = 64;

/** The names that a session was given, the one that was used longest ago first. */
const namesOf = new WeakMap<PoolClient, Set<string>>();

/** The driver's own list of what the session knows; its types do not tell of it. */
function textsOf({ connection }: { readonly connection: object }): object {
  const texts = 'parsedStatements' in connection ? connection.parsedStatements : undefined;
  return typeof texts === 'object' && texts !== null ? texts : {};
}

/** What a session is to be told before these statements, so that it keeps at most so many prepared ones beside theirs. */
export function forgetOldest(client: PoolClient, statements: readonly Statement[]): Statement[] {
  const names = namesOf.get(client) ?? new Set();
  namesOf.set(client, names);
  for (const { name } of statements) {
    if (name === undefined) continue;
    names.delete(name);
    names.add(name);
  }
  const known = textsOf(client);
  const oldest = [...names].slice(0, Math.max(0, names.size - maxPrepared));
  for (const name of oldest) names.delete(name);
  const parsed = oldest.filter((name) => name in known);
  // Else the driver would take it for one that the server knows.
  for (const name of parsed) Reflect.deleteProperty(known, name);
  return parsed.map((name) => ({ text: `DEALLOCATE ${quoted(name)}` }));
}
