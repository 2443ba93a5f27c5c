// `help` and `completion`, and what every command's help has: a width, and examples. It knows commands only as the tree that they are.
import { Argument, type Command } from 'commander';
import { nearest } from '../config/near.ts';
import { command, examples, jsonFlag, type Registry } from './commands/registry.ts';
import { completionScript, type Shell, shells } from './completion.ts';
import { helpExamples } from './help-examples.ts';
import { CliError } from './io.ts';

const columnsMax = 80;

/** Under the program's own name, which is not in the path. */
export function commandPath(under: Command): readonly string[] {
  return under.parent === null ? [] : [...commandPath(under.parent), under.name()];
}

/** A command and all under it, parents first. */
export function commandTree(under: Command): readonly Command[] {
  return [under, ...under.commands.flatMap(commandTree)];
}

/** As it is printed to a terminal of 80 columns, without colours. */
export function helpText(of: Command): string {
  const before = of.configureOutput();
  let text = '';
  of.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => columnsMax, getOutHasColors: () => false });
  of.outputHelp();
  of.configureOutput(before);
  return text;
}

/** A command as machines read it, and all under it. */
function helpJson(of: Command): unknown {
  const help = of.createHelp();
  return {
    command: ['shardfold', ...commandPath(of)].join(' '),
    description: of.description(),
    arguments: of.registeredArguments.map((each) => ({
      name: each.name(),
      description: each.description,
      required: each.required,
      variadic: each.variadic,
      choices: each.argChoices ?? null,
    })),
    options: help.visibleOptions(of).map((each) => ({
      flags: each.flags,
      description: each.description,
      required: each.mandatory,
      default: each.defaultValue ?? null,
      choices: each.argChoices ?? null,
    })),
    commands: help.visibleCommands(of).map(helpJson),
  };
}

function found(program: Command, words: readonly string[]): Command {
  let here = program;
  for (const [at, word] of words.entries()) {
    const next = here.commands.find((each) => each.name() === word);
    if (next === undefined) {
      const names = here.commands.map((each) => each.name());
      const meant = nearest(word, names);
      const advice = meant === undefined ? (names.length === 0 ? 'It has no commands of its own.' : `Known: ${names.join(', ')}.`) : `Did you mean "${meant}"?`;
      throw new CliError(2, `There is no command "${words.slice(0, at + 1).join(' ')}". ${advice}`);
    }
    here = next;
  }
  return here;
}

/** Registers last: it completes what the others have registered. */
export function registerHelp({ program, io, done }: Registry): void {
  command(program, 'help [command...]', 'print the help of a command')
    .option(...jsonFlag)
    .action(async (words: readonly string[], { json }) => {
      const of = found(program, words);
      if (json === true) await io.out(`${JSON.stringify(helpJson(of), null, 2)}\n`);
      else of.outputHelp();
      done(0);
    });
  command(program, 'completion', 'print what makes a shell complete commands and options; load it at the start of the shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .option('--json', 'print it as the text of a JSON object')
    .action(async (shell: Shell, { json }) => {
      const { listOptions } = await import('../config/options.ts');
      const paths = listOptions().map(({ path }) => path);
      const script = completionScript(shell, program, paths);
      await io.out(json === true ? `${JSON.stringify({ shell, script })}\n` : script);
      done(0);
    });
  for (const each of commandTree(program).slice(1)) {
    each.helpCommand(false);
    const own = helpExamples[commandPath(each).join(' ')];
    if (own !== undefined) examples(each, own);
  }
}
