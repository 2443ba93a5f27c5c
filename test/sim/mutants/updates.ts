// Mutants of what the writes leave behind: the counter that moves, the mark that says who moved it, the attributes that go.
import { type Mutant, moving, pairs, resharding, unwritten } from './mutant.ts';

const bumps = ['leaseCounter = :next', 'sfCounter = :next'] as const;
const marking = ['take', 'renew', 'checkpoint', 'transfer', 'accept'] as const;

export const updateMutants: readonly Mutant[] = [
  ...marking.map((operation) => ({ name: `${operation} moves the counter`, changes: unwritten([operation], ...bumps), world: { accidents: moving } })),
  { name: 'release moves the counter', changes: unwritten(['release'], 'leaseCounter = :next'), world: { accidents: moving } },
  { name: 'finish moves the counter', changes: unwritten(['finish'], 'leaseCounter = :next'), world: { accidents: resharding } },
  ...marking.map((operation) => ({
    name: `${operation} marks the row as ours`,
    changes: unwritten([operation], 'sfCounter = :next'),
    world: { accidents: moving, whole: true },
  })),
  { name: 'take clears the pair', changes: unwritten(['take'], 'checkpointOwner'), world: { accidents: { ...pairs, crash: 6_000, restart: 5_000 } } },
  { name: 'release clears the owner', changes: unwritten(['release'], 'leaseOwner'), world: { accidents: moving, whole: true } },
];
