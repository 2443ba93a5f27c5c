// What a file of this folder needs to put its commands on the command line: each names commands and flags, and says which function
// runs them, from a file that is loaded when it runs. What a command does is in the file of its name, one folder up.
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Override } from '../../config/overrides.ts';
import { parseDurationMs } from '../../config/units.ts';
import type { CliIo } from '../io.ts';

export interface Registry {
  readonly program: Command;
  readonly io: CliIo;
  /** Gets the exit code of the command that ran. */
  done(code: number): void;
}

export type Register = (registry: Registry) => void;

export const jsonFlag = ['--json', 'print JSON for machines'] as const;
/** Taken, so that a script may give it to every command. */
export const jsonAnywayFlag = ['--json', 'changes nothing: JSON lines are printed anyway'] as const;

/** A command of its own, under `program` or under another command. */
export function command(under: Command, nameAndArguments: string, description: string): Command {
  return under.command(nameAndArguments).description(description).helpOption('-h, --help', 'print this help');
}

function override(text: string, before: readonly Override[] = []): readonly Override[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as path=value, for example lease.duration=20s.');
  return [...before, { path: text.slice(0, at), value: text.slice(at + 1) }];
}

export function withConfig(under: Command): Command {
  return under
    .option('-c, --config <file>', 'the configuration', 'shardfold.yaml')
    .option('--set <path=value>', 'override an option of it; may be given again and again', override);
}

/** Text of a flag to milliseconds. */
export function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('Write a duration, for example 30s.');
  return ms;
}

/** Text of a flag to a whole number from 1 on. */
export function numberUpTo(max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1 || number > max) throw new InvalidArgumentError(`Write a number from 1 to ${max}.`);
    return number;
  };
}

/** Lines of help after a command's options. */
export function examples(under: Command, lines: readonly string[]): Command {
  return under.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}
