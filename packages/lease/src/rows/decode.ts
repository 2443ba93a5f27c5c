// Reads a DynamoDB item as a lease, whichever KCL wrote it (1.x, 2.x, 3.x, single- or multi-stream). It asks no table, and
// takes no item for a lease that is none.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { LeaseError } from '../errors.ts';
import { parsePosition } from '../position.ts';
import type { BrokenRow, Lease, LeaseRequest, Position, PreparedCheckpoint } from '../types.ts';
import { leaseEntity, leaseKeyName } from './attributes.ts';
import { isMarked } from './marks.ts';

export type Item = Readonly<Record<string, AttributeValue>>;

export type DecodedRow =
  | { readonly kind: 'lease'; readonly lease: Lease }
  /** A leader's lock, a migration state, a worker's metrics: no lease, and not ours to touch. */
  | { readonly kind: 'foreign'; readonly key: string }
  /** A lease row that lacks or garbles what a lease must have. */
  | ({ readonly kind: 'broken' } & BrokenRow);

/** `account:stream:creation epoch:shard`. */
const multiStreamKey = /^(\d+:[^:]+:\d+):([^:]+)$/;

function broken(key: string, what: string): LeaseError {
  return new LeaseError(
    'ROW_BROKEN',
    `The row '${key}' of the lease table cannot be read as a lease: ${what}. While it is so its shard waits, neither taken nor begun anew; the others go on. Repair the attribute; to delete the row begins the shard anew.`,
  );
}

function text(item: Item, name: string, key: string): string | undefined {
  const value = item[name];
  if (value === undefined) return undefined;
  if (value.S === undefined) throw broken(key, `${name} is not a text`);
  return value.S;
}

function whole(item: Item, name: string, key: string): bigint | undefined {
  const value = item[name];
  if (value === undefined) return undefined;
  if (value.N === undefined || !/^-?\d+$/.test(value.N)) throw broken(key, `${name} is not a whole number`);
  return BigInt(value.N);
}

function texts(item: Item, name: string, key: string): readonly string[] {
  const value = item[name];
  if (value === undefined) return [];
  if (value.SS === undefined) throw broken(key, `${name} is not a set of texts`);
  return [...value.SS].sort();
}

function position(item: Item, key: string): Position {
  const stored = text(item, 'checkpoint', key);
  if (stored === undefined) throw broken(key, 'checkpoint is missing');
  const read = parsePosition(stored, Number(whole(item, 'checkpointSubSequenceNumber', key) ?? 0n));
  if (read === undefined) throw broken(key, `checkpoint is '${stored}', which is neither a sequence number nor a word of the KCL`);
  return read;
}

/** Java's own text of a double, exponents included. It only serves balance: what is no number is as good as absent. */
function throughput(item: Item): number | undefined {
  const read = Number(item.throughputKBps?.N ?? Number.NaN);
  return Number.isFinite(read) ? read : undefined;
}

function request(item: Item, key: string): LeaseRequest | undefined {
  const next = text(item, 'sfNext', key);
  const nextHolder = text(item, 'sfNextHolder', key);
  const asked = text(item, 'sfAsked', key);
  return next === undefined || nextHolder === undefined || asked === undefined ? undefined : { next, nextHolder, asked };
}

/** What cannot be read was committed by nobody, and a shard need not wait for it: it is as good as absent. */
function prepared(item: Item): PreparedCheckpoint | undefined {
  const { pendingCheckpoint, pendingCheckpointSubSequenceNumber, pendingCheckpointState } = item;
  if (pendingCheckpoint?.S === undefined) return undefined;
  const at = parsePosition(pendingCheckpoint.S, Number(pendingCheckpointSubSequenceNumber?.N ?? 0));
  const state = pendingCheckpointState?.B;
  if (at === undefined || (pendingCheckpointState !== undefined && state === undefined)) return undefined;
  return { position: at, ...(state === undefined ? {} : { state }) };
}

function shard(item: Item, key: string): { readonly shardId: string; readonly stream?: string } {
  const [, prefix, last] = multiStreamKey.exec(key) ?? [];
  const stream = text(item, 'streamName', key) ?? prefix;
  const shardId = text(item, 'shardId', key) ?? last ?? key;
  return stream === undefined ? { shardId } : { shardId, stream };
}

/** Leaves out what is undefined, so that an absent attribute is an absent property. */
function present<T extends object>(parts: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function hashRange(item: Item, key: string): Lease['hashRange'] {
  const start = text(item, 'startingHashKey', key);
  const end = text(item, 'endingHashKey', key);
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** A Java worker's write moves the counter or the position and leaves this as it was: from then on it says nothing. */
function readMs(item: Item, key: string, marked: boolean): number | undefined {
  const written = whole(item, 'sfRead', key);
  return written === undefined || !marked ? undefined : Number(written);
}

function leaseOf(item: Item, key: string): Lease {
  const counter = whole(item, 'leaseCounter', key);
  if (counter === undefined) throw broken(key, 'leaseCounter is missing');
  const holderCounter = whole(item, 'sfCounter', key);
  return {
    key,
    ...shard(item, key),
    counter,
    position: position(item, key),
    ownerSwitches: whole(item, 'ownerSwitchesSinceCheckpoint', key) ?? 0n,
    parents: texts(item, 'parentShardId', key),
    children: texts(item, 'childShardIds', key),
    bell: whole(item, 'sfBell', key) ?? 0n,
    ...present<
      Pick<
        Lease,
        | 'owner'
        | 'checkpointOwner'
        | 'hashRange'
        | 'throughputKBps'
        | 'holder'
        | 'holderCounter'
        | 'readMs'
        | 'request'
        | 'prepared'
        | 'freed'
        | 'source'
        | 'peersSeen'
      >
    >({
      owner: text(item, 'leaseOwner', key),
      checkpointOwner: text(item, 'checkpointOwner', key),
      hashRange: hashRange(item, key),
      throughputKBps: throughput(item),
      holder: text(item, 'sfHolder', key),
      holderCounter,
      readMs: readMs(item, key, isMarked({ counter, holderCounter })),
      request: request(item, key),
      prepared: prepared(item),
      freed: item.sfFreed === undefined ? undefined : texts(item, 'sfFreed', key),
      source: text(item, 'sfSource', key),
      peersSeen: text(item, 'sfPeers', key),
    }),
  };
}

/** What an item of the lease table is. Total. */
export function decodeRow(item: Item): DecodedRow {
  const key = item[leaseKeyName]?.S;
  if (key === undefined) return { kind: 'broken', key: '', error: broken('', `${leaseKeyName} is missing`) };
  const entity = item.entityType?.S;
  const bare = item.leaseCounter === undefined && item.checkpoint === undefined;
  if (entity === undefined ? bare : entity !== leaseEntity) return { kind: 'foreign', key };
  try {
    return { kind: 'lease', lease: leaseOf(item, key) };
  } catch (error) {
    if (error instanceof LeaseError) return { kind: 'broken', key, error };
    throw error;
  }
}

/** Undefined: the item is no lease. @throws LeaseError ROW_BROKEN, naming the key */
export function leaseIn(item: Item): Lease | undefined {
  const row = decodeRow(item);
  if (row.kind === 'broken') throw row.error;
  return row.kind === 'lease' ? row.lease : undefined;
}

/** The lease in an item that must be one. @throws LeaseError ROW_BROKEN, naming the key */
export function decodeLease(item: Item): Lease {
  const lease = leaseIn(item);
  if (lease === undefined) throw broken(item[leaseKeyName]?.S ?? '', 'it is not a lease at all');
  return lease;
}
