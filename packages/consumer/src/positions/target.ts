// Where a lease shall stand: as people ask for it, and as its row can hold it. Pure; it asks no stream.
import { type Lease, type Position, samePosition } from '@shardfold/lease';

/** What a person asks for. `timestamp`: in milliseconds since 1970. `sequence`: that record is done, and all before it. */
export type Aim =
  | { readonly kind: 'trim-horizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'timestamp'; readonly atMs: number }
  | { readonly kind: 'sequence'; readonly sequence: string };

/**
 * A position, and of the latest when that was: everything that arrives from `sinceMs` (since 1970) on comes, whenever a worker begins. Without
 * it the latest is when a worker begins.
 */
export type Target = Exclude<Position, { kind: 'latest' }> | { readonly kind: 'latest'; readonly sinceMs?: number };

/** A record stands for itself and all before it; this is below the first part of an aggregate, and of a record that is none. */
const beforeFirstPart = -1;

/** Just before this record: it is the next one. For readers of ours and of the KCL, which both ask for the record itself and leave out what is done of it. */
export function before(sequence: string): Extract<Position, { kind: 'sequence' }> {
  return { kind: 'sequence', sequence, subSequence: beforeFirstPart };
}

/** The first record at or after a moment, or none until the shard's tip. `ended`: none will come, the shard is closed. */
export type Found = { readonly kind: 'record'; readonly sequence: string; readonly arrivalMs: number } | { readonly kind: 'none'; readonly ended: boolean };

/** Where a lease stands that has everything before the moment behind it, and nothing of what came since. */
export function targetOf(found: Found, atMs: number): Target {
  return found.kind === 'record' ? before(found.sequence) : { kind: 'latest', sinceMs: atMs };
}

/** The row says just that already. */
export function standsAt({ position, readMs }: Pick<Lease, 'position' | 'readMs'>, target: Target): boolean {
  if (target.kind === 'latest') return position.kind === 'latest' && readMs === target.sinceMs;
  return samePosition(position, target);
}
