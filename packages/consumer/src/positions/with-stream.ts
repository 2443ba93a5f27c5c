// What of a lease table's business needs its streams: whether the table is theirs, where a moment lies in a shard, how far behind a lease is.
// It writes nothing.
import { foreignTable, type Lease, type TableRows } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import { isSingle } from '../streams/names.ts';
import type { MovePlan } from './plan.ts';
import { firstSince, hasRecord, lagMs, type ProbeParts } from './probe.ts';
import { planRewind, type RewindAim } from './rewind.ts';
import { ask, findStreams, type NamedStream, shardRef, streamOf } from './streams.ts';
import { type Aim, type Found, type Target, targetOf } from './target.ts';

/** Throws TABLE_FOREIGN where the table's keys are of the other kind, ROW_BROKEN where a row cannot be read. */
export function assertOwn(streams: readonly string[], { leases, broken }: Pick<TableRows, 'leases' | 'broken'>, found: readonly NamedStream[] = []): void {
  const [unreadable] = broken;
  if (unreadable !== undefined) throw unreadable.error;
  if (leases.length === 0) return;
  // Which keys there are to be shows without the service; which stream a single-stream table is for, only it can tell.
  const names = { leaseKey: (shardId: string) => shardId, ...(isSingle(streams) ? {} : { stream: '' }) };
  const refusal = foreignTable(leases, [names], new Map(found.flatMap(({ names: { stream }, source }) => (source === undefined ? [] : [[stream, source]]))));
  if (refusal !== undefined) throw refusal;
}

async function ownStreams(parts: ProbeParts, rows: TableRows, signal: AbortSignal): Promise<readonly NamedStream[]> {
  const found = await findStreams(parts, signal);
  assertOwn(parts.streams, rows, found);
  return found;
}

function wrong(code: 'POSITION_INVALID' | 'OPTIONS_INVALID', message: string): ConsumerError {
  return new ConsumerError(code, message, { retryable: false });
}

function needStream(found: readonly NamedStream[], lease: Lease): NamedStream {
  const stream = streamOf(found, lease);
  if (stream !== undefined) return stream;
  throw wrong(
    'OPTIONS_INVALID',
    `The lease '${lease.key}' is of the stream ${lease.stream}, which the configuration does not name. Nothing was changed. Name it in source.streams.`,
  );
}

export async function targetFor(parts: ProbeParts, lease: Lease, aim: Aim, rows: TableRows, signal: AbortSignal): Promise<Target> {
  const shard = shardRef(needStream(await ownStreams(parts, rows, signal), lease), lease);
  switch (aim.kind) {
    case 'trim-horizon':
      return { kind: 'trim-horizon' };
    case 'latest':
      return { kind: 'latest', sinceMs: parts.machine.clock.wallMs() };
    case 'timestamp':
      return targetOf(await firstSince(parts, shard, aim.atMs, signal), aim.atMs);
    case 'sequence':
      if (await hasRecord(parts, shard, aim.sequence, signal)) return { ...aim, subSequence: 0 };
      throw wrong(
        'POSITION_INVALID',
        `The shard ${shard.shardId} has no record ${aim.sequence}: it never had, or its stream has forgotten it. Nothing was changed. Name a record that \`shardfold tap --raw\` shows, a time, or trim-horizon.`,
      );
    default:
      return aim satisfies never;
  }
}

export interface RewindChoice {
  readonly aim: RewindAim;
  /** A lease key or a shard id. */
  readonly only: string | undefined;
  readonly rows: TableRows;
}

interface Listed {
  readonly stream: NamedStream;
  readonly listing: Awaited<ReturnType<ProbeParts['service']['listShards']>>;
}

/** Of a stream, what is asked for; undefined: nothing. */
function shardOf({ stream, listing }: Listed, only: string | undefined): string | undefined {
  return listing.find(({ shardId }) => shardId === only || stream.names.leaseKey(shardId) === only)?.shardId;
}

function notListed(only: string): ConsumerError {
  return wrong(
    'OPTIONS_INVALID',
    `There is no shard '${only}' in the configured streams (any more). Nothing was changed. \`shardfold leases list\` shows the leases there are.`,
  );
}

function forgottenOf({ stream, retentionMs }: NamedStream, aim: RewindAim, nowMs: number): NonNullable<MovePlan['forgotten']> {
  if (aim.kind !== 'timestamp' || retentionMs === undefined || aim.atMs >= nowMs - retentionMs) return [];
  return [{ stream, beforeMs: nowMs - retentionMs }];
}

export async function rewindPlan(
  parts: ProbeParts,
  { aim, only, rows }: RewindChoice,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<MovePlan> {
  const streams = await ownStreams(parts, rows, signal);
  const all = await inParallel(streams, async (stream): Promise<Listed> => {
    const listing = await ask(parts, stream.stream, signal, () => parts.service.listShards(stream.stream, signal));
    return { stream, listing };
  });
  const meant = only === undefined ? all : all.filter((each) => shardOf(each, only) !== undefined);
  if (only !== undefined && meant.length === 0) throw notListed(only);
  if (only !== undefined && meant.length > 1)
    throw wrong('OPTIONS_INVALID', `Several streams have a shard '${only}'. Nothing was changed. Name it by its lease key, account:stream:epoch:shard.`);
  const shards = meant.flatMap((each) =>
    each.listing.filter(({ shardId }) => only === undefined || shardId === shardOf(each, only)).map((shard) => ({ each, shard })),
  );
  let done = 0;
  const asked = aim.kind === 'timestamp' ? shards : [];
  const found = await inParallel(asked, async ({ each, shard }): Promise<readonly [string, Found]> => {
    const ref = shardRef(each.stream, shard);
    const first = await firstSince(parts, ref, aim.kind === 'timestamp' ? aim.atMs : 0, signal);
    done += 1;
    onProgress(done, asked.length);
    return [ref.key, first];
  });
  const byKey = new Map(found);
  const plans = meant.map(({ stream, listing }) =>
    planRewind({
      ...stream.names,
      ...(stream.source === undefined ? {} : { source: stream.source }),
      listing,
      rows: rows.leases.filter((row) => row.stream === stream.names.stream),
      ...(only === undefined ? {} : { only: shardOf({ stream, listing }, only) ?? only }),
      aim,
      found: new Map(
        listing.flatMap(({ shardId }) => {
          const first = byKey.get(stream.names.leaseKey(shardId));
          return first === undefined ? [] : [[shardId, first] as const];
        }),
      ),
      start: parts.start,
    }),
  );
  return {
    moves: plans.flatMap(({ moves }) => moves),
    kept: plans.flatMap(({ kept }) => kept),
    free: plans.flatMap(({ free }) => free),
    forgotten: meant.flatMap(({ stream }) => forgottenOf(stream, aim, parts.machine.clock.wallMs())),
  };
}

/** By lease key. */
export async function lagsOf(
  parts: ProbeParts,
  leases: readonly Lease[],
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const open = leases.filter(({ position }) => position.kind !== 'shard-end');
  const streams = open.length === 0 ? [] : await findStreams(parts, signal);
  let done = 0;
  const lags = await inParallel(open, async (lease): Promise<readonly [string, number] | undefined> => {
    const stream = streamOf(streams, lease);
    const behindMs = stream && (await lagMs(parts, shardRef(stream, lease), lease, signal));
    done += 1;
    onProgress(done, open.length);
    return behindMs === undefined ? undefined : [lease.key, behindMs];
  });
  return new Map(lags.flatMap((lag) => (lag === undefined ? [] : [lag])));
}
