// In which order a group is written. Every writer of a table sorts alike, so that two of them lock the same rows in the same
// order and cannot wait for each other in a ring. It knows no database.
import { type Key, keyIdentity } from '@shardfold/changes';
import type { Mutation } from './types.ts';

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The row that a mutation addresses, as one text: equal texts are one row. */
export function addressOf(mutation: Mutation): string {
  return mutation.kind === 'append' ? mutation.position : keyIdentity(mutation.key);
}

/** Below zero, zero or above, in the order in which groups are written. */
export function compareKeys(left: Key, right: Key): number {
  return compareTexts(keyIdentity(left), keyIdentity(right));
}

/** A group as `Table.write` wants it: sorted by key. Keys must be distinct already; coalescing is the caller's. */
export function prepareGroup(mutations: readonly Mutation[]): Mutation[] {
  return mutations
    .map((mutation) => ({ address: addressOf(mutation), mutation }))
    .sort((left, right) => compareTexts(left.address, right.address))
    .map(({ mutation }) => mutation);
}
