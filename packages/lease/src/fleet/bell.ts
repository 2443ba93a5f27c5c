// Wakes the other workers after the last write of a stop and after a shard's children exist. Nothing waits for it: they would
// come by themselves, only later.
import type { FleetTools } from './operations.ts';

/** `keys`: the table's lease keys. Never throws: a failure is counted and forgotten. */
export async function ringBell(tools: FleetTools, keys: readonly string[], signal: AbortSignal): Promise<void> {
  const [smallest] = keys.toSorted();
  if (smallest === undefined) return;
  const tell = (outcome: 'applied' | 'failed') => tools.onEvent({ kind: 'lease-operation', operation: 'ring', outcome, key: smallest });
  await tools.store.ring(keys, signal).then(
    () => tell('applied'),
    () => tell('failed'),
  );
}
