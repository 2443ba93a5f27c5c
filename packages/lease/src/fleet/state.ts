// Which state a fleet member may go to from which. What happens in each is in `coordinator.ts`.
import type { CoordinatorState } from '../types.ts';

const edges: Readonly<Record<CoordinatorState, readonly CoordinatorState[]>> = {
  idle: ['joining', 'draining', 'stopped'],
  joining: ['watching', 'working', 'draining', 'stopped'],
  watching: ['working', 'draining', 'stopped'],
  working: ['restrained', 'draining', 'stopped'],
  restrained: ['working', 'draining', 'stopped'],
  draining: ['stopped'],
  stopped: [],
};

export function mayMove(from: CoordinatorState, to: CoordinatorState): boolean {
  return edges[from].includes(to);
}
