// Ranks workers for a lease, and leases for a worker, so that all agree without talking, and few leases change rank when a
// worker comes or goes. It knows neither load nor liveness. Every release must rank alike: fleets run several at once.

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

function mixed(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

/** A well-mixed 32-bit number of a name; the same on every machine. */
export function hashOf(name: string): number {
  let hash = fnvOffset;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), fnvPrime);
  return mixed(hash);
}

/** How much a worker is meant for a lease; the pair costs one mixing, so that each name is hashed once for a whole table. */
export function rendezvousScore(workerHash: number, keyHash: number): number {
  return mixed(workerHash ^ keyHash);
}

export interface Contender {
  readonly id: string;
  readonly hash: number;
}

/** An order of workers that all agree on and that favours no name. */
export function isBefore(left: Contender, right: Contender): boolean {
  return left.hash > right.hash || (left.hash === right.hash && left.id < right.id);
}

/** Whether `one` comes first for this lease among these, but for the `absent` one; ties go to the smaller id. */
export function comesFirst(one: Contender, among: readonly Contender[], keyHash: number, absent?: string): boolean {
  const own = rendezvousScore(one.hash, keyHash);
  for (const other of among) {
    const score = rendezvousScore(other.hash, keyHash);
    if ((score > own || (score === own && other.id < one.id)) && other.id !== absent) return false;
  }
  return true;
}

/** Who comes first for this lease among these, but for the `absent` one; undefined: there is nobody. */
export function firstFor<One extends Contender>(among: readonly One[], keyHash: number, absent?: string): One | undefined {
  let [first, best]: [One | undefined, number] = [undefined, -1];
  for (const one of among) {
    const score = rendezvousScore(one.hash, keyHash);
    if (one.id !== absent && (score > best || (score === best && first !== undefined && one.id < first.id))) [first, best] = [one, score];
  }
  return first;
}

/** How many of these come before `one` for this lease. */
export function standsBefore(one: Contender, among: readonly Contender[], keyHash: number): number {
  return among.filter((other) => !comesFirst(one, [other], keyHash)).length;
}

/** Leaves room for two million leases beside a score in the 53 bits of a number. */
const positions = 2 ** 21;

/** The positions of these hashes of keys in the order in which a worker wants the keys; ties go to the one that stands first. */
export function rankHashes(workerHash: number, keyHashes: Uint32Array): readonly number[] {
  const ranks = new Float64Array(keyHashes.length);
  for (const [at, keyHash] of keyHashes.entries()) ranks[at] = (0xffffffff - rendezvousScore(workerHash, keyHash)) * positions + at;
  return Array.from(ranks.sort(), (rank) => rank % positions);
}

/** The positions of these keys in the order in which a worker wants them. */
export function byPreference(workerHash: number, keys: readonly string[]): readonly number[] {
  return rankHashes(workerHash, Uint32Array.from(keys, hashOf));
}
