// Writes the page of the log's lines from the list of their events. A test compares the page with what would be written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, type LevelledLog } from '../../packages/worker/src/observe/log.ts';
import { type LogEventEntry, logEvents, logFields } from '../../packages/worker/src/observe/log-events.ts';
import { againMs, linesMax } from '../../packages/worker/src/observe/troubles.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const worker = 'orders-7d9c-1f6b03aa';

function example(format: 'json' | 'pretty', say: (log: LevelledLog) => void): string {
  let text = '';
  say(createLog({ worker, level: 'info', format, destination: { write: (line) => (text += line) } }));
  return text;
}

const place = { stream: 'orders', shard: 'shardId-000000000003' };
const start = (log: LevelledLog): void => log.info('shard-started', `Reading shard ${place.shard} of ${place.stream}`, { ...place, from: { kind: 'latest' } });

/** At a time that does not change with each writing. */
const jsonExample = example('json', start).replace(/"time":"[^"]*"/, '"time":"2026-11-22T07:31:38.123Z"');
const prettyExample = example('pretty', start).replace(/^\[[^\]]*\]/, '[07:31:38.123]');

const intro = `A worker writes its log to stderr, a line for each event, at once. \`log.format: json\` is for machines, and the default where stderr is no
terminal; \`pretty\` is for people. \`log.level\` is the least level that is written; SIGHUP reads it again.

\`\`\`json
${jsonExample}\`\`\`

\`\`\`text
${prettyExample}\`\`\`

Every line has \`level\`, \`time\` (UTC, as RFC 3339), \`worker\` (the owner in the lease table), \`event\` and \`msg\`: what happened, what the
worker does now, what a person can do. Lines that concern a stream or a shard name them. The names of events and fields below are an
interface; the words of \`msg\` are not.

Secrets are in no line. What comes from records, rows and errors is text: it ends no line and colours no terminal. In \`msg\`, and wherever
\`pretty\` shows it, a control character, a line separator or a mark of the direction of writing is written as \`\\u000a\`. Fields in JSON have
their values as they are.`;

const limits = `What goes on happening is told at once, and then at most every ${againMs / 1_000} seconds for each of what the list names. \`untold\` says how
often it happened in between. Of each of these events there are at most ${linesMax} lines in a minute, whatever they are of: a stream that is away
does not fill the disk for a thousand shards. When it is over, that is a line where its beginning was one, and the next time is told at
once. Metrics and the page count and show all of it.

The other lines come as often as their event: when leases move, when shards begin and end, once for each table or format. Lines of level
\`debug\` can be many: \`batch-fetched\` comes with every answer that has records.`;

const codes = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function entryText(name: string, { levels, means, fields = [], maybe = [], limitedTo }: LogEventEntry): string {
  const facts = [
    `- Level: ${codes(levels)}`,
    ...(fields.length === 0 ? [] : [`- Fields: ${codes(fields)}`]),
    ...(maybe.length === 0 ? [] : [`- Where known: ${codes(maybe)}`]),
    ...(limitedTo === undefined ? [] : [`- At most once a minute for each ${limitedTo}`]),
  ];
  return [`### \`${name}\``, means, facts.join('\n')].join('\n\n');
}

/** Those that mean the same in one line. */
function fieldList(): string {
  const byMeaning = Map.groupBy(Object.entries(logFields), ([, meaning]) => meaning);
  return [...byMeaning].map(([meaning, fields]) => `- ${codes(fields.map(([name]) => name))}: ${meaning}`).join('\n');
}

/** Texts by path from the root. */
export function logPages(): ReadonlyMap<string, string> {
  const entries: readonly (readonly [string, LogEventEntry])[] = Object.entries(logEvents);
  const parts = [
    '# Log lines',
    '<!-- Written by scripts/reference/logs.ts from the list of events. -->',
    intro,
    '## How often',
    limits,
    '## Fields',
    'Names that end in `Ms` are milliseconds, or a time in milliseconds since 1970.',
    fieldList(),
    '## Events',
    ...entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, entry]) => entryText(name, entry)),
  ];
  return new Map([['docs/reference/logs.md', `${parts.join('\n\n')}\n`]]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of logPages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
