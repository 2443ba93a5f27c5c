// Writes the page of the error codes from their catalogue. A test compares the page with what would be written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { httpCodes, leaseCodes, sinkCodes, streamCodes } from './error-catalogue.ts';
import { type CodeEntry, decodeCodes, routeCodes, rowCodes } from './error-catalogue-records.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const intro = `Codes stand in [log lines](logs.md) (\`code\`), in dead letters (\`error_code\`), in \`shardfold_dead_letters_total{reason}\`, on the status page and
in what \`decode\` prints. They are never given another meaning. What an entry concerns is the most that stands still because of it. A dead
letter loses nothing: it holds the record's bytes, and \`shardfold dlq replay\` sends them the way of a live record again.`;

const serverCodes = `The codes of the database itself stand in dead letters as they are, the message with them: SQLSTATE of PostgreSQL (\`22P05\`: a text with NUL;
\`23502\`: a column that takes no NULL), error numbers of MySQL, MariaDB and MongoDB, names of SQLite (\`SQLITE_CONSTRAINT\`), error codes of
CrateDB. The rest of the group lands. Change the table or the source as the message says, and replay.`;

const sections: readonly {
  readonly title: string;
  readonly about: string;
  readonly codes: Readonly<Record<string, CodeEntry>>;
}[] = [
  { title: 'Records that cannot be read', about: 'Dead letters of stage `decode`.', codes: decodeCodes },
  { title: 'Changes that have no place', about: 'Dead letters of stage `route`.', codes: routeCodes },
  { title: 'Rows that a database does not take', about: `Dead letters of stage \`write\`. ${serverCodes}`, codes: rowCodes },
  { title: 'Databases', about: 'A database, or a place of dead letters, as a whole.', codes: sinkCodes },
  { title: 'Streams', about: 'Reading Kinesis and DynamoDB Streams.', codes: streamCodes },
  { title: 'The lease table', about: 'Who reads what, and from where.', codes: leaseCodes },
  { title: 'The port', about: 'Probes, metrics and the status page.', codes: httpCodes },
];

const scopes: Readonly<Record<CodeEntry['scope'], string>> = {
  record: 'this record',
  batch: 'a batch of a shard',
  shard: 'a shard',
  stream: 'a stream',
  sink: 'the shards that feed this database',
  worker: 'this worker',
  config: 'the configuration',
};

const retries: Readonly<Record<CodeEntry['retryable'], string>> = { yes: 'yes', no: 'no', depends: 'it depends; the message says' };

function entryText(code: string, { what, scope, retryable, does, remedy }: CodeEntry): string {
  const facts = [`- Concerns: ${scopes[scope]}`, `- Worth trying again unchanged: ${retries[retryable]}`, `- The program: ${does}`, `- You: ${remedy}`];
  return [`### \`${code}\``, what, facts.join('\n')].join('\n\n');
}

/** Texts by path from the root. */
export function errorPages(): ReadonlyMap<string, string> {
  const parts = sections.flatMap(({ title, about, codes }) => [
    `## ${title}`,
    about,
    ...Object.entries(codes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, entry]) => entryText(code, entry)),
  ]);
  const note = '<!-- Written by scripts/reference/errors.ts from their catalogue. -->';
  return new Map([['docs/reference/errors.md', `${['# Error codes', note, intro, ...parts].join('\n\n')}\n`]]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of errorPages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
