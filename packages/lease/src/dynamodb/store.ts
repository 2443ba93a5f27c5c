// The lease store over DynamoDB: each of its writes is built by `writes/` and carried out by `mutate.ts`. It holds no policy,
// and of the table only its size as last seen.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LeaseError } from '../errors.ts';
import type { Timers } from '../time.ts';
import type { Lease, LeaseStore, LeaseTimes, Written } from '../types.ts';
import type { TableCreation } from './creation.ts';
import { mutate, sendWrite } from './mutate.ts';
import { readPeers } from './peers.ts';
import { readLease } from './read.ts';
import { partsOf, scanTable } from './scan.ts';
import type { Link } from './send.ts';
import { openTable } from './table.ts';
import { createSendUpdate } from './update.ts';
import { disown, finish, release } from './writes/ending.ts';
import { cancel, request, transfer } from './writes/handover.ts';
import { accept, checkpoint, renew, take } from './writes/holding.ts';
import { create, remove, rewind, ring, vouch } from './writes/rows.ts';
import type { Write } from './writes/write.ts';

/** The smallest keys may have been deleted since they were listed, but hardly that many. */
const maxTries = 5;

export interface DynamoLeaseStoreOptions {
  /** With `maxAttempts` 1, see `createDynamoClient`; `close` destroys it. Middleware of its own sees few of the updates: see `update.ts`. */
  readonly client: DynamoDBClient;
  readonly table: string;
  /** After which a KCL 3.0 to 3.4 fleet names the two tables beside the lease table; absent: the lease table's name. */
  readonly application?: string;
  /** How `open` makes the table where there is none. */
  readonly creation?: TableCreation;
  readonly times: Pick<LeaseTimes, 'requestTimeoutMs'>;
  /** For the wait until a new table is active. */
  readonly timers: Timers;
}

/** Writes to the smallest of `keys` whose row is there. @throws LeaseError when the first of many are all gone: what is known of the table is old. */
async function writeFirst(link: Link, keys: readonly string[], build: (key: string) => Write, signal: AbortSignal): Promise<void> {
  for (const key of [...keys].sort().slice(0, maxTries)) {
    const sent = await sendWrite(link, build(key), signal);
    if (sent.kind === 'done') return;
  }
  if (keys.length <= maxTries) return;
  throw new LeaseError(
    'TABLE_UNREACHABLE',
    `The first ${maxTries} leases that this worker knows of are not in the lease table '${link.table}' any more. Nothing was written; it is tried again when the table was read anew.`,
    { retryable: true },
  );
}

/** A lease table of the Java KCL, or one that it could go on from. */
export function dynamodbLeaseStore(options: DynamoLeaseStoreOptions): LeaseStore {
  const { client, table, application = table, creation = {}, times, timers } = options;
  const link: Link = { client, update: createSendUpdate(client), table, requestTimeoutMs: times.requestTimeoutMs };
  const over = (lease: Lease, build: (lease: Lease) => Write, signal: AbortSignal): Promise<Written> => mutate(link, lease, build, signal);
  let bytes = 0;
  return {
    async open(signal) {
      bytes = await openTable(link, creation, timers, signal);
    },
    async list({ consistent, part }, signal) {
      if (part !== undefined) return scanTable(link, consistent, [part], signal);
      const rows = await scanTable(link, consistent, partsOf(bytes), signal);
      bytes = rows.bytes;
      return rows;
    },
    read: (key, signal, { consistent = true } = {}) => readLease(link, key, signal, consistent),
    create: (lease, signal) => mutate(link, undefined, () => create(lease), signal),
    peers: (signal, { metrics = true } = {}) => readPeers({ ...link, application }, metrics, signal),
    take: (lease, me, change, signal) => over(lease, (row) => take(row, me, change.source), signal),
    renew: (lease, me, change, signal) => over(lease, (row) => renew(row, me, change), signal),
    checkpoint: (lease, me, at, change, signal) => over(lease, (row) => checkpoint(row, me, at, change), signal),
    request: (lease, me, signal) => over(lease, (row) => request(row, me), signal),
    transfer: (lease, me, at, change, signal) => over(lease, (row) => transfer(row, me, at, change), signal),
    accept: (lease, me, signal) => over(lease, (row) => accept(row, me), signal),
    cancel: (lease, me, signal) => over(lease, (row) => cancel(row, me), signal),
    release: (lease, me, at, change, signal) => over(lease, (row) => release(row, me, at, change), signal),
    finish: (lease, me, children, signal) => over(lease, (row) => finish(row, me, children), signal),
    disown: (lease, signal) => over(lease, disown, signal),
    remove: (lease, signal) => over(lease, remove, signal),
    rewind: (lease, to, signal) => over(lease, (row) => rewind(row, to), signal),
    ring: (keys, freed, signal) => writeFirst(link, keys, (key) => ring(key, freed), signal),
    vouch: (keys, peers, signal) => writeFirst(link, keys, (key) => vouch(key, peers), signal),
    async close() {
      client.destroy();
    },
  };
}
