// Lands a group of mutations: in chunks, each one transaction, and around the rows that the server refuses. It knows no SQL
// and no pool.
import type { TextPolicy } from '@shardfold/changes';
import { chunks } from '../chunks.ts';
import type { Mutation, SinkRowError, WriteReport } from '../types.ts';
import type { Answer, Connections, Statement } from './connections.ts';
import { type EncodedRow, encodeMutation, jsonArray } from './encode.ts';
import { sortPostgresError } from './errors.ts';
import type { KeyColumn } from './shape.ts';
import type { HotStatements } from './statements.ts';

/** What one transaction carries at most; measured: larger ones are no faster and hold their locks longer. */
const maxRowsPerStatement = 5_000;
const maxCharactersPerStatement = 8 * 1024 * 1024;

export interface WriteContext {
  readonly connections: Connections;
  readonly statements: HotStatements;
  /** Names the prepared statement; one per table. */
  readonly statementName: string;
  /** The table's row in the floors. */
  readonly floorName: string;
  readonly key: readonly KeyColumn[];
  readonly policy: TextPolicy;
}

type Rejection = WriteReport['rejected'][number];

/** The transaction of a chunk. Only `store` is prepared: the other two are planned anew, by the tables' present sizes. */
export function transactionOf(
  rows: readonly EncodedRow[],
  { statements, statementName, floorName }: Pick<WriteContext, 'statements' | 'statementName' | 'floorName'>,
): Statement[] {
  const puts = rows.filter(({ kind }) => kind === 'put');
  const deletes = rows.filter(({ kind }) => kind === 'delete');
  const transaction: Statement[] = [{ name: statementName, text: statements.store, values: [jsonArray(rows.map(({ stored }) => stored))] }];
  if (puts.length > 0) transaction.push({ text: statements.settle, values: [jsonArray(puts.map(({ address }) => address)), floorName] });
  if (deletes.length > 0) transaction.push({ text: statements.bury, values: [jsonArray(deletes.map(({ address }) => address)), floorName] });
  return transaction;
}

/** Rows applied, from the answers to `transactionOf(rows)`. */
export function appliedOf(rows: readonly EncodedRow[], answers: readonly Answer[]): number {
  const [store, ...rest] = answers;
  const settle = rows.some(({ kind }) => kind === 'put') ? rest.shift() : undefined;
  const bury = rest.shift()?.rows[0];
  return (store?.affected ?? 0) - Number(bury?.markers ?? 0) - (settle?.affected ?? 0) + Number(bury?.buried ?? 0);
}

/** One transaction; when a row's fault breaks it, the halves on their own, down to the row. */
async function land(rows: readonly EncodedRow[], context: WriteContext, signal: AbortSignal): Promise<{ applied: number; rejected: Rejection[] }> {
  let fault: SinkRowError;
  try {
    return { applied: appliedOf(rows, await context.connections.transaction(transactionOf(rows, context), signal)), rejected: [] };
  } catch (error) {
    const sorted = sortPostgresError(error);
    if (sorted.kind === 'sink') throw sorted.error;
    fault = sorted.error;
  }
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) return { applied: 0, rejected: [{ index: only.index, error: fault }] };
  const middle = rows.length >> 1;
  const first = await land(rows.slice(0, middle), context, signal);
  const second = await land(rows.slice(middle), context, signal);
  return { applied: first.applied + second.applied, rejected: [...first.rejected, ...second.rejected] };
}

/** Throws `SinkError` when the environment is at fault; what had landed by then counts as superseded when it is written again. */
export async function writeGroup(group: readonly Mutation[], context: WriteContext, signal: AbortSignal): Promise<WriteReport> {
  const rows: EncodedRow[] = [];
  const rejected: Rejection[] = [];
  for (const [index, mutation] of group.entries()) {
    const encoded = encodeMutation(context.key, context.policy, mutation, index);
    if ('row' in encoded) rows.push(encoded.row);
    else rejected.push({ index, error: encoded.error });
  }
  let applied = 0;
  for (const chunk of chunks(rows, ({ stored }) => stored.length, { maxItems: maxRowsPerStatement, maxSize: maxCharactersPerStatement })) {
    const landed = await land(chunk, context, signal);
    applied += landed.applied;
    rejected.push(...landed.rejected);
  }
  rejected.sort((left, right) => left.index - right.index);
  return { applied, superseded: group.length - rejected.length - applied, unresolved: 0, rejected };
}
