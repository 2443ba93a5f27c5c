// The in-memory reference as the conformance suite wants it. It knows no rule.
import { LeaseError } from '../../src/errors.ts';
import type { LeaseTableUnderTest } from '../../src/testing/conformance/harness.ts';
import { memoryLeaseStore, type StoreCall } from '../../src/testing/memory-store.ts';
import { createMemoryTable } from '../../src/testing/memory-table.ts';

const isWrite = ({ operation }: StoreCall) => !['open', 'list', 'peers', 'read', 'close'].includes(operation);

export async function memoryTableUnderTest(): Promise<LeaseTableUnderTest> {
  const table = createMemoryTable();
  const armed = { before: false, after: false };
  const fail = (point: 'before' | 'after') => (call: StoreCall) => {
    if (!armed[point] || !isWrite(call)) return;
    armed[point] = false;
    throw new LeaseError('TABLE_UNREACHABLE', 'the test pulled the plug', { retryable: true });
  };
  return {
    store: memoryLeaseStore({ table, before: fail('before'), after: fail('after') }),
    rival: memoryLeaseStore({ table }),
    put: async (item) => table.put(item),
    get: async (key) => table.get(key),
    loseNextAnswer: () => {
      armed.after = true;
    },
    failNextWrite: () => {
      armed.before = true;
    },
    close: async () => undefined,
  };
}
