// A lease this process holds, as its reader sees it: renewed in the background, checkpointed, finished, given back or handed
// over. It plans nothing and never takes a lease back.
import { LeaseError } from '../errors.ts';
import { comparePositions, positionText } from '../position.ts';
import { isBeingReassigned, validRequest } from '../rows/marks.ts';
import type { LeaseNames } from '../streams.ts';
import type { Cargo, ChildShard, HandedChange, HeldChange, HeldLease, Lease, NewLease, Position, PreparedCheckpoint } from '../types.ts';
import { answered, type Ending, endHold, type Hold, inTurn, startHold, writeHeld } from './hold.ts';
import { type FleetTools, isRowBroken, unlessBroken } from './operations.ts';
import { childLeases } from './shard-graph.ts';
import { addBytes, measure, startThroughput } from './throughput.ts';

export interface HoldOptions extends LeaseNames {
  /** As the take or the accept left it. */
  readonly lease: Lease;
  /** When that write was first sent; within the fence. */
  readonly firstSendMs: number;
  /** Another worker asked for this lease, or a 3.x leader gave it away. */
  readonly onAsked: () => void;
  /** The row is finished, and its children's rows exist under these keys. */
  readonly onFinished: (children: readonly string[]) => void;
  /** A renewal met what no repetition mends. */
  readonly onBroken: (error: unknown) => void;
}

export interface HeldControl {
  readonly held: HeldLease;
  readonly ended: Promise<Ending>;
  askToDrain(): void;
  /** Stops the reader and writes nothing more; the row stays as it is and expires. */
  abandon(): void;
}

/** Renewals come a little early, by chance, so that leases taken together are not renewed together. */
const maxEarly = 0.05;

/** Renews until the holding ends. Any other write puts the next renewal off. */
async function keepRenewing(hold: Hold, renew: () => Promise<void>): Promise<void> {
  const { machine, times } = hold.tools;
  while (!hold.over.signal.aborted) {
    const sentMs = hold.lastSendMs;
    const dueMs = sentMs + times.renewIntervalMs * (1 - maxEarly * machine.random.number());
    await machine.timers.sleep(Math.max(0, dueMs - machine.clock.monotonicMs()), hold.over.signal);
    // Whatever is being written renews as well, or ends the holding.
    if (hold.waiting > 0) await hold.tail;
    else if (hold.lastSendMs === sentMs) await inTurn(hold, renew);
  }
}

/** A reader that is behind what is saved has lost its way: what lies between would be read twice without a reason. */
function assertForward(hold: Hold, at: Position): void {
  if (comparePositions(at, hold.lease.position) >= 0) return;
  throw new LeaseError(
    'POSITION_BACKWARD',
    `The position ${positionText(at)} lies before ${positionText(hold.lease.position)}, which is saved for the lease ${hold.key} already. Nothing was written. Only \`rewind\` moves a position back.`,
  );
}

/** How far the reader has come, at this moment. */
function readUntil(cargo: Cargo | undefined): Pick<HeldChange, 'readMs'> {
  const readMs = cargo?.readMs?.();
  return readMs === undefined ? {} : { readMs };
}

/** A position that is saved on the way to a prepared one leaves that as it is. */
function stillPrepared({ lease: { prepared } }: Hold, at: Position): Pick<HeldChange, 'prepared'> {
  return prepared !== undefined && comparePositions(at, prepared.position) < 0 ? { prepared } : {};
}

async function giveBack(hold: Hold, at: Position, read: Pick<HeldChange, 'readMs'>): Promise<void> {
  assertForward(hold, at);
  const change = { ...read, ...stillPrepared(hold, at) };
  const { store, identity, onEvent } = hold.tools;
  const request = validRequest(hold.lease);
  const transfer = (lease: Lease, signal: AbortSignal) => store.transfer(lease, identity, at, change, signal);
  const handedOver = request !== undefined && (await writeHeld(hold, 'transfer', transfer, { mayRefuse: true, heir: request.nextHolder })) === 'applied';
  if (!handedOver) await writeHeld(hold, 'release', (lease, signal) => store.release(lease, identity, at, change, signal));
  endHold(hold, 'released');
  onEvent({ kind: 'lease-released', key: hold.key, to: handedOver ? request.next : undefined });
}

/** A merge's other parent without a row was removed long ago, or never begun: a sync tells which, and creates the child when it may begin. */
async function othersHaveRows(hold: Hold, names: LeaseNames, { parents }: NewLease, signal: AbortSignal): Promise<boolean> {
  for (const parent of parents) {
    if (parent === hold.lease.shardId) continue;
    const row = await hold.tools.store.read(names.leaseKey(parent), signal).catch((error: unknown) => {
      if (isRowBroken(error)) return 'there, and not finished';
      throw error;
    });
    if (row === undefined) return false;
  }
  return true;
}

async function finishShard(hold: Hold, names: HoldOptions, children: readonly ChildShard[]): Promise<void> {
  const { store, identity, onEvent } = hold.tools;
  // A row that exists already is a success: the other parent of a merge, or a sync, was faster.
  for (const child of childLeases(children, names)) {
    await answered(hold, 'create', child.key, async (signal) =>
      (await othersHaveRows(hold, names, child, signal))
        ? ((await unlessBroken(store.create(child, signal))) ?? { outcome: 'stale', current: undefined })
        : { outcome: 'stale', current: undefined },
    );
  }
  const shardIds = children.map((child) => child.shardId);
  await writeHeld(hold, 'finish', (lease, signal) => store.finish(lease, identity, shardIds, signal));
  // Before the holding ends: a stop waits for no more than that, and tells what was freed until then.
  names.onFinished(children.map((child) => names.leaseKey(child.shardId)));
  endHold(hold, 'finished');
  onEvent({ kind: 'lease-finished', key: hold.key, children: shardIds });
}

/** Starts holding a lease that was just taken or accepted. */
export function holdLease(options: HoldOptions, tools: FleetTools): HeldControl {
  const { store, identity, machine } = tools;
  const hold = startHold(options.lease, options.firstSendMs, tools);
  const drain = new AbortController();
  let throughput = startThroughput(options.firstSendMs, options.lease.throughputKBps);

  const askToDrain = (): void => {
    if (!drain.signal.aborted) drain.abort(new Error(`The reader of lease ${hold.key} shall finish what it has in hand and release its lease.`));
  };
  const hear = (): void => {
    const wanted = validRequest(hold.lease) !== undefined || isBeingReassigned(hold.lease, identity);
    if (!wanted || drain.signal.aborted) return;
    askToDrain();
    options.onAsked();
  };
  const measured = (): Pick<HeldChange, 'throughputKBps'> => {
    throughput = measure(throughput, machine.clock.monotonicMs());
    return throughput.kbps === undefined ? {} : { throughputKBps: throughput.kbps };
  };
  let cargo: Cargo | undefined;
  const renew = async (): Promise<void> => {
    const at = cargo?.position();
    const read = readUntil(cargo);
    if (at !== undefined && comparePositions(at, hold.lease.position) > 0) {
      await checkpoint(at, { ...read, ...stillPrepared(hold, at) });
      return cargo?.saved(at);
    }
    const change = { ...measured(), ...read };
    await writeHeld(hold, 'renew', (lease, signal) => store.renew(lease, identity, change, signal));
    hear();
  };
  const prepare = async (prepared: PreparedCheckpoint): Promise<void> => {
    assertForward(hold, prepared.position);
    const change = { ...measured(), prepared };
    await writeHeld(hold, 'renew', (lease, signal) => store.renew(lease, identity, change, signal));
    hear();
  };
  const checkpoint = async (at: Position, taken: HandedChange): Promise<void> => {
    assertForward(hold, at);
    const change = { ...measured(), ...taken };
    await writeHeld(hold, 'checkpoint', (lease, signal) => store.checkpoint(lease, identity, at, change, signal));
    hear();
  };
  /** Until its turn comes the reader goes on, and what it has read by then lies beyond this position. */
  const inTurnWith = (write: (at: Position, read: Pick<HeldChange, 'readMs'>) => Promise<void>) => async (at: Position) => {
    const read = readUntil(cargo);
    return inTurn(hold, () => write(at, read));
  };
  keepRenewing(hold, renew).catch((error: unknown) => {
    if (!hold.over.signal.aborted) options.onBroken(error);
  });
  hear();
  const held: HeldLease = {
    get lease() {
      return hold.lease;
    },
    lost: hold.lost.signal,
    drain: drain.signal,
    checkpoint: (at, { keepPrepared = false } = {}) =>
      inTurnWith((place, read) => checkpoint(place, keepPrepared ? { ...read, ...stillPrepared(hold, place) } : read))(at),
    prepare: (prepared) => inTurn(hold, () => prepare(prepared)),
    carry(taken) {
      cargo = taken;
    },
    release: inTurnWith((at, read) => giveBack(hold, at, read)),
    finish: (children) => inTurn(hold, () => finishShard(hold, options, children)),
    reportBytes(bytes) {
      throughput = addBytes(throughput, bytes);
    },
  };
  return { held, ended: hold.ended.promise, askToDrain, abandon: () => endHold(hold, 'abandoned') };
}
