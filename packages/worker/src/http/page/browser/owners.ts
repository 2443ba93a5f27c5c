// Which colour stands for which worker. Pure: the same fleet has the same colours on every page.
import type { ShardView } from './wire.ts';

/** Colours there are; with more workers than that, some share one. */
export const coloursMax = 8;

export interface Owner {
  readonly name: string;
  readonly colour: number;
  readonly shards: number;
}

/** By name, those with a shard that is not read to its end. */
export function ownersOf(shards: readonly ShardView[]): readonly Owner[] {
  const counts = new Map<string, number>();
  for (const { owner, state } of shards) if (owner !== null && state !== 'done') counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count], index) => ({ name, colour: index % coloursMax, shards: count }));
}
