// What a shell can complete, read from the tree of commands: names, options, and what stands behind an option. The text of each shell is
// in `completion-bash.ts` and `completion-zsh.ts`.
import type { Argument, Command, Option } from 'commander';
import { bashScript } from './completion-bash.ts';
import { zshScript } from './completion-zsh.ts';

export const shells = ['bash', 'zsh'] as const;
export type Shell = (typeof shells)[number];

export interface Word {
  readonly word: string;
  readonly about: string;
}

/** What stands behind an option or in an argument's place: `any` cannot be completed. */
export type Place = { readonly kind: 'file' | 'any' } | { readonly kind: 'words'; readonly words: readonly string[] };

export interface CompletedCommand {
  /** The words that call it; none for the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly Word[];
  readonly flags: readonly Word[];
  /** Flags that take a value. */
  readonly values: readonly { readonly flags: readonly string[]; readonly place: Place }[];
  readonly argument: Place;
}

const flagsOf = ({ short, long }: Option): readonly string[] => [short, long].filter((flag) => flag !== undefined && flag !== null);

function placeOf(name: string, choices: readonly string[] | undefined, paths: readonly string[]): Place {
  if (choices !== undefined) return { kind: 'words', words: choices };
  if (name === 'path') return { kind: 'words', words: paths };
  return { kind: name === 'file' ? 'file' : 'any' };
}

function commandOf(command: Command, path: readonly string[], paths: readonly string[]): CompletedCommand {
  const help = command.createHelp();
  const options = help.visibleOptions(command);
  const first: Argument | undefined = command.registeredArguments[0];
  return {
    path,
    commands: help.visibleCommands(command).map((each) => ({ word: each.name(), about: each.description() })),
    flags: options.flatMap((option) => flagsOf(option).flatMap((word) => (word.startsWith('--') ? [{ word, about: option.description }] : []))),
    values: options
      .filter((option) => option.required || option.optional)
      .map((option) => ({ flags: flagsOf(option), place: placeOf(/<(\w+)>/.exec(option.flags)?.[1] ?? '', option.argChoices, paths) })),
    argument: first === undefined ? { kind: 'any' } : placeOf(first.name(), first.argChoices, paths),
  };
}

function commandsOf(command: Command, path: readonly string[], paths: readonly string[]): readonly CompletedCommand[] {
  return [commandOf(command, path, paths), ...command.commands.flatMap((each) => commandsOf(each, [...path, each.name()], paths))];
}

/** `paths`: of the options of a configuration; those with a name of one's own cannot be completed. */
export function completionScript(shell: Shell, program: Command, paths: readonly string[]): string {
  const plain = paths.filter((path) => /^[A-Za-z.]+$/.test(path) && !path.includes('NAME'));
  const commands = commandsOf(program, [], plain);
  return shell === 'bash' ? bashScript(program.name(), commands) : zshScript(program.name(), commands);
}
