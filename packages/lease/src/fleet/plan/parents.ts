// Tells whether a shard may be begun: the shards before it are read to their end, or never come. Pure; it knows no lease's holder.
import { shardName } from '../../streams.ts';
import type { BrokenRow, Lease } from '../../types.ts';
import { isFinished } from '../ownership.ts';
import { goneBefore } from '../shard-graph.ts';

export interface Ancestry {
  readonly rows: readonly Lease[];
  readonly broken: readonly BrokenRow[];
  readonly parentsOf: (stream: string | undefined, shardId: string) => readonly string[] | undefined;
  /** The listing of its stream shows this shard. */
  readonly isListed: (stream: string | undefined, shardId: string) => boolean;
  /** The listing of its stream is no older than this row: it knows the shards before it, or they are gone from the stream. */
  readonly isPlaced: (row: Lease) => boolean;
}

/** Shards without a row of which a row that follows them says that they were read: a sync gives them none, too. */
function readBefore({ rows, parentsOf }: Ancestry, hasRow: (name: string) => boolean): ReadonlySet<string> {
  const read = new Set<string>();
  const open: { readonly stream: string | undefined; readonly shardId: string }[] = [];
  const before = (stream: string | undefined, parents: readonly string[]): void => {
    for (const shardId of parents) open.push({ stream, shardId });
  };
  for (const row of rows) if (goneBefore(row) === 'read') before(row.stream, [...row.parents, ...(parentsOf(row.stream, row.shardId) ?? [])]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const name = shardName(next.stream, next.shardId);
    if (hasRow(name) || read.has(name)) continue;
    read.add(name);
    before(next.stream, parentsOf(next.stream, next.shardId) ?? []);
  }
  return read;
}

/** The rows are looked at only when one with parents is asked about: in a quiet fleet, none is. */
export function startableIn(ancestry: Ancestry): (row: Lease) => boolean {
  const { rows, broken, parentsOf, isListed, isPlaced } = ancestry;
  let byName: ReadonlyMap<string, Lease> | undefined;
  const named = (): ReadonlyMap<string, Lease> => {
    byName ??= new Map(rows.map((row) => [shardName(row.stream, row.shardId), row]));
    return byName;
  };
  // A row's key is its shard's name in tables of both kinds.
  const unreadable = new Set(broken.map((row) => row.key));
  let read: ReadonlySet<string> | undefined;
  const wasRead = (name: string): boolean => {
    read ??= readBefore(ancestry, (shard) => named().has(shard) || unreadable.has(shard));
    return read.has(name);
  };
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
    const name = shardName(row.stream, parent);
    if (named().has(name)) return settled(row.stream, parent);
    if (row.position.kind !== 'sequence' && !isPlaced(row)) return false;
    // A child that nobody has ever held proves nothing about a parent that the stream still has; another that has begun does.
    if (row.position.kind === 'trim-horizon' && row.counter === 0n && isListed(row.stream, parent) && !wasRead(name)) return false;
    return settled(row.stream, parent);
  };
  return (row) => row.parents.every((parent) => settledBefore(row, parent));
}
