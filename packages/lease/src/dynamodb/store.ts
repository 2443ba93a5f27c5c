// The lease store over DynamoDB: each of its writes is built by `writes/` and carried out by `mutate.ts`. It holds no state and
// no policy.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Timers } from '../time.ts';
import type { Lease, LeaseStore, LeaseTimes, Written } from '../types.ts';
import { mutate, readLease, sendWrite } from './mutate.ts';
import { scanTable } from './scan.ts';
import type { Link } from './send.ts';
import { openTable } from './table.ts';
import { disown, finish, release } from './writes/ending.ts';
import { cancel, request, transfer } from './writes/handover.ts';
import { accept, checkpoint, renew, take } from './writes/holding.ts';
import { create, remove, rewind, ring } from './writes/rows.ts';
import type { Write } from './writes/write.ts';

/** The smallest keys may have been deleted since they were listed, but hardly that many. */
const maxBells = 5;

export interface DynamoLeaseStoreOptions {
  /** With `maxAttempts` 1, see `createDynamoClient`; `close` destroys it. */
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly times: Pick<LeaseTimes, 'requestTimeoutMs'>;
  /** For the wait until a new table is active. */
  readonly timers: Timers;
}

async function ringFirst(link: Link, keys: readonly string[], signal: AbortSignal): Promise<void> {
  for (const key of [...keys].sort().slice(0, maxBells)) {
    const sent = await sendWrite(link, ring(key), signal);
    if (sent.kind === 'done') return;
  }
}

/** A lease table of the Java KCL, or one that it could go on from. */
export function dynamodbLeaseStore({ client, table, times, timers }: DynamoLeaseStoreOptions): LeaseStore {
  const link: Link = { client, table, requestTimeoutMs: times.requestTimeoutMs };
  const over = (lease: Lease, build: (lease: Lease) => Write, signal: AbortSignal): Promise<Written> => mutate(link, lease, build, signal);
  return {
    open: (signal) => openTable(link, timers, signal),
    list: ({ consistent }, signal) => scanTable(link, consistent, signal),
    read: (key, signal) => readLease(link, key, signal),
    create: (lease, signal) => mutate(link, undefined, () => create(lease), signal),
    peers: async () => ({ metrics: [] }),
    take: (lease, me, _change, signal) => over(lease, (row) => take(row, me), signal),
    renew: (lease, me, change, signal) => over(lease, (row) => renew(row, me, change.throughputKBps), signal),
    checkpoint: (lease, me, at, change, signal) => over(lease, (row) => checkpoint(row, me, at, change.throughputKBps), signal),
    request: (lease, me, signal) => over(lease, (row) => request(row, me), signal),
    transfer: (lease, me, at, signal) => over(lease, (row) => transfer(row, me, at), signal),
    accept: (lease, me, signal) => over(lease, (row) => accept(row, me), signal),
    cancel: (lease, me, signal) => over(lease, (row) => cancel(row, me), signal),
    release: (lease, me, at, signal) => over(lease, (row) => release(row, me, at), signal),
    finish: (lease, me, children, signal) => over(lease, (row) => finish(row, me, children), signal),
    disown: (lease, signal) => over(lease, disown, signal),
    remove: (lease, signal) => over(lease, remove, signal),
    rewind: (lease, to, signal) => over(lease, (row) => rewind(row, to), signal),
    ring: (keys, signal) => ringFirst(link, keys, signal),
    vouch: async () => undefined,
    async close() {
      client.destroy();
    },
  };
}
