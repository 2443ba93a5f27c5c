// How many a second, over the last seconds. Pure: the time is told. It knows not what is counted.

const bucketMs = 1_000;
const bucketsMax = 10;

export interface Rate {
  add(count: number, nowMs: number): void;
  /** Over the last ten whole seconds; less at the beginning. */
  perSecond(nowMs: number): number;
}

export function createRate(): Rate {
  const buckets = new Map<number, number>();
  let first: number | undefined;
  return {
    add(count, nowMs) {
      const bucket = Math.floor(nowMs / bucketMs);
      first ??= bucket;
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
      for (const old of buckets.keys()) if (old < bucket - bucketsMax) buckets.delete(old);
    },
    perSecond(nowMs) {
      const now = Math.floor(nowMs / bucketMs);
      if (first === undefined) return 0;
      const span = Math.min(bucketsMax, Math.max(1, now - first));
      let sum = 0;
      for (const [bucket, count] of buckets) if (bucket >= now - span && bucket < now) sum += count;
      return sum / span;
    },
  };
}
