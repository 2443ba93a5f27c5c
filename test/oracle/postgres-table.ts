// Compares a PostgreSQL table of layout `document` with what the oracle expects of it. It writes nothing.
import { canonicalDecimal } from './decimal.ts';
import { type Attribute, type ExpectedRow, type Item, keyText } from './oracle.ts';
import { Digits, isObject, itemDifferences, type PlainObject, parseExactly } from './plain-json.ts';

/** A `pg` client or pool, as far as it is needed. */
export interface Queries {
  query(sql: string): Promise<{ readonly rows: readonly Record<string, string | null>[] }>;
}

const maxDifferences = 100;

/** One line a difference, the key in front; empty when the table is as it must be. `target` is quoted by the caller where needed. */
export async function tableDifferences(database: Queries, target: string, expected: ReadonlyMap<string, ExpectedRow>): Promise<readonly string[]> {
  const live = new Map([...expected].filter(([, row]) => row.item !== undefined));
  const sample = [...expected.values()][0];
  const columns = sample === undefined ? [] : Object.keys(sample.key);
  const selected = [
    'data::text AS "data"',
    'cdc_time::text AS "cdc_time"',
    ...columns.map((name, index) => `"${name.replaceAll('"', '""')}"::text AS "key${index}"`),
  ];
  const { rows } = await database.query(`SELECT ${selected.join(', ')} FROM ${target}`);
  const differences: string[] = [];
  for (const row of rows) {
    const data = parseExactly(row.data ?? 'null');
    const found = isObject(data) && sample !== undefined ? keyOf(data, sample.key) : undefined;
    const wanted = found === undefined ? undefined : live.get(found);
    if (found === undefined || wanted === undefined || !isObject(data)) {
      const why = found !== undefined && expected.has(found) ? 'was removed at the source' : 'is not in the source';
      differences.push(`${found ?? row.data}: ${why}`);
      continue;
    }
    live.delete(found);
    differences.push(...rowDifferences(wanted, data, row, columns).map((line) => `${found}: ${line}`));
  }
  differences.push(...[...live.keys()].map((key) => `${key}: missing`));
  const more = differences.length - maxDifferences;
  return more > 0 ? [...differences.slice(0, maxDifferences), `and ${more} more`] : differences;
}

function rowDifferences(wanted: ExpectedRow, data: PlainObject, row: Record<string, string | null>, columns: readonly string[]): readonly string[] {
  const lines = [...itemDifferences(wanted.item ?? {}, data)];
  if (row.cdc_time !== String(wanted.timeMicros)) lines.push(`cdc_time: expected ${wanted.timeMicros}, found ${row.cdc_time}`);
  for (const [index, name] of columns.entries()) {
    const text = row[`key${index}`];
    if (!sameKeyColumn(wanted.key[name], text)) lines.push(`column ${name}: expected ${JSON.stringify(wanted.key[name])}, found ${text}`);
  }
  return lines;
}

/** The key as the source would have written it, from a document; undefined when the document has no such key. */
function keyOf(data: PlainObject, like: Item): string | undefined {
  const key: Record<string, Attribute> = {};
  for (const [name, attribute] of Object.entries(like)) {
    const value = data[name];
    const type = Object.keys(attribute)[0] ?? '';
    if (type === 'N' ? !(value instanceof Digits) : typeof value !== 'string') return undefined;
    key[name] = { [type]: value instanceof Digits ? value.text : value };
  }
  return keyText(key);
}

function sameKeyColumn(attribute: Attribute | undefined, text: string | null | undefined): boolean {
  if (attribute === undefined || text === null || text === undefined) return false;
  if ('N' in attribute) return canonicalDecimal(text) === canonicalDecimal(String(attribute.N));
  if ('B' in attribute) return text === `\\x${Buffer.from(String(attribute.B), 'base64').toString('hex')}`;
  return text === attribute.S;
}
