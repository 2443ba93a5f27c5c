// One held lease under virtual time, with the table behind it and everything it says. Shared by the tests of held leases.
import { holdLease } from '../../../src/fleet/held-lease.ts';
import { createMemoryTable, memoryLeaseStore, type StoreCall } from '../../../src/testing/index.ts';
import type { Identity, LeaseEvent, Position } from '../../../src/types.ts';
import { never, storeOn, times, virtualTime, type Weather } from './fleet.ts';

export const me: Identity = { worker: 'me', incarnation: 'me-1' };
export const other: Identity = { worker: 'other', incarnation: 'other-1' };
export const at = (sequence: string): Position => ({ kind: 'sequence', sequence, subSequence: 0 });

/** One lease, taken at virtual time 0, and a second way to the table that knows no weather. */
export async function holding() {
  const time = virtualTime();
  const machine = time.machine(5);
  const table = createMemoryTable();
  const direct = memoryLeaseStore({ table });
  await direct.create({ key: 's', shardId: 's', position: { kind: 'trim-horizon' }, parents: [] }, never);
  const row = await direct.read('s', never);
  if (row === undefined) throw new Error('The row was not created.');
  const taken = await direct.take(row, me, {}, never);
  if (taken.outcome !== 'applied') throw new Error('The row was not taken.');
  const weather: Weather = {};
  const calls: StoreCall[] = [];
  const events: LeaseEvent[] = [];
  const broken: unknown[] = [];
  const heard = { asked: 0, finished: 0 };
  const control = holdLease(
    {
      lease: taken.lease,
      firstSendMs: 0,
      leaseKey: (shardId) => shardId,
      onAsked() {
        heard.asked += 1;
      },
      onFinished() {
        heard.finished += 1;
      },
      onBroken: (error) => broken.push(error),
    },
    { store: storeOn(table, machine, weather, calls), identity: me, machine, times, sources: new Map(), onEvent: (event) => events.push(event) },
  );
  const now = () => {
    const lease = table.lease('s');
    if (lease === undefined) throw new Error('The row is gone.');
    return lease;
  };
  const operations = () => calls.map((call) => call.operation);
  const losses = () => events.filter((event) => event.kind === 'lease-lost').map((event) => event.reason);
  return { time, machine, table, direct, weather, calls, events, broken, heard, control, held: control.held, now, operations, losses };
}

export const lost = { code: 'LEASE_LOST', retryable: false };
