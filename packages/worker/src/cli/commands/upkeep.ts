// `doctor` and `dlq`.
import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../../config/units.ts';
import type { Since } from '../dlq.ts';
import { command, examples, jsonFlag, numberUpTo, type Registry, withConfig } from './registry.ts';

const letters = () => import('../dlq.ts');
const examining = () => import('../doctor.ts');

const lettersMax = 1_000_000;

/** A time, or how long ago. */
function since(text: string): Since {
  const agoMs = parseDurationMs(text.replace(/^-/, ''));
  if (agoMs !== undefined) return { agoMs };
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw new InvalidArgumentError('Write a time or how long ago, for example 2026-11-01T00:00:00Z or 15m.');
  return { atMs };
}

export function registerDlq({ program, io, done }: Registry): void {
  const dlq = command(program, 'dlq', 'dead letters: look at them, replay them, discard them');
  const chosen = (nameAndArguments: string, description: string) =>
    withConfig(command(dlq, nameAndArguments, description))
      .option('--sink <name>', 'only those that were meant for this sink')
      .option('--code <code>', 'only those with this error code')
      .option('--since <time>', 'only those that failed since then: a time, or 15m for 15 minutes ago', since)
      .option('--limit <number>', 'so many at most', numberUpTo(lettersMax))
      .option(...jsonFlag);
  examples(
    chosen('list', 'the dead letters, 100 unless --limit says otherwise').action(async (flags) => done(await (await letters()).listLetters(io, flags))),
    ['shardfold dlq list --since 1h', 'shardfold dlq list --code ROW_WITHOUT_KEY --json'],
  );
  withConfig(command(dlq, 'show <id>', 'all of one; the beginning of its id will do'))
    .option(...jsonFlag)
    .action(async (id: string, flags) => done(await (await letters()).showLetter(io, id, flags)));
  examples(
    chosen('replay [id...]', 'send them the way of a live record again, with the version that they had; 3 when some stay: they fail again, or are filtered out')
      .option('--dry-run', 'only say what would be replayed')
      .option('--yes', 'do not ask')
      .action(async (ids: readonly string[], flags) => done(await (await letters()).replayLetters(io, ids, flags))),
    ['shardfold dlq replay --dry-run', 'shardfold dlq replay --sink main --since 2026-11-01T00:00:00Z --yes', 'shardfold dlq replay 3f2a9c'],
  );
  examples(
    chosen('discard [id...]', 'throw them away for good')
      .option('--all', 'every one')
      .option('--dry-run', 'only say what would be thrown away')
      .option('--yes', 'do not ask')
      .action(async (ids: readonly string[], flags) => done(await (await letters()).discardLetters(io, ids, flags))),
    ['shardfold dlq discard 3f2a9c', 'shardfold dlq discard --code NOT_JSON --yes'],
  );
}

export function registerDoctor({ program, io, done }: Registry): void {
  examples(
    withConfig(command(program, 'doctor', 'look at streams, permissions, clock, limits, lease table and databases; 3 when something is wrong'))
      .option(...jsonFlag)
      .action(async (flags) => done(await (await examining()).doctor(io, flags))),
    ['shardfold doctor', 'shardfold doctor --json'],
  );
}
