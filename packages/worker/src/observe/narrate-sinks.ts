// What is said of the way of the changes: databases that are away, tables that need a person, dead letters, counts that are off. It
// knows no lease.
import { type OnUnreadable, SinkError } from '@shardfold/sinks';
import type { FlowEvent, Tally } from './events.ts';
import { type EventOf, type Narration, type Narrators, silent } from './narration.ts';
import { codeOf, told } from './troubles.ts';

type SinkKind = Exclude<FlowEvent['kind'], 'format-chosen'>;
type SweepKind = 'table-swept' | 'sweep-failed';
type ChangeKind = 'table-without-key' | 'dead-letter' | 'counts-off';
/** Numbers and states of `metrics` and `status`. */
type SilentKind = 'records' | 'changes-routed' | 'changes' | 'sink-write' | 'latency' | 'ask-begun';
type WaitKind = Exclude<SinkKind, SweepKind | ChangeKind | SilentKind>;

/** Whom one waits for, and how a line calls it. */
interface Awaited {
  readonly sink: string;
  readonly target?: string;
}

const nameOf = ({ sink, target }: Awaited): string => {
  if (target !== undefined) return `Table ${target} of sink ${sink}`;
  return sink === '' ? 'The place of the dead letters' : `Sink ${sink}`;
};

/** A database that is away is told in one line; a table that waits for a person has its own. */
function awaited({ sink, table, error }: EventOf<'sink-waiting'>): Awaited {
  return table !== undefined && error instanceof SinkError && !error.retryable ? { sink, target: table } : { sink };
}

function narrateWaits({ log, troubles }: Narration): Narrators<WaitKind> {
  return {
    'sink-waiting'(event) {
      const { error, attempt, sinceMs } = event;
      const whom = awaited(event);
      const telling = troubles.tell('sink-waiting', nameOf(whom));
      if (telling === undefined) return;
      const since = sinceMs < 1_000 ? '' : ` for ${Math.round(sinceMs / 1_000)} s`;
      log.warn(
        'sink-waiting',
        `${nameOf(whom)} cannot be written to${since}; the worker keeps its shards, waits and tries again. ${told(error, 'Check that the database runs and may be reached.')}`,
        { ...whom, attempt, sinceMs: Math.round(sinceMs), ...codeOf(error), ...telling },
      );
    },
    'sink-recovered'({ sink, table }) {
      const both: readonly Awaited[] = table === undefined ? [{ sink }] : [{ sink }, { sink, target: table }];
      for (const whom of both) if (troubles.over('sink-waiting', nameOf(whom))) log.info('sink-recovered', `${nameOf(whom)} can be written to again`, whom);
    },
    'ask-over'({ sink, table }) {
      if (table !== undefined) troubles.over('sink-waiting', nameOf({ sink, target: table }));
    },
  };
}

function narrateSweeps({ log, troubles }: Narration): Narrators<SweepKind> {
  return {
    'table-swept': ({ sink, target, healed, forgotten }) => log.debug('table-swept', `Swept ${target}`, { sink, target, healed, forgotten }),
    'sweep-failed'({ sink, target, error }) {
      const telling = troubles.tell('sweep-failed', `${sink} ${target}`);
      if (telling === undefined) return;
      log.warn(
        'sweep-failed',
        `Table ${target} could not be swept of old tombstones; rows are written all the same, and the worker tries again. ${told(error, 'If it goes on, look at the locks and grants of the table.')}`,
        { sink, target, ...codeOf(error), ...telling },
      );
    },
  };
}

function tallyText({ came, outcomes }: Tally): string {
  const each = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome.replace('_', '-')}`);
  return `${came} came, and of them were ${each.length === 0 ? 'none told of' : each.join(', ')}`;
}

function narrateChanges({ log, troubles }: Narration): Narrators<ChangeKind> {
  return {
    'table-without-key'({ shard: { stream, shardId: shard }, source: { schema, table: name }, keyless }) {
      const table = schema === undefined ? name : `${schema}.${name}`;
      const does =
        keyless === 'append'
          ? 'Inserts are appended by their place in the stream; updates and deletes are kept as dead letters.'
          : 'Its changes are kept as dead letters.';
      log.warn('table-without-key', `Table ${table} of stream ${stream} has no key. ${does} Name the key columns in tables[].key.`, { stream, shard, table });
    },
    'dead-letter'({ shard: { stream, shardId: shard }, sink, reason, count }) {
      const telling = troubles.tell('dead-letter', `${sink} ${reason}`);
      if (telling === undefined) return;
      log.warn(
        'dead-letter',
        `A record of shard ${shard} of ${stream} cannot be applied (${reason}). It is kept as a dead letter and the worker goes on; all of this kind are counted, and said once a minute. Look at them with \`shardfold dlq list\`, mend the cause and replay.`,
        { stream, shard, sink, reason, count, ...telling },
      );
    },
    'counts-off': ({ of, place, tally }) =>
      log.error(
        'counts-off',
        `The counts of ${of} ${place} do not add up: ${tallyText(tally)}. A change may have been skipped, or one counted twice; the worker goes on. Compare the tables with the source, and report it with this line.`,
        { of, came: tally.came, ...tally.outcomes },
      ),
  };
}

/** No event: it is found while letters are looked through. */
export function narrateUnreadable({ log, troubles }: Pick<Narration, 'log' | 'troubles'>): OnUnreadable {
  return ({ where, reason }) => {
    const telling = troubles.tell('letter-unreadable', where);
    if (telling === undefined) return;
    const words = `Among the dead letters lies something that is none (${where}: ${reason}). It is passed over and left there.`;
    log.warn('letter-unreadable', words, { where, ...telling });
  };
}

const unsaid: Narrators<SilentKind> = {
  records: silent,
  'changes-routed': silent,
  changes: silent,
  'sink-write': silent,
  latency: silent,
  'ask-begun': silent,
};

export function narrateSinks(narration: Narration): Narrators<SinkKind> {
  return { ...narrateWaits(narration), ...narrateSweeps(narration), ...narrateChanges(narration), ...unsaid };
}
