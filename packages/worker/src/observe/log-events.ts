// The closed list of what a log line can be about: by name, at which levels, with which fields, how often. Types of the log and
// docs/reference/logs.md are made of it. It writes nothing.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a field holds, wherever it stands. Names tell units: `Ms` is milliseconds, and since 1970 where a moment is meant. */
export const logFields = {
  stream: 'the name of the stream that the line concerns, as configured or found',
  shard: 'the id of the shard that the line concerns',
  lease: 'the key of the shard’s row in the lease table',
  code: 'an [error code](errors.md), or one of the database or the system',
  untold: 'so many times the same happened since its last line, and was not told',
  from: 'what was before: an owner, a position, a state, a level',
  to: 'what comes next: an owner, a state, a level',
  reason: 'why, in a word; of a dead letter its error code',
  children: 'ids of the shards that follow',
  operation: 'what was asked of the lease table',
  outcome: '`stale`: somebody else was first; `failed`: no answer, or a refusal',
  forMs: 'how long it waits at most',
  leader: 'the worker that leads the fleet of the Java KCL',
  mode: 'the state in which that fleet’s table is',
  drainMs: 'how long it took to finish what was in hand',
  records: 'so many records',
  behindLatestMs: 'how far the answer lies behind the shard’s tip',
  retryInMs: 'until the next attempt',
  attempt: 'so many attempts have failed',
  sinceMs: 'since the first of these failures',
  fromMs: 'when what is missing began to arrive',
  toMs: 'when it ended',
  sink: 'the name of the database in the configuration; empty: the place of the dead letters',
  table: 'a table of the source',
  target: 'a table of the database',
  healed: 'rows that lay under a tombstone and were removed',
  forgotten: 'tombstones past their retention',
  count: 'so many dead letters',
  format: 'one of the [formats](formats/README.md)',
  of: '`records` or `changes`',
  came: 'so many were read or routed',
  decoded: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  ignored: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  applied: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  superseded: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  unresolved: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  filtered: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  dead_lettered: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  abandoned: 'so many with this outcome, as in `shardfold_records_total` and `shardfold_changes_total`',
  recordsRead: 'records that this worker has read, duplicates among them',
  recordsDecoded: 'of them, by outcome',
  recordsIgnored: 'of them, by outcome',
  recordsDeadLettered: 'of them, by outcome',
  recordsAbandoned: 'of them, by outcome',
  changesRouted: 'changes of the decoded records',
  changesApplied: 'of these, by outcome',
  changesSuperseded: 'of these, by outcome',
  changesUnresolved: 'of these, by outcome',
  changesFiltered: 'of these, by outcome',
  changesDeadLettered: 'of these, by outcome',
  changesAbandoned: 'of these, by outcome',
  url: 'where the page is',
  where: 'its name at its place',
  stack: 'where in the program it happened',
} as const;

export type LogField = keyof typeof logFields;

export interface LogEventEntry {
  /** The most harmless first. */
  readonly levels: readonly LogLevel[];
  /** One sentence. */
  readonly means: string;
  /** On every line of it. */
  readonly fields?: readonly LogField[];
  /** Where they are known or apply. */
  readonly maybe?: readonly LogField[];
  /** It may happen over and over, and is told at most once a minute for each of these. */
  readonly limitedTo?: string;
}

const shard = ['stream', 'shard'] as const;
/** Of a broken row the key need not say which shard it is of. */
const lease = { fields: ['lease'], maybe: ['stream', 'shard'] } as const;

export const logEvents = {
  'page-served': { levels: ['info'], means: 'The page, the probes and the metrics can be asked for.', fields: ['url'] },
  'log-level-changed': { levels: ['info'], means: 'SIGHUP came, and `log.level` was read again. It is written whatever the level.', fields: ['from', 'to'] },
  'reload-failed': { levels: ['error'], means: 'SIGHUP came, and the configuration cannot be read. Nothing changes.' },
  failed: { levels: ['error'], means: 'The worker cannot go on and ends.', maybe: ['code', 'stack'] },
  stopped: {
    levels: ['info'],
    means: 'The last line, but for `failed`: what became of all that this worker read. What is zero is left out.',
    maybe: [
      'recordsRead',
      'recordsDecoded',
      'recordsIgnored',
      'recordsDeadLettered',
      'recordsAbandoned',
      'changesRouted',
      'changesApplied',
      'changesSuperseded',
      'changesUnresolved',
      'changesFiltered',
      'changesDeadLettered',
      'changesAbandoned',
    ],
  },

  'coordinator-state': { levels: ['debug'], means: 'This member of the fleet does something else now.', fields: ['from', 'to'] },
  'peers-watched': {
    levels: ['warn'],
    means: 'A fleet of the Java KCL 3.x left its marks. The worker takes nothing until they have stood still.',
    fields: ['forMs'],
    maybe: ['leader', 'mode'],
  },
  'peers-appeared': { levels: ['error'], means: 'A leader of the Java KCL 3.x is at work on the lease table.', maybe: ['leader', 'mode'] },
  'peers-gone': { levels: ['info'], means: 'It is gone again.' },
  'lease-table-unreachable': {
    levels: ['error'],
    means: 'The lease table does not answer. Shards stop when their leases run out.',
    maybe: ['code', 'untold'],
    limitedTo: 'worker',
  },
  'lease-table-reached': { levels: ['info'], means: 'The lease table answers again.' },
  'lease-created': { levels: ['debug'], means: 'A shard has its first row in the lease table.', fields: [...lease.fields, 'from'], maybe: lease.maybe },
  'lease-requested': { levels: ['info'], means: 'This worker asked another for the lease.', fields: lease.fields, maybe: [...lease.maybe, 'from'] },
  'lease-taken': { levels: ['info'], means: 'The lease is this worker’s now.', fields: lease.fields, maybe: [...lease.maybe, 'from'] },
  'lease-released': {
    levels: ['debug', 'info'],
    means: 'This worker gave the lease back, or (`info`) to another that had asked for it.',
    fields: lease.fields,
    maybe: [...lease.maybe, 'to'],
  },
  'lease-lost': {
    levels: ['warn'],
    means: 'The lease went before what was in hand was done. Its next owner goes on from the last checkpoint.',
    fields: [...lease.fields, 'reason'],
    maybe: lease.maybe,
  },
  'lease-finished': { levels: ['info'], means: 'The shard is read to its end.', fields: [...lease.fields, 'children'], maybe: lease.maybe },
  'lease-removed': { levels: ['info'], means: 'The row of a finished shard was deleted.', ...lease },
  'lease-row-broken': {
    levels: ['error'],
    means: 'A row of the lease table cannot be read. Its shard waits. Once while it is so.',
    fields: lease.fields,
    maybe: [...lease.maybe, 'code'],
  },
  'lease-operation': {
    levels: ['debug'],
    means: 'A write to the lease table was not applied.',
    fields: [...lease.fields, 'operation', 'outcome'],
    maybe: [...lease.maybe, 'untold'],
    limitedTo: 'operation and outcome',
  },

  'shard-started': { levels: ['info'], means: 'The shard is being read.', fields: [...shard, 'from'] },
  'shard-stopped': {
    levels: ['info', 'error'],
    means: 'The shard is read here no more: given up, lost, finished, or (`error`, limited) failed.',
    fields: [...shard, 'reason'],
    maybe: ['drainMs', 'untold'],
    limitedTo: 'shard',
  },
  'batch-fetched': { levels: ['debug'], means: 'An answer with records.', fields: [...shard, 'records', 'behindLatestMs'] },
  'records-outside-shard': { levels: ['debug'], means: 'Records inside an aggregate belong to other shards.', fields: [...shard, 'records'] },
  'records-abandoned': { levels: ['info'], means: 'What was read ahead is left to the shard’s next owner.', fields: [...shard, 'records'] },
  'fetch-failed': {
    levels: ['warn'],
    means: 'The shard cannot be read now. It is tried again.',
    fields: [...shard, 'retryInMs'],
    maybe: ['code', 'untold'],
    limitedTo: 'shard',
  },
  'fetch-recovered': { levels: ['info'], means: 'The shard can be read again.', fields: shard },
  'batch-failed': {
    levels: ['error'],
    means: 'A batch was not processed. Nothing is skipped; it is tried again.',
    fields: [...shard, 'attempt', 'retryInMs'],
    maybe: ['code', 'untold'],
    limitedTo: 'shard',
  },
  'checkpoint-failed': {
    levels: ['warn'],
    means: 'The shard’s position was not saved. It is saved next time.',
    fields: shard,
    maybe: ['code', 'untold'],
    limitedTo: 'shard',
  },
  'gap-found': {
    levels: ['warn', 'error'],
    means: 'The stream forgot records before they were read; `warn`: if there were any.',
    fields: shard,
    maybe: ['fromMs', 'toMs'],
  },
  'listing-failed': {
    levels: ['warn'],
    means: 'The shards of a stream cannot be listed now.',
    fields: ['stream', 'retryInMs'],
    maybe: ['code', 'untold'],
    limitedTo: 'stream',
  },
  'stream-refused': { levels: ['error'], means: 'One of several streams cannot be read.', fields: ['stream'], maybe: ['code', 'untold'], limitedTo: 'stream' },
  'fan-out-refused': {
    levels: ['warn'],
    means: 'The shard is polled, as fan-out cannot be had.',
    fields: shard,
    maybe: ['code', 'untold'],
    limitedTo: 'stream',
  },
  'wire-changed': { levels: ['info'], means: 'Records are asked for as JSON from now on.' },
  'format-chosen': { levels: ['info'], means: 'The stream has records of this format. Once for each of its formats.', fields: ['stream', 'format'] },

  'sink-waiting': {
    levels: ['warn'],
    means: 'A database, a table of it or the place of the dead letters takes no writes. The worker waits.',
    fields: ['sink', 'attempt', 'sinceMs'],
    maybe: ['target', 'code', 'untold'],
    limitedTo: 'sink, and table that waits for a person',
  },
  'sink-recovered': { levels: ['info'], means: 'It takes writes again.', fields: ['sink'], maybe: ['target'] },
  'table-swept': { levels: ['debug'], means: 'Old tombstones of a table were looked through.', fields: ['sink', 'target', 'healed', 'forgotten'] },
  'sweep-failed': {
    levels: ['warn'],
    means: 'Old tombstones stay for now. Rows are written all the same.',
    fields: ['sink', 'target'],
    maybe: ['code', 'untold'],
    limitedTo: 'table',
  },
  'table-without-key': { levels: ['warn'], means: 'A table of the source has no key. Once for each table.', fields: [...shard, 'table'] },
  'dead-letter': {
    levels: ['warn'],
    means: 'A record or a change cannot be applied, and is kept.',
    fields: [...shard, 'sink', 'reason', 'count'],
    maybe: ['untold'],
    limitedTo: 'sink and reason',
  },
  'letter-unreadable': {
    levels: ['warn'],
    means: 'Among the dead letters lies something that is none.',
    fields: ['where'],
    maybe: ['untold'],
    limitedTo: 'thing that lies there',
  },
  'counts-off': {
    levels: ['error'],
    means: 'What was read is not what became of it: a defect.',
    fields: ['of', 'came'],
    maybe: ['decoded', 'ignored', 'applied', 'superseded', 'unresolved', 'filtered', 'dead_lettered', 'abandoned'],
  },
} as const satisfies Readonly<Record<string, LogEventEntry>>;

export type LogEvent = keyof typeof logEvents;

type EntryOf<Event extends LogEvent> = (typeof logEvents)[Event];
type Named<Entry, Key extends 'fields' | 'maybe'> = Entry extends { readonly [K in Key]: readonly (infer Field extends LogField)[] } ? Field : never;

/** Names of events that have lines of this level. */
export type EventAt<Level extends LogLevel> = { [Event in LogEvent]: Level extends EntryOf<Event>['levels'][number] ? Event : never }[LogEvent];

/** Those that are told once a minute at most. */
export type LimitedEvent = { [Event in LogEvent]: EntryOf<Event> extends { readonly limitedTo: string } ? Event : never }[LogEvent];

/** The fields of a line; plain data. */
export type FieldsOf<Event extends LogEvent> = { readonly [Field in Named<EntryOf<Event>, 'fields'>]: unknown } & {
  readonly [Field in Named<EntryOf<Event>, 'maybe'>]?: unknown;
};
