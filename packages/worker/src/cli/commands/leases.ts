// `leases`.
import { command, examples, jsonFlag, type Registry, withConfig } from './registry.ts';

const code = () => import('../leases.ts');

export function registerLeases({ program, io, done }: Registry): void {
  const leases = command(program, 'leases', 'look at the lease table, give leases free, and take the table over from another fleet');
  withConfig(command(leases, 'list', 'every lease: its owner, counter, position, age, lag and parents'))
    .option(...jsonFlag)
    .addHelpText(
      'after',
      `
AGE is how old the newest record is that the position covers, LAG how far the
position is behind the newest record of its shard. A "<" before a position:
just before that record, which is not done.`,
    )
    .action(async (flags) => done(await (await code()).listLeases(io, flags)));
  withConfig(command(leases, 'show <id>', 'everything about one lease'))
    .option(...jsonFlag)
    .action(async (id: string, flags) => done(await (await code()).showLease(io, id, flags)));
  examples(
    withConfig(command(leases, 'release <id>', 'give a lease free whose worker is gone; refused (4) while the worker lives'))
      .option('--yes', 'do not ask')
      .option(...jsonFlag),
    ['shardfold leases release shardId-000000000003 --yes'],
  ).action(async (id: string, flags) => done(await (await code()).releaseLease(io, id, flags)));
  withConfig(command(leases, 'adopt', 'take the table over from a Java KCL 3.x fleet that is gone, without the watch at the start'))
    .option('--multi-stream', "copy the rows to a multi-stream table's keys")
    .option('--dry-run', 'only say what --multi-stream would copy')
    .option(...jsonFlag)
    .action(async (flags) => done(await (await code()).adoptLeases(io, flags)));
}
