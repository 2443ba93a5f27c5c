// Whether the url's user may make tables. It reads the user's grants and makes nothing.
import type { SqlConnections } from '../sql/connections.ts';

/** `GRANT SELECT, CREATE ON \`orders\_%\`.* TO …`: what, and of which databases. A grant of a role has no `ON`. */
const grant = /^GRANT (?<rights>.+) ON (?<database>\*|`(?:[^`]|``)+`)\.\* TO /s;
const ofOneTable = /^GRANT .+ ON /s;

function unquoted(name: string): string {
  return name === '*' ? '%' : name.slice(1, -1).replaceAll('``', '`');
}

/** `_` and `%` stand for others unless a backslash is before them. */
function pattern(like: string): RegExp {
  const parts = like.match(/\\[_%]|[\s\S]/gu) ?? [];
  const body = parts.map((part) => {
    if (part === '%') return '.*';
    if (part === '_') return '.';
    return (part.length === 2 && part.startsWith('\\') ? part.slice(1) : part).replace(/[\\^$+*?()[\]{}|.]/g, '\\$&');
  });
  return new RegExp(`^${body.join('')}$`, 'isu');
}

/** False: it may, or what is granted does not tell, since roles and partial revokes are not looked into. */
export function mayNotCreate(grants: readonly string[], database: string): boolean {
  let isTold = true;
  for (const each of grants) {
    const found = grant.exec(each)?.groups;
    if (found === undefined) {
      isTold &&= ofOneTable.test(each);
      continue;
    }
    const rights = (found.rights ?? '').split(/, ?/).map((right) => right.trim().toUpperCase());
    const isHere = pattern(unquoted(found.database ?? '')).test(database);
    if (isHere && rights.some((right) => right === 'CREATE' || right.startsWith('ALL PRIVILEGES'))) return false;
  }
  return isTold && grants.length > 0;
}

/** Undefined: it may, or nobody can tell. Else what it may not, as a phrase. */
export async function createDenial(connections: SqlConnections, signal: AbortSignal): Promise<string | undefined> {
  const { rows } = await connections.run({ text: 'SELECT DATABASE() AS name' }, signal);
  const database = rows[0]?.name;
  if (typeof database !== 'string') return undefined;
  const { rows: grants } = await connections.run({ text: 'SHOW GRANTS' }, signal);
  const texts = grants.flatMap((row) => Object.values(row)).map(String);
  return mayNotCreate(texts, database) ? `create tables in database ${database}` : undefined;
}
