// The fast way to PostgreSQL: a group's rows as one transaction of few statements. It knows no SQL.
import { createHash } from 'node:crypto';
import { compareVersions } from '@shardfold/changes';
import { chunks } from '../chunks.ts';
import type { Answer, Statement } from '../sql/connections.ts';
import { ColumnsChanged, type HotContext, type HotSent, type HotTable } from '../sql/dialect.ts';
import { versionOf } from '../sql/read-keys.ts';
import { fingerprintOf } from './catalog.ts';
import { type ContentFields, type EncodedRow, encodeMutation, jsonArray } from './encode.ts';
import { contentFields, type HotStatements, hotStatements } from './statements.ts';

/** What one transaction carries at most; measured: larger ones are no faster and hold their locks longer. */
const maxRowsPerStatement = 5_000;
const maxCharactersPerStatement = 8 * 1024 * 1024;

/**
 * Of one `store` statement. A transaction has as many as it needs: the server parses the first while the next is on its way, and
 * it takes in small texts faster than one large one (measured: 15.5 µs a row against 17 in one statement of a thousand rows).
 */
const storeLimits = { maxItems: 250, maxSize: 128 * 1024 };

interface HotTransaction {
  readonly statements: HotStatements;
  /** Names the prepared statement; one per table and state of its columns. */
  readonly statementName: string;
  readonly floorName: string;
}

/** A put's address has its key alone, a delete's its version too, which `left` does not read. */
function addresses(rows: readonly EncodedRow[]): string {
  return jsonArray(rows.map(({ address }) => address));
}

function storesOf(rows: readonly EncodedRow[], { statements, statementName }: HotTransaction): Statement[] {
  // Without rows it asks the table whether it takes any.
  const slices = rows.length === 0 ? [rows] : chunks(rows, ({ size }) => size, storeLimits);
  return slices.map((slice) => ({ name: statementName, text: statements.store, values: [jsonArray(slice.map(({ stored }) => stored))] }));
}

/** What follows the stores of a chunk. Only `store` is prepared: the others are planned anew, by the tables' present sizes. */
function settlingOf(rows: readonly EncodedRow[], { statements, floorName }: HotTransaction): Statement[] {
  const puts = rows.filter(({ kind }) => kind === 'put');
  const deletes = rows.filter(({ kind }) => kind === 'delete');
  const transaction: Statement[] = [];
  if (puts.length > 0) transaction.push({ text: statements.settle, values: [addresses(puts), floorName] });
  if (deletes.length > 0) transaction.push({ text: statements.bury, values: [addresses(deletes), floorName] });
  if (statements.left !== undefined) transaction.push({ text: statements.left, values: [addresses(rows)] });
  return transaction;
}

/** How many of the rows that went were stored by their puts a moment ago; the others stood there before. */
function takenBack(puts: readonly EncodedRow[], { rows }: Answer): number {
  return rows.filter(({ place, row_time, row_seq }) => {
    const [put, gone] = [puts[Number(place)], versionOf(row_time, row_seq)];
    return put !== undefined && gone !== undefined && compareVersions(put.version, gone) === 0;
  }).length;
}

/** What became of the rows, from the answers to their stores and to `settlingOf(rows)`. Rows that a put's settling only flagged stay applied. */
function sentOf(rows: readonly EncodedRow[], stores: readonly Answer[], [...rest]: readonly Answer[], { statements }: HotTransaction, soft: boolean): HotSent {
  const stored = stores.reduce((sum, { affected }) => sum + affected, 0);
  const puts = rows.filter(({ kind }) => kind === 'put');
  const settle = puts.length > 0 ? rest.shift() : undefined;
  const bury = rows.some(({ kind }) => kind === 'delete') ? rest.shift()?.rows[0] : undefined;
  const left = statements.left === undefined ? [] : (rest.shift()?.rows ?? []);
  const applied = stored - Number(bury?.markers ?? 0) - (soft || settle === undefined ? 0 : takenBack(puts, settle)) + Number(bury?.buried ?? 0);
  return { applied, unresolved: 0, left: left.flatMap(({ place }) => rows[Number(place)]?.index ?? []) };
}

function hotTransaction(context: Pick<HotContext, 'shape' | 'columns'>, fields: ContentFields): HotTransaction {
  const { shape } = context;
  const statements = hotStatements(shape, contentFields(shape, fields.columns, fields.hasExtra));
  const statementName = `store_${createHash('sha256').update(statements.store).digest('hex').slice(0, 32)}`;
  return { statements, statementName, floorName: shape.floorName };
}

function contentFieldsOf(columns: HotContext['columns']): ContentFields {
  return { columns: columns?.layout.columns.filter(({ writable }) => writable) ?? [], hasExtra: columns?.layout.hasExtra ?? false };
}

export function hotTable(context: HotContext): HotTable<EncodedRow> {
  const { connections, shape, policy, columns } = context;
  const fields = contentFieldsOf(columns);
  const transaction = hotTransaction(context, fields);
  return {
    limits: { maxItems: maxRowsPerStatement, maxSize: maxCharactersPerStatement },
    encode: (mutation, index, placed) => encodeMutation(shape.key, policy, mutation, index, placed, fields),
    async send(rows, signal) {
      const stores = storesOf(rows, transaction);
      const statements = [...stores, ...settlingOf(rows, transaction)];
      const sent = (answers: readonly Answer[]): HotSent =>
        sentOf(rows, answers.slice(0, stores.length), answers.slice(stores.length), transaction, shape.soft);
      if (columns === undefined) return sent(await connections.transaction(statements, signal));
      // The store statement has the table: until the transaction ends nobody changes its columns.
      return connections.session(async (send) => {
        const answers = await send([...statements, fingerprintOf(shape.rows)]);
        if (answers.at(-1)?.rows[0]?.fingerprint !== columns.fingerprint) throw new ColumnsChanged();
        return sent(answers.slice(0, -1));
      }, signal);
    },
  };
}
