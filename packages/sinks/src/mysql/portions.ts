// How many rows each of a chunk's statements takes: few sizes, so that few statements are prepared. Pure.

const sizes = [1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1];

/** Sums up to `rows`; none above `most`, which is at least 1. */
export function portions(rows: number, most: number): number[] {
  const counts: number[] = [];
  let left = rows;
  for (const size of sizes) {
    if (size > most) continue;
    for (; left >= size; left -= size) counts.push(size);
  }
  return counts;
}
