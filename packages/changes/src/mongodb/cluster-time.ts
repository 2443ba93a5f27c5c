// MongoDB's own order of changes as the time of a version. It knows no format.

/** More changes in a second than this rank as equal; then the stream's order decides. */
const maxIncrement = 999_999;
const latestSecond = 2 ** 32;

/**
 * Microseconds from a cluster time: the second, and in place of its fraction the count of changes in that second. So the time
 * orders all changes of a cluster as MongoDB does, a transaction's changes, which share one cluster time, excepted. Undefined
 * when the parts are no cluster time.
 */
export function clusterMicros(seconds: unknown, increment: unknown): number | undefined {
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0 || seconds >= latestSecond) return undefined;
  if (typeof increment !== 'number' || !Number.isInteger(increment) || increment < 0) return undefined;
  return seconds * 1_000_000 + Math.min(increment, maxIncrement);
}
