// Ranks workers for a lease so that all of them agree without talking, and few leases change rank when a worker comes or
// goes. It knows neither load nor liveness.

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** A well-mixed 32-bit number; the same on every machine. */
export function rendezvousScore(worker: string, key: string): number {
  let hash = fnvOffset;
  for (const text of [worker, '\n', key]) for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), fnvPrime);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The worker that comes first for this lease; ties go to the smaller name. */
export function rendezvousFirst(workers: Iterable<string>, key: string): string | undefined {
  let first: string | undefined;
  let best = -1;
  for (const worker of workers) {
    const score = rendezvousScore(worker, key);
    if (score > best || (score === best && first !== undefined && worker < first)) [first, best] = [worker, score];
  }
  return first;
}

/** Leases in the order in which this worker wants them. */
export function byPreference(worker: string): (left: { readonly key: string }, right: { readonly key: string }) => number {
  return (left, right) => rendezvousScore(worker, right.key) - rendezvousScore(worker, left.key) || (left.key < right.key ? -1 : 1);
}
