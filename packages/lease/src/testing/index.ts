// For tests of whatever uses a lease store, and of lease stores themselves. Needs vitest.
export type { LeaseTableUnderTest, OpenTable } from './conformance/harness.ts';
export { leaseStoreConformance } from './conformance/suite.ts';
export { type MemoryLeaseStoreOptions, memoryLeaseStore, type StoreCall, type StoreHook } from './memory-store.ts';
export { createMemoryTable, type MemoryLeaseTable } from './memory-table.ts';
export { createVirtualTime, type VirtualMachine, type VirtualTime } from './virtual-machine.ts';
