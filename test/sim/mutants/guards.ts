// Mutants of the guards that are code: made by a store, a listing, settings or an answer that are not what they should be.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Lease, LeaseStore } from '@shardfold/lease';
import { late, type Mutant, moving, resharding, standing } from './mutant.ts';

function mapLease(change: (lease: Lease) => Lease): (store: LeaseStore) => LeaseStore {
  return (store) => ({
    ...store,
    async list(options, signal) {
      const rows = await store.list(options, signal);
      return { ...rows, leases: rows.leases.map(change) };
    },
    async read(key, signal) {
      const row = await store.read(key, signal);
      return row === undefined ? undefined : change(row);
    },
  });
}

const judged = new Set(['renew', 'checkpoint', 'release', 'finish', 'transfer', 'accept']);

/** The row of a refusal without the traces of this incarnation: an attempt that landed is not recognised. */
function unrecognised(operation: string, error: Error): Error {
  const { Item } = error as { readonly Item?: Record<string, AttributeValue> };
  if (Item?.sfHolder === undefined || !judged.has(operation)) return error;
  return Object.assign(error, { Item: { ...Item, sfHolder: { S: 'somebody' } } });
}

export const guardMutants: readonly Mutant[] = [
  {
    name: 'a worker fences itself',
    changes: { settings: (settings) => ({ ...settings, times: { ...settings.times, fenceMs: 1e9 } }) },
    world: { accidents: { cut: 5_000 } },
  },
  {
    name: 'a lease that moves is not taken',
    changes: { settings: (settings) => ({ ...settings, times: { ...settings.times, durationMs: settings.times.durationMs / 4 } }) },
    world: { accidents: moving },
  },
  {
    name: 'parents first',
    changes: { store: mapLease((lease) => ({ ...lease, parents: [] })), listing: (listing) => listing.map((shard) => ({ ...shard, parents: [] })) },
    world: { accidents: resharding },
  },
  { name: 'a refused write that had landed is recognised', changes: { failure: unrecognised }, world: { weather: late } },
  {
    name: 'the children have rows before their parent ends',
    changes: {
      store: (store) => ({
        ...store,
        create: (lease, signal) =>
          lease.parents.length === 0
            ? store.create(lease, signal)
            : Promise.resolve({ outcome: 'applied', lease: { ...lease, counter: 0n, ownerSwitches: 0n, children: [], bell: 0n } }),
      }),
    },
    world: { accidents: resharding },
  },
  {
    name: 'a lease is accepted before it is read',
    changes: { store: (store) => ({ ...store, accept: async (lease) => ({ outcome: 'applied', lease }) }) },
    world: { accidents: { ...moving, ...standing }, weather: late },
  },
];
