// For tests of whatever uses a lease store: the store in memory, and time that passes when a test says so. The suite that every
// store passes is `testing/conformance`, which needs vitest; nothing here does.
export type { LeaseTableUnderTest, OpenTable } from './conformance/harness.ts';
export { type MemoryLeaseStoreOptions, memoryLeaseStore, type StoreCall, type StoreHook } from './memory-store.ts';
export { createMemoryTable, type MemoryLeaseTable } from './memory-table.ts';
export { createVirtualTime, type VirtualMachine, type VirtualTime } from './virtual-machine.ts';
