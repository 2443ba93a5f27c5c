// The command line: parse, call, exit code. Names and flags of the commands are in `commands/`; what a command does is in the file of
// its name.
import { Command, CommanderError } from 'commander';
import { registerConfig } from './commands/config.ts';
import { registerLeases } from './commands/leases.ts';
import { registerPositions } from './commands/positions.ts';
import { registerRecords } from './commands/records.ts';
import type { Register } from './commands/registry.ts';
import { registerDemo, registerRun } from './commands/run.ts';
import { registerTap } from './commands/tap.ts';
import { registerDlq, registerDoctor } from './commands/upkeep.ts';
import { registerHelp } from './help.ts';
import { BrokenPipe, CliError, type CliIo } from './io.ts';

const helpTail = `
Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration, 3 a check found
differences, 4 refused because it is held by someone, 130 interrupted.
Results go to stdout, logs to stderr.`;

/** In the order that the help has them in. */
const registrations: readonly Register[] = [
  registerRun,
  registerConfig,
  registerLeases,
  registerPositions,
  registerTap,
  registerRecords,
  registerDlq,
  registerDoctor,
  registerDemo,
  registerHelp,
];

/** `done` gets the exit code of the command that ran. */
export function createProgram(io: CliIo, done: (code: number) => void): Command {
  const program = new Command('shardfold')
    .description('Folds change streams in Amazon Kinesis into tables.')
    .version(io.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: (text) => io.err(text) })
    .showHelpAfterError('Run "shardfold --help" for what there is.')
    .addHelpText('after', helpTail);
  for (const register of registrations) register({ program, io, done });
  return program;
}

/** Runs one command and answers with the exit code; a user's mistake is told on stderr, without a stack. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let code = 0;
  let text = '';
  const program = createProgram(io, (result) => {
    code = result;
  });
  program.configureOutput({ writeOut: (part) => (text += part) });
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(argv, { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError)) throw error;
      code = error.exitCode === 0 ? 0 : 2;
    });
    if (text !== '') await io.out(text);
    return code;
  } catch (error) {
    if (error instanceof BrokenPipe) return 0;
    if (!(error instanceof CliError)) throw error;
    io.err(`${error.message}\n`);
    return error.exitCode;
  }
}
