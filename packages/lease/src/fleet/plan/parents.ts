// Tells whether a shard may be begun: the shards before it are read to their end, or never come. Pure; it knows no lease's holder.
import { shardName } from '../../streams.ts';
import type { BrokenRow, Lease } from '../../types.ts';
import { isFinished } from '../ownership.ts';

export interface Ancestry {
  readonly rows: readonly Lease[];
  readonly broken: readonly BrokenRow[];
  readonly parentsOf: (stream: string | undefined, shardId: string) => readonly string[] | undefined;
}

/** The rows are looked at only when one with parents is asked about: in a quiet fleet, none is. */
export function startableIn({ rows, broken, parentsOf }: Ancestry): (row: Lease) => boolean {
  let byName: ReadonlyMap<string, Lease> | undefined;
  // A row's key is its shard's name in tables of both kinds.
  const unreadable = new Set(broken.map((row) => row.key));
  const known = new Map<string, boolean>();
  const settled = (stream: string | undefined, shardId: string): boolean => {
    const name = shardName(stream, shardId);
    byName ??= new Map(rows.map((row) => [shardName(row.stream, row.shardId), row]));
    const row = byName.get(name);
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
  return (row) => row.parents.every((parent) => settled(row.stream, parent));
}
