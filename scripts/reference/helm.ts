// Writes what the Helm chart and the manifests repeat from elsewhere: the table of the chart's README from the comments of values.yaml, in
// its schema the part `config`, which is the program's own JSON Schema, and the version of packages/worker. A test compares the files
// with what would be written.
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

interface JsonSchema {
  $schema?: string;
  minimum?: number;
  properties?: Record<string, JsonSchema>;
}

function schema(): string {
  const program = spawnSync(process.execPath, [join(root, 'packages/worker/dist/main.js'), 'config', 'schema'], { encoding: 'utf8' });
  if (program.status !== 0) throw new Error(`\`shardfold config schema\` failed. Build first.\n${program.stderr}`);
  const { $schema: _, ...config } = JSON.parse(program.stdout) as JsonSchema;
  // 0 is any free port to the program, and none to a container.
  const port = config.properties?.http?.properties?.port;
  if (port?.minimum !== 0) throw new Error('The schema of http.port begins with another number than 0. See what the chart may take.');
  port.minimum = 1;
  const values = JSON.parse(readFileSync(join(root, chart, 'values.schema.json'), 'utf8')) as { properties: Record<string, unknown> };
  return `${JSON.stringify({ ...values, properties: { ...values.properties, config } }, null, 2)}\n`;
}

/** Where the version stands: in the chart, in the image's tag, and in the command that builds the image. */
const versioned: readonly (readonly [path: string, places: RegExp])[] = [
  [`${chart}/Chart.yaml`, /(?<=^(?:version|appVersion): ).*$/gm],
  ['deploy/k8s/base/kustomization.yaml', /(?<=^ {4}newTag: ).*$/gm],
  ['deploy/k8s/overlays/local/kustomization.yaml', /(?<=ghcr\.io\/shardfold\/shardfold:)[\w.-]+/g],
  ['docs/guide/kubernetes.md', /(?<=ghcr\.io\/shardfold\/shardfold:)[\w.-]+/g],
];

function withVersion(path: string, places: RegExp): string {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/worker/package.json'), 'utf8')) as { readonly version: string };
  return readFileSync(join(root, path), 'utf8').replaceAll(places, version);
}

/** Texts by path from the root. */
export function helmFiles(): ReadonlyMap<string, string> {
  return new Map([
    [`${chart}/README.md`, readme()],
    [`${chart}/values.schema.json`, schema()],
    ...versioned.map(([path, places]) => [path, withVersion(path, places)] as const),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const [path, text] of helmFiles()) writeFileSync(join(root, path), text);
