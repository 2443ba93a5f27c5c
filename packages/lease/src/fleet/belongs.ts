// Refuses a lease table that belongs to somebody else: to another stream of the same shard ids, or to a fleet that names its
// rows the other way. Pure.
import { LeaseError } from '../errors.ts';
import type { LeaseNames } from '../streams.ts';
import type { Lease } from '../types.ts';
import { isFinished } from './ownership.ts';

function refusal(what: string, advice: string): LeaseError {
  return new LeaseError('TABLE_FOREIGN', `${what} It was left as it is, and nothing is read. ${advice}.`);
}

function otherStream(row: Lease, found: string, wanted: string): LeaseError {
  return refusal(
    `The lease table belongs to the stream ${found} (its lease '${row.key}' says so), and this fleet reads ${wanted}.`,
    'Give this fleet an application name or a lease table of its own; if the stream was deleted and made anew, delete the table',
  );
}

function otherKeys(row: Lease, multiStream: boolean): LeaseError {
  const [found, wanted] = multiStream ? ['single-stream', 'multi-stream'] : ['multi-stream', 'single-stream'];
  return refusal(
    `The lease table has ${found} keys, such as '${row.key}', and this fleet uses ${wanted} keys.`,
    multiStream
      ? 'Run `shardfold leases adopt --multi-stream` to copy its rows, or name another table'
      : 'Configure the streams that the table is for, or name another table',
  );
}

/** As a creation or a copy leaves it. */
function isUntouched(row: Lease): boolean {
  return row.counter === 0n && row.owner === undefined;
}

/** `left`: single-stream rows of shards that have no multi-stream row. They are none of a fleet's business once it is at work. */
function multiStreamOver(own: readonly Lease[], left: readonly Lease[], copies: readonly Lease[]): LeaseError | undefined {
  const [example] = left;
  if (example === undefined) return undefined;
  if (own.length === 0) return otherKeys(example, true);
  if (copies.length === 0 || !copies.every(isUntouched)) return undefined;
  return refusal(
    `The rows of the lease table were copied to multi-stream keys, but not all: '${example.key}' was not.`,
    'Run `shardfold leases adopt --multi-stream` again: it copies the rest',
  );
}

/** Copies only ever go from single-stream keys to multi-stream keys: whoever goes on from the former reads once more. */
function singleStreamOver(own: readonly Lease[], others: readonly Lease[], copies: readonly Lease[]): LeaseError | undefined {
  const unfinished = others.find((row) => !isFinished(row));
  if (own.length === 0) return unfinished === undefined ? undefined : otherKeys(unfinished, false);
  const touched = copies.find((row) => !isUntouched(row));
  if (touched === undefined) return undefined;
  return refusal(
    `The lease table's rows were copied to multi-stream keys, and a fleet has read on from there ('${touched.key}'): the single-stream rows, which this fleet would use, are out of date.`,
    'Configure the stream for multi-stream keys, or name another table; to read again from the old positions, delete the multi-stream rows',
  );
}

/**
 * Undefined: the table may be used. `sources`: what each stream is known as (`streamIdentityText`); a row that names none,
 * such as every row of a Java worker, is taken as it is.
 */
export function foreignTable(rows: readonly Lease[], streams: readonly LeaseNames[], sources: ReadonlyMap<string | undefined, string>): LeaseError | undefined {
  for (const row of rows) {
    const source = sources.get(row.stream);
    if (source !== undefined && row.source !== undefined && row.source !== source) return otherStream(row, row.source, source);
  }
  // Which keys this fleet uses shows with its first stream.
  if (streams.length === 0) return undefined;
  const multiStream = streams.some((stream) => stream.stream !== undefined);
  const others = rows.filter((row) => (row.stream !== undefined) !== multiStream);
  if (others.length === 0) return undefined;
  const own = rows.filter((row) => (row.stream !== undefined) === multiStream);
  const ownShards = new Set(own.map((row) => row.shardId));
  if (!multiStream)
    return singleStreamOver(
      own,
      others,
      others.filter((row) => ownShards.has(row.shardId)),
    );
  const otherShards = new Set(others.map((row) => row.shardId));
  const left = others.filter((row) => !ownShards.has(row.shardId) && !isFinished(row));
  return multiStreamOver(
    own,
    left,
    own.filter((row) => otherShards.has(row.shardId)),
  );
}
