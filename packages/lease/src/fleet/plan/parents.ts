// Tells whether a shard may be begun: the shards before it are read to their end, or never come. Pure; it knows no lease's holder.
import { shardName } from '../../streams.ts';
import type { BrokenRow, Lease } from '../../types.ts';
import { isFinished } from '../ownership.ts';

export interface Ancestry {
  readonly rows: readonly Lease[];
  readonly broken: readonly BrokenRow[];
  readonly parentsOf: (stream: string | undefined, shardId: string) => readonly string[] | undefined;
  /** The listing of its stream shows this shard. */
  readonly isListed: (stream: string | undefined, shardId: string) => boolean;
  /** The listing of its stream is no older than this row: it knows the shards before it, or they are gone from the stream. */
  readonly isPlaced: (row: Lease) => boolean;
}

/** The rows are looked at only when one with parents is asked about: in a quiet fleet, none is. */
export function startableIn({ rows, broken, parentsOf, isListed, isPlaced }: Ancestry): (row: Lease) => boolean {
  let byName: ReadonlyMap<string, Lease> | undefined;
  const named = (): ReadonlyMap<string, Lease> => {
    byName ??= new Map(rows.map((row) => [shardName(row.stream, row.shardId), row]));
    return byName;
  };
  // A row's key is its shard's name in tables of both kinds.
  const unreadable = new Set(broken.map((row) => row.key));
  const known = new Map<string, boolean>();
  const settled = (stream: string | undefined, shardId: string): boolean => {
    const name = shardName(stream, shardId);
    const row = named().get(name);
    if (row !== undefined) return isFinished(row);
    const before = known.get(name);
    if (before !== undefined) return before;
    const parents = unreadable.has(name) ? undefined : parentsOf(stream, shardId);
    if (parents?.length === 0) return true;
    // A listing that leads back to itself holds up nobody.
    known.set(name, true);
    const answer = parents?.every((parent) => settled(stream, parent)) ?? false;
    known.set(name, answer);
    return answer;
  };
  /** A parent without a row was read and its row removed, or was never begun: only who knows the stream can tell. */
  const settledBefore = (row: Lease, parent: string): boolean => {
    const rowed = named().has(shardName(row.stream, parent));
    if (!rowed && row.position.kind !== 'sequence' && !isPlaced(row)) return false;
    // A child that nobody has ever held proves nothing about a parent that the stream still has.
    if (!rowed && row.position.kind === 'trim-horizon' && row.counter === 0n && isListed(row.stream, parent)) return false;
    return settled(row.stream, parent);
  };
  return (row) => row.parents.every((parent) => settledBefore(row, parent));
}
