// Mutations as arguments of statements: the hottest code of the sink. It knows no connection.
import type { Version } from '@shardfold/changes';
import { objectText } from '../partial/members.ts';
import { addressFault, keyParts } from '../sql/key.ts';
import type { Mutation, SinkRowError } from '../types.ts';
import type { Placed, Placement } from './columns.ts';
import type { CrateShape } from './shape.ts';
import { seqText } from './statements.ts';
import type { TableView } from './table-view.ts';
import { keyJson, UnstorableKey } from './types.ts';

/** A mutation on its way. */
export interface Row {
  /** Its place in the caller's group. */
  readonly index: number;
  readonly mutation: Mutation;
  readonly kind: 'put' | 'patch' | 'delete';
  readonly version: Version;
  /** The key as JSON texts. */
  readonly key: readonly string[];
}

/** One text for a key, from its arguments or from an answer: equal for what the server takes for one key. */
export function addressOfKey(key: readonly string[]): string {
  return JSON.stringify(key);
}

const unsupportedPatch = (partial: string): SinkRowError => ({
  code: 'PATCH_UNSUPPORTED',
  message: `The change leaves columns out, and the table has no column "${partial}" for their versions. Add it (TEXT INDEX OFF STORAGE WITH (columnstore = false)), or let the source send whole rows.`,
});

function rowOf(mutation: Mutation, index: number, { key: columns }: CrateShape): Row {
  const parts = keyParts(mutation);
  const key = columns.map((column, at) => keyJson(column, parts[at] ?? null));
  const kind = mutation.kind === 'append' ? 'put' : mutation.kind;
  return { index, mutation, kind, version: mutation.version, key };
}

/** One mutation with its key, or why this table cannot hold it. */
export function encodeMutation(mutation: Mutation, index: number, shape: CrateShape): Row | { readonly index: number; readonly error: SinkRowError } {
  const fault = addressFault(shape.key, mutation);
  if (fault !== undefined) return { index, error: fault };
  if (mutation.kind === 'patch' && !shape.patches) return { index, error: unsupportedPatch(shape.names.partial) };
  try {
    return rowOf(mutation, index, shape);
  } catch (error) {
    if (error instanceof UnstorableKey) return { index, error: { code: error.code, message: error.message } };
    if (error instanceof RangeError) return { index, error: { code: 'BAD_VALUE', message: error.message } };
    throw error;
  }
}

/** Null where nothing is in it. */
export function extraJson(extra: Placed['extra']): string {
  return extra.size === 0 ? 'null' : objectText(extra);
}

/** The arguments of the put statement. */
export function putArgs({ mutation, key, version }: Row, { columns, policy }: TableView, placement: Placement | undefined): string[] {
  const args = [...key];
  if (columns === undefined || placement === undefined) {
    args.push(mutation.kind === 'put' || mutation.kind === 'append' ? mutation.row.json(policy) : 'null');
  } else {
    const { cells, extra } = placement.placed;
    for (const name of columns.attributes) args.push(cells.get(name) ?? 'null');
    args.push(extraJson(extra));
  }
  args.push(String(version.time), `"${seqText(version.seq)}"`);
  return args;
}

/** The arguments of the delete statement. */
export function deleteArgs({ key, version }: Row, nowMs: number): string[] {
  return [...key, String(version.time), `"${seqText(version.seq)}"`, String(nowMs)];
}
