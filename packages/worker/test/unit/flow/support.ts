// What the tests of the flow share: records, changes, a machine whose sleeps end when a test says so, and tables that answer
// when a test says so. It asserts nothing.
import type { ChangeEvent, Image, RowChange, Version } from '@shardfold/changes';
import type { Machine, RecordBatch, ShardContext, ShardRef, StreamRecord } from '@shardfold/consumer';
import { defaultBookkeeping, type Mutation, type Sink, type Table, type WriteReport } from '@shardfold/sinks';
import { at, origin, rowOf } from '@shardfold/sinks/testing';
import type { TableConfig } from '../../../src/config/config.ts';
import type { Change } from '../../../src/flow/change.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';

/** A turn of the event loop: every promise that could go on has. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function batchOf(records: readonly StreamRecord[]): RecordBatch {
  return { records, retainedBytes: 1, behindLatestMs: 0, release: () => undefined };
}

/** Of a shard that is never drained and whose positions nobody looks at. */
export function contextOf(shard: ShardRef, lost: AbortSignal): ShardContext {
  return {
    shard,
    lease: { counter: 1n },
    lost,
    drain: new AbortController().signal,
    acknowledge: () => undefined,
    checkpoint: async () => undefined,
    prepared: undefined,
    prepareCheckpoint: async () => ({ commit: async () => undefined }),
  };
}

export interface StillMachine extends Machine {
  /** The sleeps asked for so far, in milliseconds. */
  readonly slept: readonly number[];
  sleeping(): number;
  /** Ends every sleep; the clock moves by the longest. */
  wake(): Promise<void>;
}

export function stillMachine(number = 0.5): StillMachine {
  let nowMs = 0;
  const slept: number[] = [];
  const sleepers = new Map<() => void, number>();
  return {
    slept,
    sleeping: () => sleepers.size,
    clock: { monotonicMs: () => nowMs, wallMs: () => 1_700_000_000_000 + nowMs },
    random: { number: () => number, id: () => '0'.repeat(32) },
    timers: {
      // A turn comes by itself; nothing else does.
      after(delayMs, run) {
        if (delayMs > 0) return () => undefined;
        const next = setImmediate(run);
        return () => clearImmediate(next);
      },
      sleep(delayMs, signal) {
        slept.push(delayMs);
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const wake = () => resolve();
        sleepers.set(wake, delayMs);
        const cut = () => reject(signal?.reason);
        if (signal?.aborted) cut();
        signal?.addEventListener('abort', cut, { once: true });
        return promise.finally(() => {
          sleepers.delete(wake);
          signal?.removeEventListener('abort', cut);
        });
      },
    },
    async wake() {
      const due = [...sleepers];
      nowMs += Math.max(0, ...due.map(([, delayMs]) => delayMs));
      for (const [wake] of due) wake();
      await turn();
    },
  };
}

export function record(payload = '{}', sequence = '1'): StreamRecord {
  const shard = { stream: 'orders', shardId: 'shard-1', key: 'shard-1' };
  return { shard, sequence, subSequence: 0, arrivalMs: 1_700_000_000_000, partitionKey: 'p', bytes: () => Buffer.from(payload), text: () => payload };
}

export function rowChange(change: Partial<RowChange> = {}): RowChange {
  return { kind: 'insert', source: { system: 'postgresql', schema: 'public', table: 'orders' }, key: [['id', 1]], version: at(1), ...change };
}

export function truncation(version: Version = at(9)): Extract<ChangeEvent, { kind: 'truncate' }> {
  return { kind: 'truncate', source: { system: 'postgresql', table: 'orders' }, version };
}

export function change(id: string, time: number, image: Image = { id, time }): Change {
  const event = rowChange({ key: [['id', id]], after: rowOf(image), version: at(time) });
  return { record: record('{}', String(time)), event, mutation: { kind: 'put', key: [['id', id]], row: rowOf(image), version: at(time), bytes: 100, origin } };
}

export function removal(id: string, time: number): Change {
  return { ...change(id, time), mutation: { kind: 'delete', key: [['id', id]], version: at(time), bytes: 0, origin } };
}

/** Of a row of which the source sent these columns only. */
export function patchOf(id: string, time: number, columns: Image): Change {
  return { ...change(id, time), mutation: { kind: 'patch', key: [['id', id]], columns: rowOf(columns), version: at(time), bytes: 100, origin } };
}

export function tableConfig(rule: Partial<TableConfig> = {}): TableConfig {
  return {
    source: '*',
    sink: 'main',
    target: '{table}',
    layout: 'document',
    keyless: 'append',
    deletes: 'hard',
    truncate: 'apply',
    createTables: true,
    tombstoneRetentionMs: 1_000,
    where: {},
    columns: { drop: [], rename: {} },
    bookkeeping: defaultBookkeeping,
    ...rule,
  };
}

/** One statement that the test has not answered yet. */
export interface Statement {
  readonly group: readonly Mutation[];
  readonly signal: AbortSignal;
  answer(report?: Partial<WriteReport>): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** A sink whose statements wait for the test. `opened` counts; `refuseOpening` fails the next so many openings. */
export function heldSink() {
  const statements: Statement[] = [];
  const held = { opened: 0, refuseOpening: 0 };
  const table: Table = {
    write(group, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<WriteReport>();
      statements.push({
        group,
        signal,
        answer(report = {}) {
          resolve({ applied: group.length - (report.rejected?.length ?? 0), superseded: 0, unresolved: 0, rejected: [], ...report });
          return turn();
        },
        fail(error) {
          reject(error);
          return turn();
        },
      });
      return promise;
    },
    truncate: async () => undefined,
    sweep: async () => ({ healed: 0, forgotten: 0 }),
  };
  const sink: Pick<Sink, 'table' | 'statementsPerTable'> = {
    statementsPerTable: 2,
    async table() {
      held.opened += 1;
      if (held.refuseOpening > 0) {
        held.refuseOpening -= 1;
        throw new Error('No connection.');
      }
      return table;
    },
  };
  return {
    sink,
    statements,
    held,
    /** The oldest statement that the test has not looked at yet. */
    next(): Statement {
      const statement = statements.shift();
      if (statement === undefined) throw new Error('No statement is out.');
      return statement;
    },
  };
}

/** Sums of changes and records by outcome. */
export function tally(events: readonly FlowEvent[], kind: 'changes' | 'records'): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const event of events) if (event.kind === kind && event.count > 0) sums[event.outcome] = (sums[event.outcome] ?? 0) + event.count;
  return sums;
}

export const total = (sums: Readonly<Record<string, number>>): number => Object.values(sums).reduce((sum, each) => sum + each, 0);
