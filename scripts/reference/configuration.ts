// Writes the page of every option of `shardfold.yaml`, and the JSON Schema for editors, from the one schema. A test compares the files
// with what would be written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type Block, type Leaf, listOptions } from '../../packages/worker/src/config/options.ts';
import { configJsonSchema } from '../../packages/worker/src/config/schema.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = 'docs/reference';
const schemaFile = 'shardfold.schema.json';

const intro = `Every option of \`shardfold.yaml\`. \`shardfold validate\` checks a file without the network and tells all faults at once,
\`shardfold config print\` shows what is in force, \`shardfold config explain PATH\` where a value comes from. For an editor with a YAML
language server, [\`${schemaFile}\`](${schemaFile}) (also: \`shardfold config schema\`) goes into the file's first line:

\`\`\`yaml
# yaml-language-server: $schema=./${schemaFile}
\`\`\``;

const least = `## The least that works

\`\`\`yaml
application: orders-to-postgres
source:
  streams: [orders-cdc]
  start: trim-horizon
sinks:
  main:
    kind: postgres
    url: \${DATABASE_URL}
\`\`\``;

const layers = `## Where values come from

Each wins over those after it:

1. the flag \`--set PATH=VALUE\`, for example \`--set lease.duration=20s\`;
2. the environment variable named with the option: \`SHARDFOLD_\` and the path, with two underscores between its parts. In
   \`SHARDFOLD_SINKS__NAME__URL\`, NAME is the name in the file; of a list, 0 is the first entry. Case does not count, nor do single
   underscores. A variable that nearly is one, such as \`SHARDFOLD_LEASE_DURATION\`, is a fault; what resembles none is somebody else's;
3. the file;
4. the default.

In the file, \`\${NAME}\` is the environment variable NAME, \`\${NAME:default}\` says what it is where it is not set,
\`\${file:/run/secrets/password}\` is what that file holds, without its last line's end, and \`$\${\` are the signs themselves. A variable that is
not set, or set to nothing, and has no default is a fault, as is a file that is empty or cannot be read. Unknown keys are faults. What is
secret is shown by no command and in no log line.`;

const rules = `## Rules between options

- \`shutdown.drain\` and 10 s are at most \`shutdown.grace\`, where that is set: 5 s to give back leases and close connections, 5 s to spare.
- The times of a lease follow from \`lease.duration\`, so that no setting can break their order: it is renewed every half of it, a request to
  the lease table may take a tenth of it, and a worker that had no answer for 85 % of it stops by itself before others may take over.
- With several sinks, each entry of \`tables\` names its \`sink\`, and there is at least one entry.
- A \`source\` of \`tables\` stands there once.
- \`layout: columns\` is nothing for a sink of kind mongodb.
- The names in \`bookkeeping\` differ from each other, from \`key\` and from what \`columns.rename\` makes.
- \`deadLetters\` has the options of its \`kind\` and no others: \`path\` of file; \`bucket\`, \`prefix\`, \`region\` and \`endpoint\` of s3; \`queueUrl\`,
  \`region\` and \`endpoint\` of sqs.`;

/** As it stands in the file. */
function inFile(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}

function fallbackText({ fallback }: Leaf): string {
  if (fallback.kind === 'value') return `\`${inFile(fallback.value)}\``;
  return fallback.kind === 'required' ? 'none; it is required' : 'not set';
}

/** Throws where an option says nothing of itself. */
function described({ path, description }: Block | Leaf): string {
  if (description === undefined) throw new Error(`The option ${path} has no description. Write one in packages/worker/src/config/schema.ts.`);
  return description;
}

function optionText(option: Block | Leaf): string {
  const depth = option.path.includes('.') || option.kind === 'value' ? '###' : '##';
  const head = [`${depth} \`${option.path}\``, described(option)];
  if (option.kind === 'block') return head.join('\n\n');
  const name = option.path.split('.').at(-1) ?? option.path;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Type', option.secret ? `${option.type}; secret` : option.type],
    ['Unit', option.unit],
    ['Default', fallbackText(option)],
    ['Example', option.example === undefined ? undefined : `\`${inFile({ [name]: option.example }).replace(/^\{(.*)\}$/, '$1')}\``],
    ['Environment', option.variable === undefined ? undefined : `\`${option.variable}\``],
  ];
  const lines = facts.flatMap(([title, text]) => (text === undefined ? [] : [`- ${title}: ${text}`]));
  return [...head, lines.join('\n')].join('\n\n');
}

function page(): string {
  const options = listOptions();
  const alone = options.filter(({ kind, path }) => kind === 'value' && !path.includes('.'));
  const blocks = options.filter((option) => !alone.includes(option));
  const parts = [
    '# Configuration',
    '<!-- Written by scripts/reference/configuration.ts from the schema. -->',
    intro,
    least,
    layers,
    rules,
    '## The file itself',
    ...alone.map(optionText),
    ...blocks.map(optionText),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Texts by path from the root. */
export function configurationFiles(): ReadonlyMap<string, string> {
  return new Map([
    [`${folder}/configuration.md`, page()],
    [`${folder}/${schemaFile}`, `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of configurationFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
