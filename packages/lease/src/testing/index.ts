// For tests of whatever uses a lease store, and of lease stores themselves.
export { type MemoryLeaseStoreOptions, memoryLeaseStore, type StoreCall, type StoreHook } from './memory-store.ts';
export { createMemoryTable, type MemoryLeaseTable } from './memory-table.ts';
