// Writes the page of the command line from the tree of commands: each one's own help. A test compares the page with what would be
// written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandPath, commandTree, helpText } from '../../packages/worker/src/cli/help.ts';
import type { CliIo } from '../../packages/worker/src/cli/io.ts';
import { createProgram } from '../../packages/worker/src/cli/program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const intro = `What \`shardfold help COMMAND\` prints, command by command. \`source <(shardfold completion bash)\` in \`~/.bashrc\` completes commands and
options; for zsh, \`shardfold completion zsh\` goes into a folder of \`$fpath\` as \`_shardfold\`.`;

function unused(): never {
  throw new Error('Help runs no command. This script is at fault.');
}

/** Nothing of a machine is in any help. */
const io: CliIo = {
  env: {},
  machine: unused,
  hostname: '',
  version: '',
  out: unused,
  err: unused,
  errIsTerminal: false,
  canAsk: false,
  ask: unused,
  stdin: unused,
  readText: unused,
  readBytes: unused,
  stopSignal: unused,
  onHangUp: unused,
};

/** Every command's words and help, the program itself first. */
export function helpTexts(): readonly { readonly path: readonly string[]; readonly text: string }[] {
  return commandTree(createProgram(io, unused)).map((command) => ({ path: commandPath(command), text: helpText(command) }));
}

/** Texts by path from the root. */
export function cliPages(): ReadonlyMap<string, string> {
  const parts = helpTexts().map(({ path, text }) => {
    const title = `${'#'.repeat(Math.min(path.length + 2, 3))} \`${['shardfold', ...path].join(' ')}\``;
    return [title, `\`\`\`text\n${text.trimEnd()}\n\`\`\``].join('\n\n');
  });
  const note = '<!-- Written by scripts/reference/cli.ts from the tree of commands. -->';
  return new Map([['docs/reference/cli.md', `${['# Command line', note, intro, ...parts].join('\n\n')}\n`]]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of cliPages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
