// `leases list` and `leases adopt`: looks at the fleet's table, and takes it over from a Java fleet that is gone. It leases
// nothing itself.
import type { LeaseTable } from '@shardfold/consumer';
import type { Config } from '../config/config.ts';
import type { JsonFlag } from './config-commands.ts';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';
import { adoptedText, leasesJson, leasesText } from './leases-text.ts';
import { codeOf, exitCodeOf } from './run.ts';

/** What the table's faults are to the user: told without a stack. A stop that was asked for is no fault. */
async function withTable<Answer>(io: CliIo, config: Config, use: (table: LeaseTable, stop: AbortSignal) => Promise<Answer>): Promise<Answer> {
  // Loaded only here: the other commands need no AWS client.
  const { openLeaseTable } = await import('@shardfold/consumer');
  const stop = io.stopSignal();
  const { application, dynamodb, kinesis, lease } = config;
  const table = openLeaseTable({ application, table: lease.table, dynamodb, kinesis, machine: io.machine });
  try {
    return await use(table, stop);
  } catch (error) {
    if (stop.aborted) throw new CliError(130, 'Interrupted.');
    if (codeOf(error) === undefined || !(error instanceof Error)) throw error;
    throw new CliError(exitCodeOf(error), error.message);
  } finally {
    await table.close();
  }
}

export async function listLeases(io: CliIo, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const rows = await withTable(io, config, (table, stop) => table.list(stop));
  await io.out(flags.json === true ? leasesJson(rows) : leasesText(rows));
  return 0;
}

export interface AdoptFlags extends ConfigFlags, JsonFlag {
  readonly multiStream?: boolean;
  readonly dryRun?: boolean;
}

/** Copies first: what is noted lies in one of the rows. */
export async function adoptLeases(io: CliIo, flags: AdoptFlags): Promise<ExitCode> {
  const { multiStream = false, dryRun = false } = flags;
  if (dryRun && !multiStream)
    throw new CliError(2, '--dry-run shows what --multi-stream would copy. Nothing was done. Say --multi-stream too, or leave it out.');
  const { config } = await requireConfig(io, flags);
  const [stream] = multiStream ? config.source.streams : [];
  const done = await withTable(io, config, async (table, stop) => {
    const choice = stream === undefined ? undefined : { stream, durationMs: config.lease.durationMs, dryRun };
    const copied = choice === undefined ? undefined : await table.copyToMultiStream(choice, stop);
    const adopted = dryRun ? undefined : await table.adopt(stop);
    return { dryRun, ...(copied === undefined ? {} : { copied }), ...(adopted === undefined ? {} : { adopted }) };
  });
  await io.out(flags.json === true ? `${JSON.stringify(done, null, 2)}\n` : adoptedText(done));
  return 0;
}
