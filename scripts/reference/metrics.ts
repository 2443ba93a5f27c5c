// Writes the page of the metrics from the registry as a worker fills it: names, types, labels with their values, help, buckets. A test
// compares the page with what would be written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { labels } from '../../packages/worker/src/observe/labels.ts';
import { createMetrics } from '../../packages/worker/src/observe/metrics.ts';
import { createSeries } from '../../packages/worker/src/observe/series.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const prefix = 'shardfold_';
/** Stands for a name in the configuration. */
const named = { stream: 'STREAM', sink: 'SINK' } as const;

const intro = `What \`/metrics\` answers, in Prometheus text, and in OpenMetrics when that is asked for. Every name begins with \`${prefix}\`, units are
seconds and bytes, and counters are there from the start at zero. Series of a shard go when the worker gives it up. Beside these are the
metrics of the process and of Node, whose names begin with \`process_\` and \`nodejs_\`.`;

const labelNote = `- \`stream\`: a stream's name, as configured
- \`shard\`: a shard's id; only shards that this worker holds
- \`sink\`: a sink's name, as configured; \`none\` for changes that no sink takes
- \`reason\` of dead letters: an [error code](errors.md), the program's own or the database's; beyond 50 of them \`other\`
- \`version\`, \`node\`: of the program and of Node

Where another label has a fixed set of values, they stand with the metric.`;

type Outcome<Kind extends 'recordOutcomes' | 'changeOutcomes'> = (typeof labels)[Kind][number];

const ofRecords: Readonly<Record<Outcome<'recordOutcomes'>, string>> = {
  decoded: 'read as changes, which are counted below',
  ignored: 'nothing to apply by its format: a heartbeat, a transaction boundary, a tombstone of Debezium',
  dead_lettered: 'not readable, kept as a dead letter',
  abandoned: 'the lease went first; the next owner reads it again',
};

const ofChanges: Readonly<Record<Outcome<'changeOutcomes'>, string>> = {
  applied: 'written',
  superseded: 'older than what the row has, or followed by another change of the row in the same group',
  unresolved: 'written or superseded: this database does not say which',
  filtered: 'left out by the configuration',
  dead_lettered: 'refused by the router or the database, kept as a dead letter',
  abandoned: 'the lease went first, and the next owner reads it again; or its batch failed, and the change counts anew when that is tried again',
};

const outcomeNote = `At any quiet moment the records of \`${prefix}records_total\` are those of \`${prefix}fetch_records_total\`, and every change of a decoded
record is in one outcome of \`${prefix}changes_total\`. A worker compares the two at every drain: \`${prefix}counts_off_total\`.`;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function outcomeList(outcomes: Readonly<Record<string, string>>): string {
  return Object.entries(outcomes)
    .map(([name, meaning]) => `- \`${name}\`: ${meaning}`)
    .join('\n');
}

/** The client's types do not show what a metric was made with. */
function metrics(): readonly Metric[] {
  return Object.values(createSeries([])).map((series) => {
    const field = (name: string): unknown => Reflect.get(series, name);
    return {
      name: String(field('name')),
      help: String(field('help')),
      type: series.constructor.name.toLowerCase(),
      labels: strings(field('labelNames')).filter((label) => label !== 'le'),
      buckets: strings(field('upperBounds')).map(Number),
    };
  });
}

/** `name label` to the values that are there from the start. */
async function valuesAtStart(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const idle = { worker: 'w', state: 'running', reached: true, settled: true, leases: [], shards: [], inFlightBytes: 0, loops: [] } as const;
  const { body } = await createMetrics({ version: '0', streams: [named.stream], sinks: [named.sink] }).render(idle, false);
  const values = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of body.matchAll(/^(\w+)\{(.*)\} /gm)) {
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      const place = `${name.replace(/_(bucket|sum|count)$/, '')} ${label}`;
      values.set(place, (values.get(place) ?? new Set()).add(value));
    }
  }
  return values;
}

const open = new Set(['stream', 'shard', 'sink', 'version', 'node']);

function entryText(metric: Metric, values: ReadonlyMap<string, ReadonlySet<string>>): string {
  const labels = metric.labels.map((label) => {
    const fixed = open.has(label) || metric.name.includes('dead_letters') ? [] : [...(values.get(`${metric.name} ${label}`) ?? [])];
    return fixed.length === 0 ? `\`${label}\`` : `\`${label}\` (${fixed.join(', ')})`;
  });
  const facts = [
    `- Type: ${metric.type}`,
    ...(labels.length === 0 ? [] : [`- Labels: ${labels.join('; ')}`]),
    ...(metric.buckets.length === 0 ? [] : [`- Buckets: ${metric.buckets.join(', ')}`]),
  ];
  return [`### \`${metric.name}\``, metric.help, facts.join('\n')].join('\n\n');
}

/** Texts by path from the root. */
export async function metricPages(): Promise<ReadonlyMap<string, string>> {
  const values = await valuesAtStart();
  const all = metrics().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const parts = [
    '# Metrics',
    '<!-- Written by scripts/reference/metrics.ts from the registry. -->',
    intro,
    '## Labels',
    labelNote,
    '## Outcomes',
    outcomeNote,
    'A record is',
    outcomeList(ofRecords),
    'A change is',
    outcomeList(ofChanges),
    '## The list',
    ...all.map((each) => entryText(each, values)),
  ];
  return new Map([['docs/reference/metrics.md', `${parts.join('\n\n')}\n`]]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await metricPages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
