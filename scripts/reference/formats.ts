// Writes the pages of the change formats from the codecs themselves: what each is, its examples, and what becomes of them. A test
// compares the pages with what would be written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Codec, type CodecExample, codecs, describeDecoded, rawRecord } from '@shardfold/changes';

const root = fileURLToPath(new URL('../../', import.meta.url));
const note = '<!-- Written by scripts/reference/formats.ts from the codecs. -->';

function exampleText(codec: Codec, example: CodecExample): string {
  const { title, text, ...place } = example;
  const decoded = codec.decode(rawRecord({ ...place, bytes: new TextEncoder().encode(text) }));
  return [`### ${title}`, '', '```text', text, '```', '', 'becomes', '', '```text', ...describeDecoded(decoded), '```'].join('\n');
}

function page(codec: Codec): string {
  return `${[`# ${codec.name}`, note, codec.about, '## Examples', ...codec.examples.map((example) => exampleText(codec, example))].join('\n\n')}\n`;
}

/** Texts by path from the root. */
export function formatPages(): ReadonlyMap<string, string> {
  const index = codecs.map(({ name, about }) => `- [${name}](${name}.md): ${about}`);
  const pages = codecs.map((codec) => [`docs/reference/formats/${codec.name}.md`, page(codec)] as const);
  return new Map([['docs/reference/formats/README.md', `${['# Change formats', note, index.join('\n')].join('\n\n')}\n`], ...pages]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of formatPages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
