// A held lease whose writes a test looks at, refuses or delays. It keeps the rules of the seam: nothing is written once it is lost
// or given back.
import {
  type Cargo,
  type ChildShard,
  comparePositions,
  type HeldLease,
  type Lease,
  LeaseError,
  type Position,
  type PreparedCheckpoint,
} from '@shardfold/lease';
import { row } from './records.ts';

export type LeaseWrite =
  | { readonly kind: 'checkpoint' | 'release'; readonly at: Position }
  | { readonly kind: 'prepare'; readonly prepared: PreparedCheckpoint }
  | { readonly kind: 'finish'; readonly children: readonly ChildShard[] };

export interface LeaseStub {
  readonly held: HeldLease;
  /** What was written, in order. */
  readonly writes: LeaseWrite[];
  /** Checkpoint writes that were sent, refused ones too. */
  readonly sent: () => number;
  readonly bytes: () => number;
  /** Runs before each write is carried out: may wait, may throw. */
  before: (write: LeaseWrite) => void | Promise<void>;
  /** What the next renewal would take along, saved. */
  renew(): void;
  drain(): void;
  lose(): void;
}

/** As a lease's writes do it: what is prepared beyond a position that is saved on the way stays. */
function after(lease: Lease, what: LeaseWrite, keepPrepared: boolean): Lease {
  if (what.kind === 'prepare') return { ...lease, prepared: what.prepared };
  const { prepared, ...bare } = lease;
  if (what.kind === 'finish') return { ...bare, position: { kind: 'shard-end' } };
  const isKept = keepPrepared && prepared !== undefined && comparePositions(what.at, prepared.position) < 0;
  return { ...bare, position: what.at, ...(isKept ? { prepared } : {}) };
}

export function leaseStub(position: Position = row.position, prepared?: PreparedCheckpoint): LeaseStub {
  const lost = new AbortController();
  const drain = new AbortController();
  let lease: Lease = { ...row, position, ...(prepared === undefined ? {} : { prepared }) };
  let over = false;
  let sent = 0;
  let bytes = 0;
  let cargo: Cargo | undefined;
  const gone = () => new LeaseError('LEASE_LOST', 'The lease is gone.');

  const readUntil = () => {
    const readMs = cargo?.readMs?.();
    return readMs === undefined ? {} : { readMs };
  };

  async function write(what: LeaseWrite, keepPrepared = true): Promise<void> {
    const read = readUntil();
    sent += 1;
    if (over || lost.signal.aborted) throw gone();
    await stub.before(what);
    if (lost.signal.aborted) throw gone();
    stub.writes.push(what);
    lease = { ...after(lease, what, keepPrepared), ...read, counter: lease.counter + 1n };
    over = what.kind === 'release' || what.kind === 'finish';
  }

  const stub: LeaseStub = {
    held: {
      get lease() {
        return lease;
      },
      lost: lost.signal,
      drain: drain.signal,
      checkpoint: (at, { keepPrepared = false } = {}) => write({ kind: 'checkpoint', at }, keepPrepared),
      prepare: (noted) => write({ kind: 'prepare', prepared: noted }),
      release: (at) => write({ kind: 'release', at }),
      finish: (children) => write({ kind: 'finish', children }),
      carry(taken) {
        cargo = taken;
      },
      reportBytes(more) {
        bytes += more;
      },
    },
    writes: [],
    sent: () => sent,
    bytes: () => bytes,
    before: () => undefined,
    renew() {
      const position = cargo?.position();
      if (position === undefined) return;
      lease = { ...lease, ...readUntil(), counter: lease.counter + 1n, position };
      cargo?.saved(position);
    },
    drain: () => drain.abort(new Error('drain')),
    lose: () => lost.abort(gone()),
  };
  return stub;
}
