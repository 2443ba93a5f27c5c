// Judges a conditional write that was refused: what the row says now against what was meant. A failed condition is not yet a
// lost lease: an earlier attempt, whose answer was lost, may be what made it fail. Pure; it knows no table.
import { samePosition } from './position.ts';
import { isBeingReassigned, isHeldBy, isOurs, validRequest } from './rows/marks.ts';
import type { Identity, Lease, Position } from './types.ts';

/** What the row looks like once the write has landed. `counter` is what it left behind. */
export type Meant =
  | {
      readonly kind: 'held';
      readonly counter: bigint;
      readonly owner: string;
      readonly holder: string;
      readonly checkpointOwner?: string;
      readonly position?: Position;
    }
  /** A holding begun by this very write: an earlier attempt that landed is written over, since nobody knows when it was sent. */
  | { readonly kind: 'begun' }
  /** Given up: to nobody, or to the worker whom a 3.x leader named. No holder of ours is left. */
  | { readonly kind: 'given-up'; readonly counter: bigint; readonly owner?: string; readonly position?: Position }
  | { readonly kind: 'moved'; readonly counter: bigint; readonly position: Position }
  | { readonly kind: 'requested'; readonly next: Identity; readonly asked: string }
  | { readonly kind: 'not-requested'; readonly next: Identity; readonly asked: string }
  | { readonly kind: 'present' }
  | { readonly kind: 'absent' };

export type Verdict =
  /** The row is as meant. */
  | { readonly kind: 'applied'; readonly lease: Lease | undefined }
  /** The holding has begun unheard: begin it once more over this row. */
  | { readonly kind: 'again'; readonly lease: Lease }
  /** Still ours, but not as the write supposed: the holder looks at its fence, and then at this row. */
  | { readonly kind: 'refused'; readonly lease: Lease }
  /** Somebody else's by now, or gone. Nothing is ever re-created from here. */
  | { readonly kind: 'lost'; readonly lease: Lease | undefined };

export interface Refusal {
  readonly meant: Meant;
  /** The row that the write supposed. */
  readonly over: Lease | undefined;
  /** Given when the write is the holder's, or makes it so. */
  readonly me: Identity | undefined;
  /** The row as it is now. */
  readonly row: Lease | undefined;
}

function agrees(row: Lease, position: Position | undefined): boolean {
  return position === undefined || samePosition(row.position, position);
}

function landed(meant: Meant, row: Lease | undefined): boolean {
  if (row === undefined) return meant.kind === 'absent';
  switch (meant.kind) {
    case 'begun':
      return false;
    case 'held':
      return (
        isOurs(row) &&
        row.counter === meant.counter &&
        row.owner === meant.owner &&
        row.holder === meant.holder &&
        row.checkpointOwner === meant.checkpointOwner &&
        agrees(row, meant.position)
      );
    case 'given-up':
      return row.counter === meant.counter && row.owner === meant.owner && row.holder === undefined && agrees(row, meant.position);
    case 'moved':
      return row.counter === meant.counter && row.owner === undefined && agrees(row, meant.position);
    case 'requested':
      return validRequest(row)?.nextHolder === meant.next.incarnation;
    case 'not-requested':
      return row.request?.nextHolder !== meant.next.incarnation || row.request.asked !== meant.asked;
    case 'present':
      return true;
    case 'absent':
      return false;
  }
}

/** Decides about a write whose condition failed. Total. */
export function judge({ meant, over, me, row }: Refusal): Verdict {
  if (landed(meant, row)) return { kind: 'applied', lease: row };
  if (row === undefined || me === undefined || over === undefined) return { kind: 'lost', lease: row };
  if (!isHeldBy(row, me) && !isBeingReassigned(row, me)) return { kind: 'lost', lease: row };
  // Only this incarnation writes a row of its own: what moved the counter were attempts whose answers were lost.
  if (meant.kind === 'begun') return { kind: row.counter > over.counter ? 'again' : 'lost', lease: row };
  return { kind: row.counter >= over.counter ? 'refused' : 'lost', lease: row };
}
