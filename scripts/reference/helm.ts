// Writes what the Helm chart repeats from elsewhere: the table of its README from the comments of values.yaml, and in its schema the
// part `config`, which is the program's own JSON Schema. A test compares the files with what would be written.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const chart = 'deploy/helm/shardfold';
const begin = '<!-- Values: written by scripts/reference/helm.ts from values.yaml. -->';
const end = '<!-- End of the values. -->';

interface Value {
  readonly path: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** The last paragraph of the comment above a key; the file's first belongs to the file. */
function meaningOf(comment: string | null | undefined): string {
  const paragraph =
    (comment ?? '')
      .trim()
      .split(/\n\s*\n/)
      .at(-1) ?? '';
  return paragraph
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}

function valuesOf(map: YAMLMap, above: readonly string[], heading: string | null | undefined): readonly Value[] {
  return (map.items as readonly Pair[]).flatMap(({ key, value }, index): readonly Value[] => {
    if (!isScalar(key)) return [];
    const path = [...above, String(key.value)];
    const own = index === 0 ? (key.commentBefore ?? heading) : key.commentBefore;
    const meaning = meaningOf(own);
    // A block whose key says what it is, is one value; the others are told key by key.
    if (isMap(value) && value.items.length > 0 && meaning === '') return valuesOf(value, path, value.commentBefore);
    if (meaning === '') throw new Error(`values.yaml says nothing of ${path.join('.')}. Write a comment above it.`);
    return [{ path: path.join('.'), fallback: JSON.stringify(isScalar(value) ? value.value : (value as YAMLMap).toJSON()), meaning }];
  });
}

/** Columns as wide as their widest cell, as the formatter has them. */
function table(values: readonly Value[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = values.map(({ path, fallback, meaning }) => [`\`${path}\``, `\`${cell(fallback)}\``, cell(meaning)]);
  const heads = ['value', 'default', 'meaning'];
  const widths = heads.map((_, column) => Math.max(...[heads, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [heads, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}

function readme(): string {
  const document = parseDocument(readFileSync(join(root, chart, 'values.yaml'), 'utf8'));
  if (!isMap(document.contents)) throw new Error('values.yaml is no block of keys.');
  const text = readFileSync(join(root, chart, 'README.md'), 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md of the chart has lost its lines "${begin}" and "${end}". Put them back.`);
  return `${before}${begin}\n\n${table(valuesOf(document.contents, [], document.contents.commentBefore))}\n\n${end}${after}`;
}

function schema(): string {
  const program = spawnSync(process.execPath, [join(root, 'packages/worker/dist/main.js'), 'config', 'schema'], { encoding: 'utf8' });
  if (program.status !== 0) throw new Error(`\`shardfold config schema\` failed. Build first.\n${program.stderr}`);
  const { $schema: _, ...config } = JSON.parse(program.stdout) as Record<string, unknown>;
  const values = JSON.parse(readFileSync(join(root, chart, 'values.schema.json'), 'utf8')) as { properties: Record<string, unknown> };
  return `${JSON.stringify({ ...values, properties: { ...values.properties, config } }, null, 2)}\n`;
}

/** Texts by path from the root. */
export function helmFiles(): ReadonlyMap<string, string> {
  return new Map([
    [`${chart}/README.md`, readme()],
    [`${chart}/values.schema.json`, schema()],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const [path, text] of helmFiles()) writeFileSync(join(root, path), text);
