// Opens the fleet's lease table for a command, and says its faults to a person. It knows no command.
import type { Lease, LeaseTable } from '@shardfold/consumer';
import type { Config } from '../config/config.ts';
import { nearest } from '../config/near.ts';
import { codeOf, exitCodeOf } from './error-code.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';
import { onceText } from './once-text.ts';

/** What was asked for cannot be, as the streams or the table are: the user's mistake. */
const usageCodes = new Set(['OPTIONS_INVALID', 'POSITION_INVALID']);

function exitCode(error: Error): ExitCode {
  return usageCodes.has(codeOf(error) ?? '') ? 2 : exitCodeOf(error);
}

/** Throws what the table's faults are to the user, without a stack. A stop that was asked for is no fault. */
export async function unlessFailed<Answer>(stop: AbortSignal, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (stop.aborted) throw new CliError(130, 'Interrupted.');
    if (codeOf(error) === undefined || !(error instanceof Error)) throw error;
    throw new CliError(exitCode(error), onceText(error.message));
  }
}

export async function withTable<Answer>(io: CliIo, config: Config, use: (table: LeaseTable, stop: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const stop = io.stopSignal();
  // Loaded only here: the other commands need no AWS client.
  const { openLeaseTable } = await import('@shardfold/consumer');
  const { application, dynamodb, kinesis, lease, source } = config;
  const { kind, streams, start, limits } = source;
  const table = openLeaseTable({
    application,
    table: lease.table,
    durationMs: lease.durationMs,
    dynamodb,
    kinesis,
    kind,
    streams,
    start,
    limits,
    machine: await io.machine(),
  });
  try {
    return await unlessFailed(stop, () => use(table, stop));
  } finally {
    await table.close();
  }
}

export type TableRows = Awaited<ReturnType<LeaseTable['list']>>;

/** By its key, or by its shard id where only one stream has it. Throws `CliError` when there is none, and what is wrong with a broken one. */
export function leaseNamed({ leases, broken }: TableRows, id: string): Lease {
  const found = leases.find(({ key }) => key === id);
  if (found !== undefined) return found;
  const unreadable = broken.find(({ key }) => key === id);
  if (unreadable !== undefined) throw unreadable.error;
  const [only, ...more] = leases.filter(({ shardId }) => shardId === id);
  if (only !== undefined && more.length === 0) return only;
  if (only !== undefined) throw new CliError(2, `Several streams have a lease for "${id}". Nothing was done. Name it by its key, for example ${only.key}.`);
  const meant = nearest(
    id,
    leases.map(({ key }) => key),
  );
  throw new CliError(
    2,
    `There is no lease "${id}". Nothing was done; ${meant === undefined ? '`shardfold leases list` shows those there are.' : `did you mean "${meant}"?`}`,
  );
}

/** Says that a command waits for owners to show whether they live. */
export function sayWait(io: CliIo): (owners: readonly string[], forMs: number) => void {
  return (owners, forMs) =>
    io.err(`Waiting up to ${Math.ceil(forMs / 1000)} s to see whether ${owners.map((owner) => `'${owner}'`).join(', ')} still works.\n`);
}
