// Cuts a list into runs that fit a statement. It knows neither rows nor databases.

export interface ChunkLimits {
  readonly maxItems: number;
  readonly maxSize: number;
}

/** Runs in order, each within both limits; an item above `maxSize` goes alone. */
export function chunks<T>(items: readonly T[], sizeOf: (item: T) => number, limits: ChunkLimits): T[][] {
  const runs: T[][] = [];
  let run: T[] = [];
  let size = 0;
  for (const item of items) {
    const itemSize = sizeOf(item);
    if (run.length > 0 && (run.length >= limits.maxItems || size + itemSize > limits.maxSize)) {
      runs.push(run);
      run = [];
      size = 0;
    }
    run.push(item);
    size += itemSize;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}
