// Group commit for one target table: while a statement is in flight, changes of all shards gather; when it returns, what has
// gathered goes out at once. It knows no record format and no lease beyond its `lost` signal.
import type { Machine } from '@shardfold/consumer';
import { addressOf, prepareGroup, type Sink, SinkError, type SinkRowError, type Table, type TargetTable, type WriteReport } from '@shardfold/sinks';
import type { FlowEvent } from '../observe/events.ts';
import type { Change, Fault } from './change.ts';
import { coalesce, type Foldable, type Folded } from './coalesce.ts';
import { inLanes } from './letters.ts';
import { Forsaken, type Patience } from './patience.ts';
import { createSweeper } from './sweeper.ts';
import { createTicket, type Ticket } from './ticket.ts';

export interface WriterParts {
  readonly sinkName: string;
  readonly sink: Sink;
  readonly target: TargetTable;
  readonly machine: Machine;
  readonly patience: Patience;
  /** The process's: a lost lease does not stop a statement that carries other shards' rows too. */
  readonly signal: AbortSignal;
  /** Rejects when the lease is lost or the process ends first. */
  deadLetter(change: Change, fault: Fault, place: { readonly sink: string; readonly target: string }, lost: AbortSignal): Promise<void>;
  onEvent(event: FlowEvent): void;
}

export interface Writer {
  /** Resolves when every change is applied, superseded or dead-lettered; rejects when the lease is lost or the process ends first. */
  write(changes: readonly Change[], lost: AbortSignal): Promise<void>;
  /** Resolves when it is applied; rejects as `write` does. */
  truncate(version: Change['mutation']['version'], lost: AbortSignal): Promise<void>;
  /** Nothing is in its hands. */
  idle(): boolean;
  /** No more sweeps. */
  close(): void;
}

interface Entry extends Foldable {
  readonly ticket: Ticket;
}

interface Refused {
  readonly entry: Entry;
  readonly error: SinkRowError;
}

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
  const sweeper = createSweeper({ ...parts, sweep: () => withTable((table) => table.sweep(parts.signal)) });

  async function open(): Promise<Table> {
    const table = await parts.sink.table(target, parts.signal);
    sweeper.opened();
    return table;
  }

  /** Opened once; a table that could not be opened, or went, is opened anew by the next attempt. */
  async function withTable<T>(use: (table: Table) => Promise<T>): Promise<T> {
    const opening = opened ?? open();
    opened = opening;
    let table: Table | undefined;
    try {
      table = await opening;
      return await use(table);
    } catch (error) {
      const gone = table === undefined || (error instanceof SinkError && error.code === 'SINK_TABLE_MISSING');
      if (gone && opened === opening) opened = undefined;
      throw error;
    }
  }

  function count(outcome: Extract<FlowEvent, { kind: 'changes' }>['outcome'], changes: number): void {
    if (changes > 0) onEvent({ kind: 'changes', sink, outcome, count: changes });
  }

  /** Never settled: a batch that hears of success may be acknowledged. */
  function abandon(entries: readonly Entry[], reason: unknown): void {
    count('abandoned', entries.length);
    for (const { ticket } of entries) ticket.fail(reason);
  }

  async function send(groups: readonly Folded<Entry>[], signal: AbortSignal): Promise<{ report: WriteReport; sent: readonly Folded<Entry>[] }> {
    const byMutation = new Map(groups.map((group) => [group.winner.change.mutation, group]));
    const group = prepareGroup([...byMutation.keys()]);
    const sent = group.map((mutation) => byMutation.get(mutation)).filter((each) => each !== undefined);
    const startedMs = machine.clock.monotonicMs();
    try {
      const report = await withTable((table) => table.write(group, signal));
      sweeper.written(group);
      onEvent({ kind: 'sink-write', sink, outcome: 'ok', durationMs: machine.clock.monotonicMs() - startedMs, rows: group.length });
      return { report, sent };
    } catch (error) {
      onEvent({ kind: 'sink-write', sink, outcome: 'failed', durationMs: machine.clock.monotonicMs() - startedMs, rows: group.length });
      throw error;
    }
  }

  /** A refused row goes to the dead letters. When that cannot be done, only this change is left to the next owner. */
  async function refuse({ entry, error }: Refused): Promise<void> {
    const { change, ticket } = entry;
    try {
      await parts.deadLetter(change, { stage: 'write', ...error }, { sink, target: target.name }, ticket.lost);
      count('dead_lettered', 1);
      ticket.settle();
    } catch (failure) {
      abandon([entry], failure);
    }
  }

  /**
   * What the database decided is settled at once; older changes, which a refused one hid, wait for their turn again. Answers what was
   * refused.
   */
  function settle(report: WriteReport, sent: readonly Folded<Entry>[]): readonly Refused[] {
    const rejected = new Map(report.rejected.map(({ index, error }) => [index, error]));
    const stored = sent.filter((_, index) => !rejected.has(index));
    count('applied', report.applied);
    count('superseded', report.superseded + stored.reduce((sum, { superseded }) => sum + superseded.length, 0));
    count('unresolved', report.unresolved);
    for (const { winner, superseded } of stored) for (const { ticket } of [winner, ...superseded]) ticket.settle();

    const hidden = sent.filter((_, index) => rejected.has(index)).flatMap(({ superseded }) => superseded);
    const again = [...hidden, ...sent.flatMap(({ later }) => later)];
    if (again.length > 0) waiting = [...again, ...waiting];
    return [...rejected].flatMap(([index, error]) => {
      const refused = sent[index];
      return refused === undefined ? [] : [{ entry: refused.winner, error }];
    });
  }

  /** One group, until the database has it. What lost its lease while the database was waited for is left out. */
  async function flush(taken: readonly Entry[]): Promise<readonly Refused[]> {
    let entries = taken;
    const outcome = await patience
      .insist(
        async (signal) => {
          const gone = entries.filter(({ ticket }) => ticket.lost.aborted);
          entries = entries.filter(({ ticket }) => !ticket.lost.aborted);
          for (const entry of gone) abandon([entry], entry.ticket.lost.reason);
          if (entries.length === 0) throw new Forsaken();
          return send(coalesce(entries), signal);
        },
        parts.signal,
        target.name,
      )
      .catch((error: unknown) => abandon(entries, error));
    return outcome === undefined ? [] : settle(outcome.report, outcome.sent);
  }

  function dispatch(): void {
    while (statements < parts.sink.statementsPerTable && waiting.length > 0) {
      const { taken, left } = takeGroup(waiting, busy);
      if (taken.length === 0) return;
      waiting = left;
      statements += 1;
      const identities = taken.map(({ identity }) => identity);
      for (const identity of identities) busy.add(identity);
      const free = (): void => {
        statements -= 1;
        for (const identity of identities) busy.delete(identity);
        dispatch();
      };
      // A place for letters that is down holds up the shards they came from, and no statement.
      void flush(taken)
        .finally(free)
        .then((refused) => inLanes(refused, refuse));
    }
  }

  return {
    async write(changes, lost) {
      const ticket = createTicket(changes.length, lost);
      const leave = () => {
        abandon(
          waiting.filter((entry) => entry.ticket === ticket),
          lost.reason,
        );
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
    idle: () => waiting.length === 0 && statements === 0,
    close: sweeper.close,
    truncate: (version, lost) =>
      patience.insist((signal) => withTable((table) => table.truncate(version, signal)), AbortSignal.any([parts.signal, lost]), target.name),
  };
}
