// How a batch is worked off piece by piece when it fails: tried again, cut in halves, handed over. Pure: it calls no processor and
// knows no time.
import type { StreamRecord } from '../types.ts';
import type { FailureHandler, FailurePolicy } from './policy.ts';

/** Where a piece goes. */
export type Destination =
  /** `whole`: the batch has not been cut yet. */
  | { readonly kind: 'processor'; readonly whole: boolean }
  | { readonly kind: 'on-failure'; readonly handler: FailureHandler; readonly error: unknown; readonly attempts: number };

/** Records of a batch that are tried together. */
export interface Piece {
  readonly records: readonly StreamRecord[];
  readonly to: Destination;
  /** How often that has failed. */
  readonly failures: number;
}

/** What comes before all other pieces of the batch. */
export interface NextPieces {
  readonly pieces: readonly Piece[];
  /** The same is tried again, so it should wait a little. */
  readonly pause: boolean;
}

export function wholeBatch(records: readonly StreamRecord[]): Piece {
  return { records, to: { kind: 'processor', whole: true }, failures: 0 };
}

/** Two halves, or one piece where one record is left. */
function halves(records: readonly StreamRecord[]): readonly Piece[] {
  const middle = Math.ceil(records.length / 2);
  return [records.slice(0, middle), records.slice(middle)]
    .filter((half) => half.length > 0)
    .map((half) => ({ records: half, to: { kind: 'processor', whole: false }, failures: 0 }));
}

/**
 * What follows a failure of `piece`. `open`: those of its records that are not acknowledged. A record reaches `onFailure` under
 * `bisect` only after it was tried that often alone. A batch of n records is given to the processor, in pieces, at most
 * attempts * (n + 1) + n times.
 */
export function afterFailure(policy: FailurePolicy, piece: Piece, open: readonly StreamRecord[], error: unknown): NextPieces {
  const failures = piece.failures + 1;
  const { to } = piece;
  if (open.length === 0) return { pieces: [], pause: false };
  const again: NextPieces = { pieces: [{ records: open, to, failures }], pause: true };
  if (to.kind === 'on-failure' || policy.policy === 'retry') return again;

  const { attempts, handler } = policy;
  const handedOver: NextPieces = { pieces: [{ records: open, to: { kind: 'on-failure', handler, error, attempts: failures }, failures: 0 }], pause: false };
  if (policy.policy === 'hand-over' || piece.records.length === 1) return failures < attempts ? again : handedOver;
  if (to.whole && failures < attempts && open.length > 1) return again;
  return { pieces: halves(open), pause: false };
}
