// `leases`: looks at the fleet's table, gives a lease free whose worker is gone, and takes the table over from a Java fleet that is gone. It
// leases nothing itself.
import type { Lease, LeaseTable } from '@shardfold/consumer';
import type { JsonFlag } from './config-commands.ts';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import { codeOf } from './error-code.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';
import { leaseNamed, sayWait, withTable } from './leases-open.ts';
import { adoptedText, leaseDetails, leasesJson, leasesText, leaseText, type Standing } from './leases-text.ts';
import { createProgress } from './progress.ts';
import { confirmed, requireAnswer } from './prompt.ts';

export const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** What leases are to people: without the stream, their rows are shown all the same. */
export async function standingOf(io: CliIo, table: LeaseTable, leases: readonly Lease[], stop: AbortSignal): Promise<Standing> {
  const nowMs = (await io.machine()).clock.wallMs();
  const progress = createProgress(io, 'Asking how far behind the leases are');
  let lags: ReadonlyMap<string, number> = new Map();
  try {
    lags = await table.lags(leases, { onProgress: progress.at }, stop);
  } catch (error) {
    if (stop.aborted || !(error instanceof Error) || codeOf(error) === undefined) throw error;
    progress.end();
    io.err(`No lag is shown: ${error.message}\n`);
  } finally {
    progress.end();
  }
  return {
    ageMs(lease) {
      const readMs = lease.position.kind === 'shard-end' ? undefined : table.positionMs(lease);
      return readMs === undefined ? undefined : Math.max(0, nowMs - readMs);
    },
    lagMs: ({ key }) => lags.get(key),
  };
}

export async function listLeases(io: CliIo, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const text = await withTable(io, config, async (table, stop) => {
    const rows = await table.list(stop);
    const standing = await standingOf(io, table, rows.leases, stop);
    return flags.json === true ? leasesJson(rows, standing) : leasesText(rows, standing);
  });
  await io.out(text);
  return 0;
}

export async function showLease(io: CliIo, id: string, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const text = await withTable(io, config, async (table, stop) => {
    const lease = leaseNamed(await table.list(stop), id);
    const standing = await standingOf(io, table, [lease], stop);
    return flags.json === true ? jsonText(leaseDetails(lease, standing)) : leaseText(lease, standing);
  });
  await io.out(text);
  return 0;
}

export interface YesFlag {
  readonly yes?: boolean;
}

/** A lease of a worker that lives is refused with 4: to stop that worker gives it free, and well. */
export async function releaseLease(io: CliIo, id: string, flags: ConfigFlags & JsonFlag & YesFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  requireAnswer(io, flags, 'leases release');
  const done = await withTable(io, config, async (table, stop) => {
    const lease = leaseNamed(await table.list(stop), id);
    const { key, owner } = lease;
    if (owner === undefined)
      return { lease: key, released: false, owner: null, text: `Nobody holds ${key}. Nothing was done: a running worker takes it by itself.` };
    await table.awaitSilence(lease, { onWait: sayWait(io) }, stop);
    const silent = `The worker '${owner}' has not renewed ${key} for ${Math.ceil(config.lease.durationMs / 1000)} s`;
    if (!(await confirmed(io, flags, `${silent}. Give the lease free?`, stop))) return undefined;
    await table.release(lease, stop);
    return {
      lease: key,
      released: true,
      owner,
      text: `${silent}, so the lease is free now. A running worker takes it within seconds; it goes on from the same position.`,
    };
  });
  if (done === undefined) throw new CliError(1, 'Nothing was changed.');
  const { text, ...view } = done;
  await io.out(flags.json === true ? jsonText(view) : `${text}\n`);
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
  await io.out(flags.json === true ? jsonText(done) : adoptedText(done));
  return 0;
}
