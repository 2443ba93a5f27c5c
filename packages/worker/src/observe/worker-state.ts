// The state of a worker in the words of `/status` and of `shardfold_worker_state`. It knows neither.
import type { ConsumerStatus } from '@shardfold/consumer';

export type WorkerState = ConsumerStatus['state'];

export const workerStates = ['starting', 'running', 'draining', 'stopped'] as const satisfies readonly WorkerState[];

/** A consumer runs before it has come to the lease table; until then the worker starts, and is not ready. */
export function workerState({ state, reached }: Pick<ConsumerStatus, 'state' | 'reached'>): WorkerState {
  return state === 'running' && !reached ? 'starting' : state;
}
