// Which column an attribute gets, by the server's rules for names: never one that the server would cut off or fold into
// another's. Pure; it knows no server.
import { createHash } from 'node:crypto';

/** Of a server to which tables are one though their names differ in case. */
export interface TableCase {
  /** Names of tables with the same answer are one to the server, and so are names of schemas. */
  fold(name: string): string;
  /** Where a table is whose name has no schema. */
  readonly schema: string;
}

export interface NameRules {
  /** The longest name that the server keeps as it is. */
  readonly maxLength: number;
  /** How the server measures a name: UTF-8 bytes, UTF-16 units, or the bytes of MySQL's name for the file. */
  readonly unit: 'bytes' | 'characters' | 'file bytes';
  /** What a name of a table or schema has to keep besides. */
  readonly tables?: Pick<NameRules, 'maxLength' | 'unit'>;
  /** The server takes column names that differ only in case for one. */
  readonly ignoresCase: boolean;
  /** By default each name is a table of its own. */
  readonly tableCase?: TableCase;
  /** Whether the server takes a column of this name at all. */
  allows(name: string): boolean;
  /** Why the server has no table of this name, or none in this schema: a phrase that follows the target's name. By default it has any. */
  tableProblem?(table: string, schema: string | undefined): string | undefined;
}

const hashLength = 9;
const hashed = /^(.*)_[0-9a-f]{9}$/s;
/** A character is four bytes at most, five in the name of a file: a cut name is at most one less shorter than it might be. */
const maxSlack: Readonly<Record<NameRules['unit'], number>> = { bytes: 3, characters: 3, 'file bytes': 4 };

/** `_` and what is plain stand for themselves, letters of these blocks are `@` and two more, all others `@` and four digits. */
const plainInFiles = /^\w$/;
const shortInFiles = /^[\u00c0-\u058f\u1e00-\u1fff\u2160-\u217f\u24b6-\u24e9\uff21-\uff5a]$/;

function fileBytesOf(name: string): number {
  let bytes = 0;
  for (const character of name) bytes += plainInFiles.test(character) ? 1 : shortInFiles.test(character) ? 3 : 5;
  return bytes;
}

function lengthOf(name: string, { unit }: Pick<NameRules, 'unit'>): number {
  if (unit === 'file bytes') return fileBytesOf(name);
  return unit === 'bytes' ? Buffer.byteLength(name) : name.length;
}

/** The name's beginning and a hash of the whole. */
function withHash(name: string, rules: Pick<NameRules, 'maxLength' | 'unit'>): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength);
  let head = '';
  for (const character of name) {
    if (lengthOf(head, rules) + lengthOf(character, rules) > rules.maxLength - hashLength - 1) break;
    head += character;
  }
  return `${head}_${hash}`;
}

/** The name itself, or its beginning and a hash of the whole: the server would cut it and let two long names collide. */
export function fittingName(name: string, rules: Pick<NameRules, 'maxLength' | 'unit'>): string {
  return lengthOf(name, rules) <= rules.maxLength ? name : withHash(name, rules);
}

/** For names that differ in case only. A sigma at the end of a word is one like the others to the servers. */
export function folded(name: string): string {
  return name.toLowerCase().replaceAll('ς', 'σ');
}

/** Whether another name may become this one: one that is as long as a cut one, or just what `withHash` makes. */
function looksHashed(name: string, rules: NameRules): boolean {
  const head = hashed.exec(name)?.[1];
  return head !== undefined && (lengthOf(name, rules) >= rules.maxLength - maxSlack[rules.unit] || (rules.ignoresCase && withHash(head, rules) === name));
}

/** The same; a name that looks like a cut one is cut, too, so that no two become one. */
export function distinctName(name: string, rules: NameRules): string {
  return lengthOf(name, rules) > rules.maxLength || looksHashed(name, rules) ? withHash(name, rules) : name;
}

/**
 * The column for an attribute, given those that there are; undefined where it can have none. The same attribute always gets
 * the same one, and two attributes never share one, whichever came first.
 */
export function columnName(attribute: string, existing: readonly string[], rules: NameRules): string | undefined {
  if (attribute === '' || !attribute.isWellFormed() || attribute.includes('\u0000')) return undefined;
  const name = distinctName(attribute, rules);
  if (!rules.allows(name)) return undefined;
  const isFree = (candidate: string): boolean =>
    !rules.ignoresCase || existing.includes(candidate) || !existing.some((other) => folded(other) === folded(candidate));
  if (isFree(name)) return name;
  const other = withHash(attribute, rules);
  return isFree(other) ? other : undefined;
}
