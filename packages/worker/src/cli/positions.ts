// `checkpoint` and `rewind`: where the fleet's readers stand, and moving them while no worker runs. What a move comes to is decided by the
// consumer package; every write is conditional there.
import type { LeaseTable, MovePlan } from '@shardfold/consumer';
import type { JsonFlag } from './config-commands.ts';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import { readable } from './decode.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';
import { jsonText, type YesFlag } from './leases.ts';
import { leaseNamed, sayWait, withTable } from './leases-open.ts';
import { splitLines } from './lines.ts';
import { parseAim } from './positions-aim.ts';
import { exportLine, readLeases } from './positions-lines.ts';
import { planJson, planText, positionJson, positionsText, targetWords } from './positions-text.ts';
import { createProgress } from './progress.ts';
import { confirmed, requireAnswer } from './prompt.ts';

export interface ShardFlag {
  /** A lease key, or a shard id. */
  readonly shard?: string;
}
export interface DryRunFlag {
  readonly dryRun?: boolean;
}

export async function getCheckpoints(io: CliIo, flags: ConfigFlags & JsonFlag & ShardFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const views = await withTable(io, config, async (table, stop) => {
    const rows = await table.list(stop);
    const leases = flags.shard === undefined ? rows.leases : [leaseNamed(rows, flags.shard)];
    if (flags.shard === undefined) for (const { error } of rows.broken) io.err(`${error.message}\n`);
    return leases.map((lease) => ({ lease, positionMs: lease.position.kind === 'shard-end' ? undefined : table.positionMs(lease) }));
  });
  await io.out(flags.json === true ? jsonText(views.map(positionJson)) : positionsText(views));
  return 0;
}

async function carryOut(io: CliIo, table: LeaseTable, plan: MovePlan, stop: AbortSignal): Promise<void> {
  const progress = createProgress(io, 'Moving positions');
  let moved = 0;
  const onProgress = (done: number, total: number): void => {
    moved = done;
    progress.at(done, total);
  };
  try {
    await table.carryOut(plan, { onWait: sayWait(io), onProgress }, stop);
  } catch (error) {
    progress.end();
    if (!stop.aborted) throw error;
    throw new CliError(130, `Interrupted: ${moved} of ${plan.moves.length} leases were moved. The same command goes on from there.`);
  } finally {
    progress.end();
  }
}

export async function setCheckpoint(
  io: CliIo,
  flags: ConfigFlags & JsonFlag & DryRunFlag & { readonly shard: string; readonly to: string },
): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const aim = parseAim('--to', flags.to, ['trim-horizon', 'latest', 'timestamp', 'sequence'], (await io.machine()).clock.wallMs());
  const dryRun = flags.dryRun ?? false;
  const plan = await withTable(io, config, async (table, stop) => {
    const rows = await table.list(stop);
    const decided = await table.planSet(leaseNamed(rows, flags.shard), aim, rows, stop);
    if (!dryRun) await carryOut(io, table, decided, stop);
    return decided;
  });
  const [move] = plan.moves;
  if (flags.json === true) await io.out(jsonText(planJson(plan, !dryRun && plan.moves.length > 0)));
  else if (move === undefined) await io.out(`${flags.shard} stands there already. Nothing was written.\n`);
  else await io.out(`${move.key} ${dryRun ? 'would go' : 'goes'} on with ${targetWords(move.to)}.\n`);
  return 0;
}

/** Ends with 1 when some rows could not be read: what was printed is not all. */
export async function exportCheckpoints(io: CliIo, flags: ConfigFlags): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const { leases, broken } = await withTable(io, config, (table, stop) => table.list(stop));
  await io.out(leases.map((lease) => `${exportLine(lease)}\n`).join(''));
  for (const { error } of broken) io.err(`${error.message}\n`);
  if (broken.length > 0) throw new CliError(1, `${broken.length} rows of the table are missing in what was printed.`);
  return 0;
}

const faultsShownMax = 20;

export async function importCheckpoints(io: CliIo, file: string | undefined, flags: ConfigFlags & JsonFlag & DryRunFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const { leases, faults } = await readLeases(splitLines(readable(io, file)));
  if (faults.length > 0) {
    const more = faults.length > faultsShownMax ? [`and ${faults.length - faultsShownMax} more`] : [];
    throw new CliError(
      2,
      [`${file ?? 'stdin'} is not what \`checkpoint export\` prints. Nothing was written.`, ...faults.slice(0, faultsShownMax), ...more].join('\n'),
    );
  }
  const dryRun = flags.dryRun ?? false;
  const plan = await withTable(io, config, async (table, stop) => {
    const decided = table.planImport(leases, await table.list(stop));
    if (!dryRun) await carryOut(io, table, decided, stop);
    return decided;
  });
  if (flags.json === true) await io.out(jsonText(planJson(plan, !dryRun && plan.moves.length > 0)));
  else await io.out(`${planText(plan)}${dryRun ? 'Nothing was written: this was a dry run.' : `${plan.moves.length} leases were written.`}\n`);
  return 0;
}

/** Plans, shows, asks, moves. Ends with 1 when the answer is no. */
export async function rewind(io: CliIo, flags: ConfigFlags & JsonFlag & DryRunFlag & YesFlag & ShardFlag & { readonly to: string }): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const aim = parseAim('--to', flags.to, ['trim-horizon', 'timestamp'], (await io.machine()).clock.wallMs());
  const { json = false, dryRun = false } = flags;
  if (!dryRun) requireAnswer(io, flags, 'rewind');
  return withTable(io, config, async (table, stop): Promise<ExitCode> => {
    const progress = createProgress(io, `Looking for ${flags.to}`);
    const plan = await table.planRewind(aim, flags.shard, await table.list(stop), { onProgress: progress.at }, stop).finally(progress.end);
    const idle = dryRun || plan.moves.length === 0;
    if (!json) await io.out(planText(plan));
    if (!idle) {
      if (json && flags.yes !== true) io.err(planText(plan));
      if (!(await confirmed(io, flags, `Rewind ${plan.moves.length} leases? What is read again is written again.`, stop)))
        throw new CliError(1, 'Nothing was changed.');
      await carryOut(io, table, plan, stop);
    }
    if (json) await io.out(jsonText(planJson(plan, !idle)));
    else if (dryRun) await io.out('Nothing was written: this was a dry run.\n');
    else if (!idle) await io.out(`${plan.moves.length} leases were rewound. Workers go on from there.\n`);
    return 0;
  });
}
