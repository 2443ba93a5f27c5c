// `checkpoint` and `rewind`.
import { command, examples, jsonAnywayFlag, jsonFlag, type Registry, withConfig } from './registry.ts';

const code = () => import('../positions.ts');

const dryRunFlag = ['--dry-run', 'only say what would be done'] as const;

function registerCheckpoint({ program, io, done }: Registry): void {
  const checkpoint = command(program, 'checkpoint', 'look at positions, set one, keep all and put them back; no worker may hold what is set');
  withConfig(command(checkpoint, 'get', 'where each lease stands'))
    .option('--shard <id>', 'only this lease, in full')
    .option(...jsonFlag)
    .action(async (flags) => done(await (await code()).getCheckpoints(io, flags)));
  examples(
    withConfig(command(checkpoint, 'set', 'where one lease goes on, forward or back'))
      .requiredOption('--shard <id>', 'the lease')
      .requiredOption('--to <place>', 'trim-horizon, latest, a time, or the sequence number of the last record that is done')
      .option(...dryRunFlag)
      .option(...jsonFlag),
    ['shardfold checkpoint set --shard shardId-000000000003 --to 2026-11-01T00:00Z'],
  ).action(async (flags) => done(await (await code()).setCheckpoint(io, flags)));
  examples(withConfig(command(checkpoint, 'export', 'every lease as a JSON line, for `checkpoint import`')).option(...jsonAnywayFlag), [
    'shardfold checkpoint export > leases.jsonl',
  ]).action(async (flags) => done(await (await code()).exportCheckpoints(io, flags)));
  examples(
    withConfig(command(checkpoint, 'import [file]', 'set every lease that is named on stdin or in the file, and make those that are missing'))
      .option(...dryRunFlag)
      .option(...jsonFlag),
    ['shardfold checkpoint import --dry-run leases.jsonl'],
  ).action(async (file: string | undefined, flags) => done(await (await code()).importCheckpoints(io, file, flags)));
}

export function registerPositions(registry: Registry): void {
  const { program, io, done } = registry;
  registerCheckpoint(registry);
  examples(
    withConfig(command(program, 'rewind', 'read everything again from a time on, or from the oldest record; no worker may run'))
      .requiredOption('--to <place>', 'trim-horizon or a time')
      .option('--shard <id>', 'only this shard, and those that follow it')
      .option(...dryRunFlag)
      .option('--yes', 'do not ask')
      .option(...jsonFlag),
    ['shardfold rewind --to 2026-11-01T00:00:00Z --dry-run', 'shardfold rewind --to trim-horizon --shard shardId-000000000003 --yes'],
  )
    .addHelpText(
      'after',
      `
Nothing goes forward: a shard that has not come as far stays where it is.
Shards that follow one that is read again are read again from their beginning.
A "<" before a position: just before that record. A ">" before a time: all
that arrives from then on.`,
    )
    .action(async (flags) => done(await (await code()).rewind(io, flags)));
}
