// The command line: names, flags, help; parse, call, exit code. What a command does is in the file of its name.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Override } from '../config/overrides.ts';
import { parseDurationMs } from '../config/units.ts';
import { explainConfig, printConfig, printSchema, validate } from './config-commands.ts';
import { decode, formats } from './decode.ts';
import { demo } from './demo.ts';
import { BrokenPipe, CliError, type CliIo } from './io.ts';
import { adoptLeases, listLeases } from './leases.ts';
import { run } from './run.ts';

const helpTail = `
Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration, 3 a check found
differences, 4 refused because it is held by someone, 130 interrupted.
Results go to stdout, logs to stderr.`;

function override(text: string, before: readonly Override[] = []): readonly Override[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as path=value, for example lease.duration=20s.');
  return [...before, { path: text.slice(0, at), value: text.slice(at + 1) }];
}

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('Write a duration, for example 30s.');
  return ms;
}

function rate(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100_000) throw new InvalidArgumentError('Write a number from 1 to 100000.');
  return number;
}

function withConfig(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration', 'shardfold.yaml')
    .option('--set <path=value>', 'override an option of it; may be given again and again', override);
}

const jsonFlag = ['--json', 'print JSON for machines'] as const;

/** `done` gets the exit code of the command that ran. */
function createProgram(io: CliIo, done: (code: number) => void): Command {
  const program = new Command('shardfold')
    .description('Folds change streams in Amazon Kinesis into tables.')
    .version(io.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: (text) => io.err(text) })
    .showHelpAfterError('Run "shardfold --help" for what there is.')
    .addHelpText('after', helpTail);
  const command = (under: Command, nameAndArguments: string, description: string): Command =>
    under.command(nameAndArguments).description(description).helpOption('-h, --help', 'print this help');

  withConfig(command(program, 'run', 'run the worker until it is told to stop'))
    .option('--until-caught-up', 'end with 0 when every shard has reached the tip it had at the start')
    .action(async (flags) => done(await run(io, flags)));
  withConfig(command(program, 'validate', 'check the configuration, without the network'))
    .option(...jsonFlag)
    .action(async (flags) => done(await validate(io, flags)));
  const config = command(program, 'config', 'show the configuration');
  withConfig(command(config, 'print', 'the effective configuration, secrets hidden'))
    .option(...jsonFlag)
    .action(async (flags) => done(await printConfig(io, flags)));
  withConfig(command(config, 'explain <path>', 'an option: its value, where it comes from, what it means'))
    .option(...jsonFlag)
    .action(async (path: string, flags) => done(await explainConfig(io, path, flags)));
  command(config, 'schema', 'the JSON Schema of shardfold.yaml').action(async () => done(await printSchema(io)));
  const leases = command(program, 'leases', 'look at the lease table, and take it over from another fleet');
  withConfig(command(leases, 'list', 'every lease: its owner, counter, position and parents'))
    .option(...jsonFlag)
    .action(async (flags) => done(await listLeases(io, flags)));
  withConfig(command(leases, 'adopt', 'take the table over from a Java KCL 3.x fleet that is gone, without the watch at the start'))
    .option('--multi-stream', "copy the rows to a multi-stream table's keys")
    .option('--dry-run', 'only say what --multi-stream would copy')
    .option(...jsonFlag)
    .action(async (flags) => done(await adoptLeases(io, flags)));
  command(program, 'formats', 'the wire formats, what they recognise, an example of each')
    .option(...jsonFlag)
    .action(async (flags) => done(await formats(io, flags)));
  command(program, 'decode [file]', 'records, one a line (JSON, base64, Kinesis or Lambda events) to change events as JSON lines')
    .option('--format <name>', 'the wire format', 'auto')
    .option('--stream <name>', 'name or ARN of the stream they came from, where the format takes the table from it')
    .action(async (file: string | undefined, flags) => done(await decode(io, file, flags)));
  command(program, 'demo', 'see it work: an embedded Kinesis, DynamoDB and PostgreSQL, a feed, two workers and the page')
    .option('--for <duration>', 'end by itself after so long', duration)
    .option('--rate <number>', 'records a second', rate, 500)
    .option('--sink <kind>', 'the database', 'postgres')
    .option('--no-page', 'do not print the address of the page')
    .action(async (flags) => done(await demo(io, flags)));
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
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof BrokenPipe) return 0;
    if (error instanceof CommanderError) code = error.exitCode === 0 ? 0 : 2;
    else if (error instanceof CliError) {
      io.err(`${error.message}\n`);
      return error.exitCode;
    } else throw error;
  }
  if (text !== '')
    await io.out(text).catch((error: unknown) => {
      if (!(error instanceof BrokenPipe)) throw error;
    });
  return code;
}
