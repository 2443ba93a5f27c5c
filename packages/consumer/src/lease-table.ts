// A lease table as a tool for people has it: to look at, to move positions in, to take over from another fleet. No worker runs here. It leases
// nothing, but for the moment in which it sets right what a worker left that is gone.
import {
  type Adopted,
  adoptTable,
  type Copied,
  copyToMultiStream,
  createDynamoClient,
  dynamodbLeaseStore,
  type Identity,
  type Lease,
  LeaseError,
  type LeaseStore,
  type Machine,
  planCopy,
  type TableRows,
} from '@shardfold/lease';
import { createStreamsClients } from './dynamodb-streams/client.ts';
import { createDynamoDbStreamsService } from './dynamodb-streams/service.ts';
import { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
import { createKinesisService } from './kinesis/service.ts';
import { carryOut, insist } from './positions/carry-out.ts';
import { type MovePlan, planImport, planSet, type WantedLease } from './positions/plan.ts';
import type { ProbeParts } from './positions/probe.ts';
import type { RewindAim } from './positions/rewind.ts';
import { assertUnchanged, giveFree, standStill } from './positions/stand-still.ts';
import type { Aim } from './positions/target.ts';
import { assertOwn, lagsOf, rewindPlan, targetFor } from './positions/with-stream.ts';
import type { ReadLimits } from './source/pace.ts';
import type { StreamService } from './source/service.ts';
import { multiStreamName } from './streams/names.ts';
import type { StartPosition } from './types.ts';

export interface LeaseTableOptions {
  /** After which a Java fleet names the tables beside its lease table. */
  readonly application: string;
  readonly table: string;
  readonly machine: Machine;
  readonly dynamodb?: KinesisAccess;
  readonly kinesis?: KinesisAccess;
  /** Default: kinesis. */
  readonly kind?: 'kinesis' | 'dynamodb-streams';
  /** What the fleet reads: names, ARNs or patterns. Without it only what needs no stream can be done. */
  readonly streams?: readonly string[];
  /** Of the fleet. Default: trim-horizon. */
  readonly start?: StartPosition;
  /** Default: aws. */
  readonly limits?: ReadLimits;
  /** Of the fleet's leases; default 10,000. A worker that is silent for so long is gone. */
  readonly durationMs?: number;
}

export interface CopyChoice {
  /** The stream that the table is for, by its name. */
  readonly stream: string;
  /** Lease duration of the fleet that had it: no lease may move for so long. */
  readonly durationMs: number;
  /** Says what would be created, and creates nothing. */
  readonly dryRun: boolean;
}

/** `stream`: `account:name:epoch`, with which the new keys begin. */
export interface CopyReport extends Copied {
  readonly stream: string;
}

/** Told while something takes its time. */
export interface MoveWatch {
  /** Leases have these owners; whether they live shows within so long. */
  onWait?(owners: readonly string[], forMs: number): void;
  onProgress?(done: number, total: number): void;
}

/** Its calls throw `LeaseError` and `ConsumerError`. A table that is not there is not made. */
export interface LeaseTable {
  /** Everything in it, as it is now. */
  list(signal: AbortSignal): Promise<TableRows>;
  /** When the last record that the position covers arrived, or later, in milliseconds since 1970; undefined where the row does not tell. */
  positionMs(lease: Lease): number | undefined;
  /** By lease key: how far behind its shard's tip each of them stands, in milliseconds. Asks for a record of each shard. */
  lags(leases: readonly Lease[], watch: Pick<MoveWatch, 'onProgress'>, signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Resolves once the owner has been silent for the lease duration. Throws HELD_BY_OTHERS as soon as it gives a sign. */
  awaitSilence(lease: Lease, watch: Pick<MoveWatch, 'onWait'>, signal: AbortSignal): Promise<void>;
  /** Gives a lease free whose owner is gone; the position stays. Throws HELD_BY_OTHERS when the row is not as it was read. */
  release(lease: Lease, signal: AbortSignal): Promise<void>;
  /** Where one lease would go. Throws POSITION_INVALID for a sequence number that its shard does not have. */
  planSet(lease: Lease, aim: Aim, rows: TableRows, signal: AbortSignal): Promise<MovePlan>;
  /** How all leases, or one and those that follow it, would go back. `only`: a lease key or a shard id. */
  planRewind(aim: RewindAim, only: string | undefined, rows: TableRows, watch: Pick<MoveWatch, 'onProgress'>, signal: AbortSignal): Promise<MovePlan>;
  /** How leases would come to stand as they were written down. */
  planImport(wanted: readonly WantedLease[], rows: TableRows): MovePlan;
  /** Throws HELD_BY_OTHERS while a worker holds one of the leases, or when one changed since it was planned. */
  carryOut(plan: MovePlan, watch: MoveWatch, signal: AbortSignal): Promise<void>;
  /** Notes that what a KCL 3.x fleet left stands still, so that workers do not wait for it. */
  adopt(signal: AbortSignal): Promise<Adopted>;
  /** Gives each single-stream row a copy with a multi-stream key. */
  copyToMultiStream(choice: CopyChoice, signal: AbortSignal): Promise<CopyReport>;
  close(): Promise<void>;
}

export interface LeaseTableSeams extends ProbeParts {
  readonly store: LeaseStore;
  readonly service: StreamService;
  readonly durationMs: number;
}

const answerTimeoutMs = 10_000;
const defaultDurationMs = 10_000;
const nameLength = 8;

/** Those whose leases are to be moved, and all others of the table, by the smallest of whose keys the workers are woken. */
async function wake(store: LeaseStore, keys: readonly string[], all: readonly string[], signal: AbortSignal): Promise<void> {
  // Workers come by themselves, too, only later.
  await store.ring(all, keys, signal).catch(() => signal.throwIfAborted());
}

/** The table over a store and a service, whichever they are. Closing is the caller's. */
export function leaseTableOver(seams: LeaseTableSeams): LeaseTable {
  const { store, service, streams, machine, durationMs } = seams;
  const incarnation = machine.random.id();
  const me: Identity = { worker: `shardfold-command-${incarnation.slice(0, nameLength)}`, incarnation };
  const parts = { store, machine, me };
  const list = (signal: AbortSignal) => insist(machine, signal, () => store.list({ consistent: true }, signal));
  const still = (rows: readonly Lease[], { onWait = () => undefined }: MoveWatch, signal: AbortSignal) =>
    standStill({ store, machine, durationMs, onWait }, rows, signal);
  return {
    list,
    positionMs: ({ position, readMs }) => readMs ?? (position.kind === 'sequence' ? service.timeOf?.(position.sequence) : undefined),
    lags: (leases, { onProgress = () => undefined }, signal) => lagsOf(seams, leases, onProgress, signal),
    awaitSilence: (lease, watch, signal) => still([lease], watch, signal),
    async release(lease, signal) {
      const freed = await insist(machine, signal, () => giveFree(store, me, lease, signal));
      if (freed === undefined)
        throw new LeaseError(
          'HELD_BY_OTHERS',
          `The lease '${lease.key}' was changed by somebody else meanwhile. It was left as it is. Look at it again with \`shardfold leases show\`.`,
        );
      await wake(store, [lease.key], [lease.key], signal);
    },
    planSet: async (lease, aim, rows, signal) => planSet(lease, await targetFor(seams, lease, aim, rows, signal), rows.leases),
    planRewind: (aim, only, rows, { onProgress = () => undefined }, signal) => rewindPlan(seams, { aim, only, rows }, onProgress, signal),
    planImport(wanted, rows) {
      assertOwn(streams, rows);
      return planImport(wanted, rows.leases);
    },
    async carryOut(plan, watch, signal) {
      assertUnchanged(plan.free, (await list(signal)).leases);
      await still(plan.free, watch, signal);
      const { onProgress = () => undefined } = watch;
      await carryOut(parts, plan, (done) => onProgress(done, plan.moves.length), signal);
      const moved = plan.moves.map(({ key }) => key);
      if (moved.length > 0) await wake(store, moved, [...new Set([...moved, ...plan.free.map(({ key }) => key)])], signal);
    },
    adopt: (signal) => adoptTable({ store, signal }),
    async copyToMultiStream({ stream: named, durationMs: copiedMs, dryRun }, signal) {
      const stream = multiStreamName(await service.describe(named, signal));
      if (!dryRun) return { stream, ...(await copyToMultiStream({ store, stream, durationMs: copiedMs, machine, signal })) };
      const { missing, there } = planCopy(await list(signal), stream);
      return { stream, created: missing.length, there: there.length };
    },
    async close() {
      service.close();
      await store.close();
    },
  };
}

function serviceOf({ kind = 'kinesis', kinesis = {}, dynamodb = {}, machine }: LeaseTableOptions): StreamService {
  if (kind === 'dynamodb-streams') return createDynamoDbStreamsService({ ...createStreamsClients(dynamodb), machine });
  return createKinesisService(createKinesisClient(kinesis));
}

/** Nothing is contacted yet. The caller closes it. */
export function openLeaseTable(options: LeaseTableOptions): LeaseTable {
  const { application, table, dynamodb, machine, streams = [], start = { kind: 'trim-horizon' }, limits = 'aws', durationMs = defaultDurationMs } = options;
  const client = createDynamoClient({ ...dynamodb, requestTimeoutMs: answerTimeoutMs, maxAttempts: 1 });
  const store = dynamodbLeaseStore({ client, table, application, timers: machine.timers, times: { requestTimeoutMs: answerTimeoutMs } });
  return leaseTableOver({ store, service: serviceOf(options), streams, start, limits, durationMs, machine });
}
