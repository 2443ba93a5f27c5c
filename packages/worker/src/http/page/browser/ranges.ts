// Where each shard lies in the picture of a stream: across by the hash keys it is for, down by generation, so that children lie below
// their parents. Pure.
import type { ShardView } from './wire.ts';

/** Left and width are shares of the whole width; top and height are lanes. */
export interface Box {
  readonly shard: ShardView;
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly height: number;
}

export interface Picture {
  readonly stream: string;
  readonly lanes: number;
  readonly boxes: readonly Box[];
  /** Shards that are not drawn, because there are too many. */
  readonly left: number;
}

const hashKeys = 2 ** 128;
const lanesMax = 6;
const boxesMax = 4_000;

/** How many generations of its ancestors are there too. */
function depths(shards: readonly ShardView[]): ReadonlyMap<string, number> {
  const byId = new Map(shards.map((shard) => [shard.shard, shard]));
  const known = new Map<string, number>();
  function depth(id: string): number {
    const there = known.get(id);
    if (there !== undefined) return there;
    // A row that names itself as an ancestor, which no stream does, ends here.
    known.set(id, 0);
    const parents = (byId.get(id)?.parents ?? []).filter((parent) => byId.has(parent));
    const found = parents.length === 0 ? 0 : Math.min(lanesMax - 1, 1 + Math.max(...parents.map(depth)));
    known.set(id, found);
    return found;
  }
  for (const { shard } of shards) depth(shard);
  return known;
}

/** Where no hash keys are known, those of one generation share the width evenly. */
function across(shard: ShardView, index: number, of: number): { readonly left: number; readonly width: number } {
  if (shard.hashRange === null) return { left: index / of, width: 1 / of };
  const left = Number(shard.hashRange.start) / hashKeys;
  return { left, width: Math.max(0, (Number(shard.hashRange.end) + 1) / hashKeys - left) };
}

function pictureOf(stream: string, all: readonly ShardView[]): Picture {
  const shards = all.slice(0, boxesMax);
  const depthOf = depths(shards);
  const isParent = new Set(shards.flatMap(({ parents }) => parents));
  const lanes = shards.reduce((most, { shard }) => Math.max(most, 1 + (depthOf.get(shard) ?? 0)), 1);
  const generations = Map.groupBy(shards, ({ shard }) => depthOf.get(shard) ?? 0);
  const boxes = [...generations].flatMap(([top, generation]) =>
    generation.map((shard, index) => ({
      shard,
      ...across(shard, index, generation.length),
      top,
      height: isParent.has(shard.shard) ? 1 : lanes - top,
    })),
  );
  return { stream, lanes, boxes, left: all.length - shards.length };
}

/** One picture for each stream, in the order of their names. */
export function picturesOf(shards: readonly ShardView[]): readonly Picture[] {
  const streams = Map.groupBy(shards, ({ stream }) => stream);
  return [...streams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([stream, its]) => pictureOf(stream, its));
}
