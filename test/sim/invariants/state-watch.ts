// Invariants of what a coordinator says of itself: its states follow the declared edges (9), and a lease it calls taken is not
// its own in the table (11).
import type { CoordinatorState, LeaseEvent } from '@shardfold/lease';
import type { Item } from '../expressions.ts';
import { heldBy, rowOf } from './row.ts';
import type { Actor, Fail } from './watch.ts';

/** As the documentation has them, said a second time on purpose: the coordinator's own table cannot check itself. */
const edges: Readonly<Record<CoordinatorState, readonly CoordinatorState[]>> = {
  idle: ['joining', 'draining', 'stopped'],
  joining: ['watching', 'working', 'draining', 'stopped'],
  watching: ['working', 'draining', 'stopped'],
  working: ['restrained', 'draining', 'stopped'],
  restrained: ['working', 'draining', 'stopped'],
  draining: ['stopped'],
  stopped: [],
};

export interface StateWatch {
  event(worker: Actor & { readonly incarnation: string }, event: LeaseEvent): void;
}

export function createStateWatch(itemOf: (key: string) => Item | undefined, fail: Fail): StateWatch {
  const states = new Map<string, CoordinatorState>();
  return {
    event(worker, event) {
      if (event.kind === 'coordinator-state') {
        const from = states.get(worker.incarnation) ?? 'idle';
        if (event.from !== from || !edges[from].includes(event.to)) fail(9, `${worker.label} goes from ${event.from} to ${event.to} and was ${from}.`);
        states.set(worker.incarnation, event.to);
      }
      if (event.kind === 'lease-lost' && event.reason === 'taken') {
        const item = itemOf(event.key);
        if (item !== undefined && heldBy(rowOf(item), worker.name, worker.incarnation)) {
          fail(11, `${worker.label} says that ${event.key} was taken from it, and the row still names it.`);
        }
      }
    },
  };
}
