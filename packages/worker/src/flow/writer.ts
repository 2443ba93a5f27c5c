// Group commit for one target table: while a statement is in flight, changes of all shards gather; when it returns, what has
// gathered goes out at once. It knows no record format and no lease beyond its `lost` signal.
import type { Machine } from '@shardfold/consumer';
import { addressOf, prepareGroup, type Sink, SinkError, type SinkRowError, type Table, type TargetTable, type WriteReport } from '@shardfold/sinks';
import type { FlowEvent } from '../observe/events.ts';
import type { Change, Fault } from './change.ts';
import { coalesce, type Foldable, type Folded } from './coalesce.ts';
import type { Patience } from './patience.ts';
import { createTicket, type Ticket } from './ticket.ts';

export interface WriterParts {
  readonly sinkName: string;
  readonly sink: Sink;
  readonly target: TargetTable;
  readonly machine: Machine;
  readonly patience: Patience;
  /** The process's: a lost lease does not stop a statement that carries other shards' rows too. */
  readonly signal: AbortSignal;
  deadLetter(change: Change, fault: Fault, place: { readonly sink: string; readonly target: string }): Promise<void>;
  onEvent(event: FlowEvent): void;
}

export interface Writer {
  /** Resolves when every change is applied, superseded, dead-lettered, or abandoned because the lease went. */
  write(changes: readonly Change[], lost: AbortSignal): Promise<void>;
  truncate(version: Change['mutation']['version']): Promise<void>;
}

interface Entry extends Foldable {
  readonly ticket: Ticket;
}

const statementsMax = 2;
const groupRowsMax = 2_000;
const groupBytesMax = 8 * 1024 * 1024;

/** Splits what waits into a next group and the rest: rows that are in flight wait, and so does what exceeds a statement. */
function takeGroup(waiting: readonly Entry[], busy: ReadonlySet<string>): { readonly taken: Entry[]; readonly left: Entry[] } {
  const taken: Entry[] = [];
  const left: Entry[] = [];
  const rows = new Set<string>();
  let bytes = 0;
  let full = false;
  for (const entry of waiting) {
    if (busy.has(entry.identity) || (full && !rows.has(entry.identity))) {
      left.push(entry);
      continue;
    }
    taken.push(entry);
    rows.add(entry.identity);
    bytes += entry.change.mutation.bytes;
    full ||= rows.size >= groupRowsMax || bytes >= groupBytesMax;
  }
  return { taken, left };
}

export function createWriter(parts: WriterParts): Writer {
  const { sinkName: sink, target, patience, onEvent, machine } = parts;
  const busy = new Set<string>();
  let waiting: Entry[] = [];
  let statements = 0;
  let opened: Promise<Table> | undefined;

  /** Opened once; a table that could not be opened, or went, is opened anew by the next attempt. */
  async function table(signal: AbortSignal): Promise<Table> {
    opened ??= parts.sink.table(target, signal);
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  }

  function count(outcome: Extract<FlowEvent, { kind: 'changes' }>['outcome'], changes: number): void {
    if (changes > 0) onEvent({ kind: 'changes', sink, outcome, count: changes });
  }

  function abandon(entries: readonly Entry[]): void {
    count('abandoned', entries.length);
    for (const { ticket } of entries) ticket.settle();
  }

  async function send(groups: readonly Folded<Entry>[], signal: AbortSignal): Promise<{ report: WriteReport; sent: readonly Folded<Entry>[] }> {
    const byMutation = new Map(groups.map((group) => [group.winner.change.mutation, group]));
    const group = prepareGroup([...byMutation.keys()]);
    const sent = group.map((mutation) => byMutation.get(mutation)).filter((each) => each !== undefined);
    const startedMs = machine.clock.monotonicMs();
    try {
      const report = await (await table(signal)).write(group, signal);
      onEvent({ kind: 'sink-write', sink, outcome: 'ok', durationMs: machine.clock.monotonicMs() - startedMs, rows: group.length });
      return { report, sent };
    } catch (error) {
      if (error instanceof SinkError && error.code === 'SINK_TABLE_MISSING') opened = undefined;
      onEvent({ kind: 'sink-write', sink, outcome: 'failed', durationMs: machine.clock.monotonicMs() - startedMs, rows: group.length });
      throw error;
    }
  }

  /** The refused row goes to the dead letters; older changes of it, which it hid, get their turn. */
  async function settleRejected(group: Folded<Entry>, error: SinkRowError): Promise<void> {
    await parts.deadLetter(group.winner.change, { stage: 'write', ...error }, { sink, target: target.name });
    count('dead_lettered', 1);
    group.winner.ticket.settle();
    waiting.unshift(...group.superseded);
  }

  async function settle(report: WriteReport, sent: readonly Folded<Entry>[]): Promise<void> {
    const rejected = new Map(report.rejected.map(({ index, error }) => [index, error]));
    let folded = 0;
    for (const [index, group] of sent.entries()) {
      const error = rejected.get(index);
      if (error !== undefined) {
        await settleRejected(group, error);
        continue;
      }
      folded += group.superseded.length;
      group.winner.ticket.settle();
      for (const { ticket } of group.superseded) ticket.settle();
    }
    count('applied', report.applied);
    count('superseded', report.superseded + folded);
    count('unresolved', report.unresolved);
  }

  /** One group, until the database has it. What lost its lease while the database was waited for is left out. */
  async function flush(taken: readonly Entry[]): Promise<void> {
    let entries = taken;
    try {
      const outcome = await patience.insist(async (signal) => {
        const gone = entries.filter(({ ticket }) => ticket.lost.aborted);
        entries = entries.filter(({ ticket }) => !ticket.lost.aborted);
        abandon(gone);
        return entries.length === 0 ? undefined : send(coalesce(entries), signal);
      }, parts.signal);
      if (outcome !== undefined) await settle(outcome.report, outcome.sent);
    } catch (error) {
      count('abandoned', entries.length);
      for (const { ticket } of entries) ticket.fail(error);
    }
  }

  function dispatch(): void {
    while (statements < statementsMax && waiting.length > 0) {
      const { taken, left } = takeGroup(waiting, busy);
      if (taken.length === 0) return;
      waiting = left;
      statements += 1;
      const identities = taken.map(({ identity }) => identity);
      for (const identity of identities) busy.add(identity);
      void flush(taken).finally(() => {
        statements -= 1;
        for (const identity of identities) busy.delete(identity);
        dispatch();
      });
    }
  }

  return {
    async write(changes, lost) {
      const ticket = createTicket(changes.length, lost);
      const leave = () => {
        abandon(waiting.filter((entry) => entry.ticket === ticket));
        waiting = waiting.filter((entry) => entry.ticket !== ticket);
        // A statement that is out already runs on for the others' sake, but the shard's reader is not kept waiting for it.
        ticket.fail(lost.reason);
      };
      lost.addEventListener('abort', leave, { once: true });
      for (const change of changes) waiting.push({ identity: addressOf(change.mutation), change, ticket });
      if (lost.aborted) leave();
      else dispatch();
      try {
        await ticket.done;
      } finally {
        lost.removeEventListener('abort', leave);
      }
    },
    truncate: (version) => patience.insist(async (signal) => (await table(signal)).truncate(version, signal), parts.signal),
  };
}
