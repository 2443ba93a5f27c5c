// Tells which operation of the store a request belongs to, so that a fault, a count or a mutant can name `renew` although the
// table only sees an UpdateItem. It changes nothing about the store.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { LeaseStore } from '@shardfold/lease';

const underWay = new AsyncLocalStorage<string>();

/** Empty outside of the store's operations. */
export function operationUnderWay(): string {
  return underWay.getStore() ?? '';
}

/** The same store; every request it makes knows its operation. */
export function namedOperations(store: LeaseStore): LeaseStore {
  const named = Object.entries(store).map(([name, operation]) => [
    name,
    (...args: unknown[]) => underWay.run(name, () => (operation as (...given: unknown[]) => unknown)(...args)),
  ]);
  return Object.fromEntries(named) as LeaseStore;
}
