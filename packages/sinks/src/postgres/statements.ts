// The statements of the hot path, as text. It knows the shape of a table and nothing of connections.
//
// One transaction, READ COMMITTED, in this order:
//   1. `store`   upserts the puts under the version guard and, for every delete, takes the row's lock: an existing row is
//                locked without being changed, an absent one is held by a marker row that nobody else ever sees.
//   2. `settle`  takes back the puts that a tombstone or a floor outranks.
//   3. `bury`    deletes what the deletes outrank, markers included, and writes tombstones.
// Each statement sees what was committed before it began. After 1 no other writer can commit a row or a tombstone of these
// keys, so 2 and 3 see the last word on each of them; a put that waited in 1 for a delete finds its tombstone in 2. Either
// order of a put and a delete on one key ends alike, and all locks are taken in 1, in the group's order.
// At equal versions the delete wins, whichever came first.
import { quoted, quotedTable } from './names.ts';
import { type KeyColumn, keyTypes, type TableShape } from './shape.ts';

export interface HotStatements {
  /** `$1` is a JSON array of `{k0…, t, s, d}`; `d` is null for a delete. */
  readonly store: string;
  /** `$1` is a JSON array of `{k0…}` of the puts, `$2` the target. Affected rows are puts taken back. */
  readonly settle: string;
  /** `$1` is a JSON array of `{k0…, t, s}` of the deletes, `$2` the target. Answers one row `markers, buried`. */
  readonly bury: string;
}

/** How a key travels in JSON: as text where JSON has no such type, and numbers too, for their digits. */
function recordColumns(key: readonly KeyColumn[]): string {
  return key.map(({ type }, index) => `k${index} ${type === 'binary' ? 'text' : keyTypes[type]}`).join(', ');
}

function keyExpression({ type }: KeyColumn, index: number): string {
  return type === 'binary' ? `decode(x.k${index}, 'base64')` : `x.k${index}`;
}

/** The parameter as rows `x(k0…)`, with the versions `t` and `s` where they are asked for. */
function incoming(key: readonly KeyColumn[], versions: '' | ', t bigint, s numeric'): string {
  const values = key.map((column, index) => `${keyExpression(column, index)} AS k${index}`).join(', ');
  return `(SELECT ${values}${versions === '' ? '' : ', x.t, x.s'} FROM jsonb_to_recordset($1::jsonb) AS x(${recordColumns(key)}${versions}))`;
}

/** `alias`'s key columns equal those of the incoming row `x`. */
function sameKey(alias: string, key: readonly KeyColumn[]): string {
  return key.map(({ name }, index) => `${alias}.${quoted(name)} = x.k${index}`).join(' AND ');
}

export function hotStatements({ rows, tombstones, floors, key }: TableShape): HotStatements {
  const names = key.map(({ name }) => quoted(name)).join(', ');
  const floor = `(SELECT f.cdc_time, f.cdc_seq FROM ${quotedTable(floors)} AS f WHERE f.target = $2)`;
  return {
    store:
      `INSERT INTO ${quotedTable(rows)} AS t (${names}, data, cdc_time, cdc_seq) ` +
      `SELECT ${key.map(keyExpression).join(', ')}, coalesce(x.d, 'null'::jsonb), x.t, x.s ` +
      `FROM jsonb_to_recordset($1::jsonb) AS x(${recordColumns(key)}, t bigint, s numeric, d jsonb) ` +
      `ON CONFLICT (${names}) DO UPDATE SET data = excluded.data, cdc_time = excluded.cdc_time, cdc_seq = excluded.cdc_seq ` +
      `WHERE (t.cdc_time, t.cdc_seq) < (excluded.cdc_time, excluded.cdc_seq) AND excluded.data <> 'null'::jsonb`,
    // The scalar subquery keeps the planner from reading all tombstones into a hash for the sake of a few keys.
    settle:
      `DELETE FROM ${quotedTable(rows)} AS t USING ${incoming(key, '')} AS x WHERE ${sameKey('t', key)} ` +
      `AND (EXISTS (SELECT FROM ${quotedTable(floors)} AS f WHERE f.target = $2) OR (SELECT true FROM ${quotedTable(tombstones)} AS d WHERE ${sameKey('d', key)})) ` +
      `AND ((t.cdc_time, t.cdc_seq) <= ${floor} OR EXISTS ` +
      `(SELECT FROM ${quotedTable(tombstones)} AS d WHERE ${sameKey('d', key)} AND (d.cdc_time, d.cdc_seq) >= (t.cdc_time, t.cdc_seq)))`,
    bury:
      `WITH gone AS (DELETE FROM ${quotedTable(rows)} AS t USING ${incoming(key, ', t bigint, s numeric')} AS x ` +
      `WHERE ${sameKey('t', key)} AND (t.cdc_time, t.cdc_seq) <= (x.t, x.s) ` +
      `RETURNING ${key.map((_, index) => `x.k${index}`).join(', ')}, x.t, x.s, t.data = 'null'::jsonb AS marker), ` +
      `laid AS (INSERT INTO ${quotedTable(tombstones)} AS d (${names}, cdc_time, cdc_seq, deleted_at) ` +
      `SELECT ${key.map((_, index) => `k${index}`).join(', ')}, t, s, now() FROM gone WHERE ((t, s) <= ${floor}) IS NOT TRUE ` +
      `ON CONFLICT (${names}) DO UPDATE SET cdc_time = excluded.cdc_time, cdc_seq = excluded.cdc_seq, deleted_at = excluded.deleted_at ` +
      'WHERE (d.cdc_time, d.cdc_seq) < (excluded.cdc_time, excluded.cdc_seq) RETURNING 1) ' +
      'SELECT (SELECT count(*) FROM gone WHERE marker)::int AS markers, (SELECT count(*) FROM laid)::int AS buried',
  };
}
