// Refuses a lease table that belongs to somebody else: to another stream of the same shard ids, or to a fleet that names its
// rows the other way. Pure.
import { LeaseError } from '../errors.ts';
import type { LeaseNames } from '../streams.ts';
import type { Lease } from '../types.ts';
import { isFinished } from './ownership.ts';

function refusal(what: string): LeaseError {
  return new LeaseError('TABLE_FOREIGN', what);
}

function otherKeys(rows: readonly Lease[], multiStream: boolean): LeaseError {
  const [found, wanted] = multiStream ? ['single-stream', 'multi-stream'] : ['multi-stream', 'single-stream'];
  const example = rows[0]?.key ?? '';
  const advice = multiStream
    ? 'Run `shardfold leases adopt --multi-stream` to copy its rows, or name another table'
    : 'Configure the streams that the table is for, or name another table';
  return refusal(
    `The lease table has ${found} keys, such as '${example}', and this fleet uses ${wanted} keys. It was left as it is, and nothing is read. ${advice}.`,
  );
}

/**
 * Undefined: the table may be used. `sources`: what each stream is known as (`streamIdentityText`); a row that names none,
 * such as every row of a Java worker, is taken as it is.
 */
export function foreignTable(rows: readonly Lease[], streams: readonly LeaseNames[], sources: ReadonlyMap<string | undefined, string>): LeaseError | undefined {
  for (const row of rows) {
    const source = sources.get(row.stream);
    if (source !== undefined && row.source !== undefined && row.source !== source) {
      return refusal(
        `The lease table belongs to the stream ${row.source} (its lease '${row.key}' says so), and this fleet reads ${source}. It was left as it is, and nothing is read. Give this fleet an application name or a lease table of its own; if the stream was deleted and made anew, delete the table.`,
      );
    }
  }
  const multiStream = streams.some((stream) => stream.stream !== undefined);
  const own = new Set(rows.filter((row) => (row.stream !== undefined) === multiStream).map((row) => row.shardId));
  // Rows that were copied to keys of the other kind stay behind, and are no reason to refuse.
  const others = rows.filter((row) => (row.stream !== undefined) !== multiStream && !own.has(row.shardId) && !isFinished(row));
  return others.length > 0 && own.size === 0 ? otherKeys(others, multiStream) : undefined;
}
