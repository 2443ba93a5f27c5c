// Events of each kind, and which lines are said of them.
import { SinkError } from '@shardfold/sinks';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import type { LogEvent } from '../../../src/observe/log-events.ts';
import type { EventKind, EventOf } from '../../../src/observe/narration.ts';
import { shard } from './support.ts';

const error = new Error('Odd.');
const coded = Object.assign(new Error('Odd.'), { code: 'ODD' });
const denied = new SinkError('SINK_DENIED', 'No grant.', { retryable: false });
const java = { leader: { owner: 'java-1', beat: '1', leaseDurationMs: 1 }, mode: 'CLIENT_VERSION_3X', metrics: [] };
const retryInMs = 1_000;
const read: EventOf<'batch-fetched'> = { kind: 'batch-fetched', shard, records: 0, bytes: 0, behindLatestMs: 0 };

export type Sample<Kind extends EventKind = EventKind> = readonly [event: EventOf<Kind>, said: readonly LogEvent[], before?: readonly WorkerEvent[]];

/** A kind without a line has none here either. */
export const samples: { readonly [Kind in EventKind]: readonly Sample<Kind>[] } = {
  'coordinator-state': [[{ kind: 'coordinator-state', from: 'joining', to: 'working' }, ['coordinator-state']]],
  'lease-operation': [
    [{ kind: 'lease-operation', operation: 'renew', outcome: 'applied', key: 'k' }, []],
    [{ kind: 'lease-operation', operation: 'renew', outcome: 'stale', key: 'k' }, ['lease-operation']],
  ],
  'lease-created': [[{ kind: 'lease-created', key: 'k', position: { kind: 'latest' } }, ['lease-created']]],
  'lease-taken': [[{ kind: 'lease-taken', key: 'k', from: 'w-2' }, ['lease-taken']]],
  'lease-requested': [[{ kind: 'lease-requested', key: 'k', from: 'w-2' }, ['lease-requested']]],
  'lease-lost': [[{ kind: 'lease-lost', key: 'k', reason: 'fenced' }, ['lease-lost']]],
  'lease-released': [
    [{ kind: 'lease-released', key: 'k', to: undefined }, ['lease-released']],
    [{ kind: 'lease-released', key: 'k', to: 'w-2' }, ['lease-released']],
  ],
  'lease-finished': [[{ kind: 'lease-finished', key: 'k', children: ['a'] }, ['lease-finished']]],
  'lease-removed': [[{ kind: 'lease-removed', key: 'k' }, ['lease-removed']]],
  'lease-row-broken': [[{ kind: 'lease-row-broken', key: 'k', error: coded }, ['lease-row-broken']]],
  'peers-watched': [[{ kind: 'peers-watched', peers: java, forMs: 1 }, ['peers-watched']]],
  'peers-appeared': [[{ kind: 'peers-appeared', peers: java }, ['peers-appeared']]],
  'peers-gone': [[{ kind: 'peers-gone' }, ['peers-gone']]],
  'lease-table-unreachable': [[{ kind: 'lease-table-unreachable', error: coded }, ['lease-table-unreachable']]],
  'lease-table-reached': [
    [{ kind: 'lease-table-reached' }, []],
    [{ kind: 'lease-table-reached' }, ['lease-table-reached'], [{ kind: 'lease-table-unreachable', error }]],
  ],
  'shard-started': [[{ kind: 'shard-started', shard, from: { kind: 'latest' } }, ['shard-started']]],
  'shard-stopped': [
    [{ kind: 'shard-stopped', shard, reason: 'released', drainMs: 1 }, ['shard-stopped']],
    [{ kind: 'shard-stopped', shard, reason: 'failed' }, ['shard-stopped']],
  ],
  'batch-fetched': [
    [read, []],
    [{ ...read, records: 1 }, ['batch-fetched']],
    [read, ['fetch-recovered'], [{ kind: 'fetch-failed', shard, error, retryInMs }]],
  ],
  'records-abandoned': [[{ kind: 'records-abandoned', shard, records: 1 }, ['records-abandoned']]],
  'records-outside-shard': [[{ kind: 'records-outside-shard', shard, records: 1 }, ['records-outside-shard']]],
  'fetch-failed': [[{ kind: 'fetch-failed', shard, error: coded, retryInMs }, ['fetch-failed']]],
  'gap-found': [
    [{ kind: 'gap-found', shard, fromMs: 0, toMs: 1, certain: true }, ['gap-found']],
    [{ kind: 'gap-found', shard, certain: false }, ['gap-found']],
  ],
  'wire-changed': [[{ kind: 'wire-changed', why: 'So.' }, ['wire-changed']]],
  'fan-out-refused': [[{ kind: 'fan-out-refused', shard, error: coded }, ['fan-out-refused']]],
  'stream-refused': [[{ kind: 'stream-refused', stream: 's', error: coded }, ['stream-refused']]],
  'listing-failed': [[{ kind: 'listing-failed', stream: 's', error: coded, retryInMs }, ['listing-failed']]],
  'batch-failed': [[{ kind: 'batch-failed', shard, error: coded, attempt: 1, retryInMs, records: 1 }, ['batch-failed']]],
  'records-handed-over': [[{ kind: 'records-handed-over', shard, records: 1, error, attempts: 1 }, []]],
  'hand-over-failed': [[{ kind: 'hand-over-failed', shard, error, attempt: 1, retryInMs, records: 1 }, []]],
  'checkpoint-saved': [[{ kind: 'checkpoint-saved', shard, position: { kind: 'latest' } }, []]],
  'checkpoint-failed': [[{ kind: 'checkpoint-failed', shard, error: coded }, ['checkpoint-failed']]],
  records: [[{ kind: 'records', shard, outcome: 'decoded', count: 1 }, []]],
  'changes-routed': [[{ kind: 'changes-routed', sink: 'main', count: 1 }, []]],
  changes: [[{ kind: 'changes', sink: 'main', outcome: 'applied', count: 1 }, []]],
  'sink-write': [[{ kind: 'sink-write', sink: 'main', outcome: 'ok', durationMs: 1, rows: 1 }, []]],
  latency: [[{ kind: 'latency', stream: 's', ms: 1 }, []]],
  'dead-letter': [[{ kind: 'dead-letter', shard, sink: 'main', reason: 'NOT_JSON', count: 1 }, ['dead-letter']]],
  'ask-begun': [[{ kind: 'ask-begun', sink: 'main', ask: 1 }, []]],
  'sink-waiting': [
    [{ kind: 'sink-waiting', sink: 'main', ask: 1, error, sinceMs: 0, attempt: 1 }, ['sink-waiting']],
    [{ kind: 'sink-waiting', sink: 'main', table: 't', ask: 1, error: denied, sinceMs: 0, attempt: 1 }, ['sink-waiting']],
  ],
  'sink-recovered': [
    [{ kind: 'sink-recovered', sink: 'main', ask: 1 }, []],
    [
      { kind: 'sink-recovered', sink: 'main', table: 't', ask: 1 },
      ['sink-recovered'],
      [{ kind: 'sink-waiting', sink: 'main', table: 't', ask: 1, error: denied, sinceMs: 0, attempt: 1 }],
    ],
  ],
  'ask-over': [[{ kind: 'ask-over', sink: 'main', table: 't', ask: 1 }, []]],
  'table-swept': [[{ kind: 'table-swept', sink: 'main', target: 't', healed: 0, forgotten: 1 }, ['table-swept']]],
  'sweep-failed': [[{ kind: 'sweep-failed', sink: 'main', target: 't', error: coded }, ['sweep-failed']]],
  'table-without-key': [[{ kind: 'table-without-key', shard, source: { system: 'mysql', table: 't' }, keyless: 'append' }, ['table-without-key']]],
  'counts-off': [
    [
      { kind: 'counts-off', of: 'records', place: 'p', tally: { came: 5, outcomes: { decoded: 1, ignored: 1, dead_lettered: 1, abandoned: 1 } } },
      ['counts-off'],
    ],
    [
      { kind: 'counts-off', of: 'changes', place: 'p', tally: { came: 5, outcomes: { applied: 1, superseded: 1, unresolved: 1, filtered: 1 } } },
      ['counts-off'],
    ],
  ],
  'format-chosen': [[{ kind: 'format-chosen', stream: 's', format: 'dms' }, ['format-chosen']]],
};
