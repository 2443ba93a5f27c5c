// `tap`.
import { command, examples, jsonAnywayFlag, numberUpTo, type Registry, withConfig } from './registry.ts';

const code = () => import('../tap.ts');

const limitMax = 1_000_000_000;

function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

export function registerTap({ program, io, done }: Registry): void {
  examples(
    withConfig(command(program, 'tap', 'print the events of the streams as they come, without leases, until Ctrl-C'))
      .option('--shard <id>', 'only this shard; may be given again and again', listed)
      .option('--from <place>', 'latest, trim-horizon, a time, or the sequence number of the first record', 'latest')
      .option('--limit <number>', 'end after so many lines', numberUpTo(limitMax))
      .option('--raw', 'records as they came, for `shardfold decode`')
      .option(...jsonAnywayFlag),
    ['shardfold tap --from trim-horizon --limit 10', 'shardfold tap --from 2026-11-01T00:00:00Z --raw > records.jsonl'],
  ).action(async (flags) => done(await (await code()).tap(io, flags)));
}
