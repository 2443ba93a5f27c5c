// One process of a fleet as the world sees it, whatever runs in it. It decides no accident and judges nothing.
import type { Holder } from './invariants/fence-watch.ts';
import type { Host } from './network.ts';

export interface SimWorker extends Holder {
  readonly host: Host;
  state: 'running' | 'stopping' | 'stopped' | 'crashed';
  /** Whether the stop gave everything back; undefined before its end. */
  clean: boolean | undefined;
  /** What ended `run`. */
  failure: unknown;
  /** Its run is over. */
  ended: boolean;
  /** Keys of the leases it holds. */
  held(): readonly string[];
  leave(drainTimeoutMs: number): Promise<{ readonly clean: boolean }>;
}

export const tableName = 'fleet';

/** Asks it to stop, as a signal would: one that does not run hears of it when it does. */
export function stopWorker(worker: SimWorker, drainTimeoutMs: number): void {
  if (worker.state !== 'running') return;
  worker.state = 'stopping';
  worker.machine.deliver(0, () => {
    void worker.leave(drainTimeoutMs).then(({ clean }) => {
      worker.clean = clean;
      worker.state = 'stopped';
    });
  });
}
