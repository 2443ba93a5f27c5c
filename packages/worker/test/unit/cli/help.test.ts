// The help of every command: reached in both ways, with an example that the program takes, within 80 columns.
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { commandPath, commandTree, helpText } from '../../../src/cli/help.ts';
import { helpExamples } from '../../../src/cli/help-examples.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { cli, testIo } from '../../support/cli.ts';

const program = createProgram(testIo({}), () => undefined);
const commands = commandTree(program)
  .filter((each) => each !== program)
  .map((each) => ({ name: commandPath(each).join(' '), command: each }));

test('the walk finds commands of both depths', () => {
  const names = commands.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['run', 'config explain', 'dlq replay', 'help', 'completion']));
  expect(Object.keys(helpExamples).filter((name) => !names.includes(name))).toEqual([]);
});

test.each(commands)('$name: `help` and `--help` say the same, with one list of examples', async ({ name, command }) => {
  const text = helpText(command);
  expect(await cli(['help', ...name.split(' ')])).toEqual({ code: 0, out: text, err: '' });
  expect(await cli([...name.split(' '), '--help'])).toEqual({ code: 0, out: text, err: '' });
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text.match(/^Examples:$/gm)).toHaveLength(1);
});

/** The words of each command of a pipeline, without where its output goes. */
function stagesOf(line: string): readonly (readonly string[])[] {
  return line
    .replace(/^source <\(|\)$/g, '')
    .split(' | ')
    .map((stage) => stage.replace(/ > .*/, '').split(' ').slice(1));
}

const examples = commands.flatMap(({ name, command }) => {
  const [, lines = ''] = /^Examples:\n((?: {2}.*\n?)+)/m.exec(helpText(command)) ?? [];
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ name, example: line.trim() }));
});

/** The tree as it is, but that nothing is run. */
function parsedBy(words: readonly string[]): string {
  const ran: string[] = [];
  const dry = createProgram(testIo({}), () => undefined);
  for (const each of commandTree(dry)) {
    each.exitOverride().configureOutput({ writeErr: () => undefined });
    if (each.commands.length === 0) each.action(() => void ran.push(`${commandPath(each).join(' ')} `));
  }
  dry.parse(words, { from: 'user' });
  return ran.join();
}

test.each(examples)('$name: `$example` is right usage', ({ name, example }) => {
  expect(stagesOf(example).map(parsedBy)).toContainEqual(expect.stringMatching(new RegExp(`^${name} `)));
});

test.each(commands.filter(({ command }) => command.commands.length === 0))('$name takes --json', ({ command }) => {
  expect(command.options.filter(({ long }) => long === '--json')).toHaveLength(1);
});

interface HelpJson {
  readonly command: string;
  readonly description: string;
  readonly arguments: readonly { readonly name: string }[];
  readonly options: readonly { readonly flags: string; readonly default: unknown }[];
  readonly commands: readonly HelpJson[];
}

test('help --json is the tree of commands', async () => {
  const { code, out, err } = await cli(['help', '--json']);
  expect([code, err]).toEqual([0, '']);
  const named = ({ command, commands: under }: HelpJson): readonly string[] => [command, ...under.flatMap(named)];
  expect(named(JSON.parse(out))).toEqual(['shardfold', ...commands.map(({ name }) => `shardfold ${name}`)]);
  const decode: HelpJson = JSON.parse((await cli(['help', 'decode', '--json'])).out);
  expect(decode).toMatchObject({ command: 'shardfold decode', arguments: [{ name: 'file', required: false }], commands: [] });
  expect(decode.options).toContainEqual({ flags: '--format <name>', description: 'the wire format', required: false, default: 'auto', choices: null });
});

test('help without a command is the help of the program', async () => {
  expect((await cli(['help'])).out).toBe((await cli(['--help'])).out);
});

test.each([
  [['help', 'vlidate'], 'There is no command "vlidate". Did you mean "validate"?\n'],
  [['help', 'config', 'x'], 'There is no command "config x". Known: print, explain, schema.\n'],
  [['help', 'run', 'x'], 'There is no command "run x". It has no commands of its own.\n'],
])('%j is wrong usage', async (argv, err) => {
  expect(await cli(argv)).toEqual({ code: 2, out: '', err });
});

test('the text of help is for 80 columns and has no colours, wherever it is made', () => {
  const wide = new Command('wide').description('word '.repeat(40)).configureOutput({ getOutHelpWidth: () => 300, getOutHasColors: () => true });
  expect(
    Math.max(
      ...helpText(wide)
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80);
  expect(wide.configureOutput().getOutHelpWidth?.()).toBe(300);
});
