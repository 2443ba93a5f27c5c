// Writes the page of types from the sinks' and the codecs' own code: which column each sort of value gets in each database, what a
// document holds of it, what keys are made of, and what becomes of the types of each source. A test compares the page with what
// would be written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Value, valueToJson } from '@shardfold/changes';
import { type Database, databases, outcome, type Stored } from './type-targets.ts';
import { keyValues, type NamedValue, type SourceColumns, sources, values } from './type-values.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = 'docs/reference/types.md';
const withColumns = databases.filter(({ columns }) => columns !== undefined);
const kinds = ['boolean', 'integer', 'number', 'text', 'binary', 'json'] as const;
const keyKinds = ['text', 'number', 'integer', 'binary', 'boolean'] as const;

const intro = `What a value of a source becomes in each database. A value keeps all its digits and characters. Where a type of the database would
change it, it is not put there: in the layout \`columns\` it goes to the JSON column \`_extra\`, and in JSON of MySQL and CrateDB a
number that neither a double nor an int64 holds becomes text, in MongoDB one of more than 34 digits. What no place of the row can hold makes the row
a dead letter.`;

const columnsNote = `Layout \`columns\` adds a column when an attribute first has a value, by that value's kind. NULL and attributes that are left out add
none. The last row is a column that was made for integers, and what it becomes when a fraction comes. MongoDB has no columns.`;

const valuesNote = `The column that a value gets where there is none yet, and how it is written there if that is not as it is. \`_extra\` means: the
column, if there is one, would change the value, so it stands in \`_extra\` under the attribute's name. Lists and sets are JSON lists, sets sorted.`;

const documentNote = 'The value in the JSON of the column `data`; in MongoDB the BSON type of the field.';

const keysNote = `A key's column takes one sort of value; any other makes the change a dead letter. The worker makes keys of numbers \`number\`;
\`integer\` is for programs that use the sinks by themselves. The parts of a MySQL key share the 3,072 bytes of an index.`;

const sourcesNote = `What a column or attribute of a source comes as, and where it goes: the new column of layout \`columns\`, and the BSON type in MongoDB.
Dates and times are text in every format; a column that you made yourself as \`timestamp\` or \`date\` takes it, and the server casts.`;

/** Longer runs of digits would make the tables unreadable. */
const maxDigits = 20;

function shortened(text: string): string {
  return text.replaceAll(/[\d.]+/g, (digits) => (digits.length > maxDigits ? `${digits.slice(0, 8)}…` : digits));
}

function code(text: string): string {
  // A cell ends at a bar, and a code span at the first back quote.
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** Without character set, collation and storage. */
function typeName(ddl: string): string {
  return code(ddl.replace(/ (?:character set|collate|index) .*$/i, ''));
}

/** Nothing is said of a text that is the value's own. */
function cell(stored: Stored | undefined, value: Value): string {
  if (stored === undefined) return '';
  switch (stored.kind) {
    case 'null':
      return code('NULL');
    case 'refused':
      return `dead letter ${code(stored.code)}`;
    case 'extra':
      return `${code('_extra')}: ${code(shortened(stored.text))}`;
    default: {
      const { type, text } = stored;
      const isOwn = text === undefined || (!(value instanceof Uint8Array) && text === valueToJson(value, { numbers: 'exact' }));
      return isOwn ? typeName(type) : `${typeName(type)}: ${code(shortened(text ?? ''))}`;
    }
  }
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function named({ name, value }: NamedValue): string {
  const text = valueToJson(value, { numbers: 'exact' });
  return name === text || `"${name}"` === text ? code(name) : `${name} ${code(text)}`;
}

function columnTable(): string {
  const rows = kinds.map((kind) => [kind, ...withColumns.map(({ columns }) => (columns === undefined ? '' : code(columns.kinds[kind])))]);
  const fraction = 1.5;
  const widened = ['integer, then `1.5` comes', ...withColumns.map(({ columns }) => cell(columns?.storedBesideIntegers(fraction), fraction))];
  return table(['kind', ...withColumns.map(({ name }) => name)], [...rows, widened]);
}

function valueTable(): string {
  const rows = values.map((each) => [named(each), ...withColumns.map((database) => cell(outcome(database, 'columns', each), each.value))]);
  return table(['value', ...withColumns.map(({ name }) => name)], rows);
}

/** Where fields have no types of their own, the type is the same for all. */
function documentCell(database: Database, each: NamedValue): string {
  const stored = outcome(database, 'document', each);
  return stored?.kind === 'column' && stored.text !== undefined ? code(shortened(stored.text)) : cell(stored, each.value);
}

function documentTable(): string {
  const rows = values.map((each) => [each.name, ...databases.map((database) => documentCell(database, each))]);
  const columns = databases.map(({ name, document }) => {
    const stored = document(true);
    return name === 'MongoDB' || stored.kind !== 'column' ? name : `${name} (${code(stored.type)})`;
  });
  return table(['value', ...columns], rows);
}

function keyTable(): string {
  const types = keyKinds.map((kind) => [kind, ...databases.map(({ keyTypes }) => code(keyTypes([kind]).join(', ')))]);
  const two = ['text and text', ...databases.map(({ keyTypes }) => keyTypes(['text', 'text']).map(typeName).join(', '))];
  return table(['key', ...databases.map(({ name }) => name)], [...types, two]);
}

function keyValueTable(): string {
  const rows = keyValues.map((each) => [`${each.type}: ${named(each)}`, ...databases.map((database) => cell(outcome(database, each.type, each), each.value))]);
  return table(['value', ...databases.map(({ name }) => name)], rows);
}

function sourceCell(database: Database, value: Value): string {
  return cell(database.columns === undefined ? database.document(value) : database.columns.stored(value), value);
}

function sourceTable({ codec, columns }: SourceColumns): string {
  const rows = columns.map(({ type, wire, value }) => [
    type,
    code(wire),
    code(shortened(valueToJson(value, { numbers: 'exact' }))),
    ...databases.map((database) => sourceCell(database, value)),
  ]);
  return [`### ${codec}`, table(['at the source', 'on the stream', 'value', ...databases.map(({ name }) => name)], rows)].join('\n\n');
}

/** Texts by path from the root. */
export function typePages(): ReadonlyMap<string, string> {
  const parts = [
    '# Types',
    '<!-- Written by scripts/reference/types.ts from the sinks and the codecs. -->',
    intro,
    '## New columns',
    columnsNote,
    columnTable(),
    '## Values in columns',
    valuesNote,
    valueTable(),
    '## Values in documents',
    documentNote,
    documentTable(),
    '## Keys',
    keysNote,
    keyTable(),
    keyValueTable(),
    '## Types of the sources',
    sourcesNote,
    ...sources.map(sourceTable),
  ];
  return new Map([[path, `${parts.join('\n\n')}\n`]]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of typePages()) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}
