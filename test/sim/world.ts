// A whole world under virtual time: a fleet of real coordinators, the simulated table between them, the stream they read, and
// the invariants that watch. What befalls it is `faults.ts`, what it must come to is `progress.ts`.
import type { HeldLease, LeaseEvent } from '@shardfold/lease';
import type { VirtualTime } from '@shardfold/lease/testing';
import { createVirtualTime } from '../../packages/lease/src/testing/virtual-machine.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { createSimDatabase, type SimDatabase } from './database.ts';
import type { Item } from './expressions.ts';
import { createFenceWatch, type FenceWatch } from './invariants/fence-watch.ts';
import { createLedger, type Ledger } from './invariants/ledger.ts';
import { heldBy, type Row, rowOf } from './invariants/row.ts';
import { createStateWatch } from './invariants/state-watch.ts';
import { createTableWatch, type TableWatch } from './invariants/table-watch.ts';
import type { Violation } from './invariants/watch.ts';
import { type Call, createNetwork, type Network, type NetworkHooks, type Result } from './network.ts';
import type { ReaderHooks } from './reader.ts';
import type { Settings } from './settings.ts';
import { createSimStream, type SimShard, type SimStream } from './stream.ts';
import { createTrace, type Trace } from './trace.ts';
import { type Changes, type SimWorker, startWorker, stopWorker, tableName, type WorkerHooks } from './worker.ts';

export interface WorldOptions {
  readonly settings: Settings;
  readonly changes?: Changes;
  /** Everything that any coordinator says. */
  readonly onEvent?: (worker: SimWorker, event: LeaseEvent) => void;
}

/** Told of each call three times: when it is sent, at the table, and before its answer is heard. */
export type CallMoment = 'sent' | 'arrived' | 'answered';

export interface World {
  readonly settings: Settings;
  readonly time: VirtualTime;
  readonly stream: SimStream;
  readonly database: SimDatabase;
  readonly network: Network;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly tableWatch: TableWatch;
  readonly fenceWatch: FenceWatch;
  /** Every incarnation there ever was. */
  readonly workers: readonly SimWorker[];
  /** Set by whoever wants to strike at a call. */
  onCall: (call: Call, moment: CallMoment) => void;
  violation(): Violation | undefined;
  fail(invariant: number, text: string): void;
  note(who: string, event: string, key?: string): void;
  running(): readonly SimWorker[];
  join(name: string): SimWorker;
  stop(worker: SimWorker, drainTimeoutMs?: number): void;
  crash(worker: SimWorker): void;
  rows(): readonly (Row & { readonly key: string })[];
  /** Lets time pass, at most until the first violation. */
  advance(forMs: number): Promise<void>;
}

const stepMs = 1000;
const movesCounter = new Set(['take', 'renew', 'checkpoint', 'accept']);
const holderOnly = new Set(['renew', 'checkpoint', 'transfer', 'release', 'finish']);
const silent = new Set(['list', 'read', 'peers', 'open', '']);
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function outcomeOf(result: Result): string {
  if (result.kind === 'done') return 'ok';
  return result.error.name === 'ConditionalCheckFailedException' ? 'refused' : result.error.name;
}

function shownItem(result: Result): Item | undefined {
  if (result.kind === 'done') return result.landed?.after;
  return (result.error as { readonly Item?: Item }).Item;
}

export function createWorld({ settings, changes = {}, onEvent }: WorldOptions): World {
  const chance = chanceFrom(settings.seed + 1);
  const time = createVirtualTime(turn);
  const nowMs = time.nowMs;
  const trace = createTrace();
  const database = createSimDatabase();
  const rates = chance.fork();
  const stream = createSimStream(settings.shards, () => rates.between(...settings.recordsPerSecond));
  const workers: SimWorker[] = [];
  const byHost = new Map<unknown, SimWorker>();
  let violation: Violation | undefined;

  const fail = (invariant: number, text: string): void => {
    if (violation !== undefined) return;
    violation = { invariant, text, atMs: nowMs() };
    trace.add({ atMs: nowMs(), who: '-', event: `VIOLATION ${invariant}: ${text}` });
    trace.close();
  };
  const note = (who: string, event: string, key?: string): void => trace.add({ atMs: nowMs(), who, event, ...(key === undefined ? {} : { key }) });
  const items = (): readonly Item[] => (database.table(tableName)?.items() ?? []).filter((item) => item.leaseCounter !== undefined);

  const ledger = createLedger();
  const tableWatch = createTableWatch(stream, ledger, nowMs, fail);
  const fenceWatch = createFenceWatch(settings.times.fenceMs, nowMs, fail);
  const stateWatch = createStateWatch((key) => database.table(tableName)?.get(key), fail);

  function noteCall(call: Call, result: Result): void {
    if (silent.has(call.operation)) return;
    const item = shownItem(result);
    const row = item?.leaseCounter === undefined ? undefined : rowOf(item);
    const owner = row?.owner === undefined ? 'nobody' : `${row.owner}${row.marked ? '' : ' (java)'}`;
    trace.add({
      atMs: nowMs(),
      who: call.host.label,
      key: call.key ?? '',
      event: `${call.operation}: ${outcomeOf(result)}${row === undefined ? '' : `, ${owner}`}`,
      counter: row === undefined ? undefined : String(row.counter),
      position: row?.position,
    });
  }

  const networkHooks: NetworkHooks = {
    onSend(call) {
      const worker = byHost.get(call.host);
      if (worker !== undefined && call.key !== undefined && holderOnly.has(call.operation)) fenceWatch.sending(worker, call.key, call.operation);
      world.onCall(call, 'sent');
    },
    onArrive(call, result) {
      const worker = byHost.get(call.host);
      noteCall(call, result);
      if (result.kind === 'done' && result.landed !== undefined && result.landed.table === tableName && worker !== undefined) {
        const { key, before, after } = result.landed;
        tableWatch.landed({ by: worker, operation: call.operation, key, before, after });
        if (movesCounter.has(call.operation)) fenceWatch.landed(worker, key);
      }
      world.onCall(call, 'arrived');
    },
    onReturn: (call) => world.onCall(call, 'answered'),
    onAnswer(call, result) {
      const worker = byHost.get(call.host);
      const item = shownItem(result);
      if (worker === undefined || call.key === undefined || item === undefined) return;
      if (heldBy(rowOf(item), worker.name, worker.incarnation)) fenceWatch.heard(worker, call.key);
    },
    onFate: (call, fate) => note(call.host.label, `${call.operation} ${fate}`, call.key),
  };
  const network = createNetwork({
    time,
    database,
    chance: chance.fork(),
    weather: settings.weather,
    hooks: networkHooks,
    changes,
  });

  const readerHooks = (worker: SimWorker): ReaderHooks => ({
    onRead(held: HeldLease, shard: SimShard, from: number) {
      fenceWatch.reading(worker, held.lease.key);
      for (const parent of shard.parents) {
        const owed = tableWatch.known(parent) || settings.start === 'trim-horizon';
        if (owed && !tableWatch.ended(parent))
          fail(4, `${worker.label} delivers record ${from + 1} of ${shard.shardId} before the end of ${parent} is stored.`);
      }
    },
    onDone: (shard, from, to) => ledger.done(shard.shardId, from, to),
    onEnd: (held) => fenceWatch.left(worker, held.lease.key),
    onFault: (text) => fail(12, `${worker.label}: ${text}`),
  });
  const workerHooks: WorkerHooks = {
    onHeld(worker, held) {
      const { key, position, shardId } = held.lease;
      note(worker.label, 'begins', key);
      fenceWatch.began(worker, key);
      const shard = stream.shard(shardId);
      if (shard !== undefined && position.kind === 'latest') ledger.begunAt(shardId, stream.count(shard, nowMs()));
    },
    onEvent(worker, event) {
      stateWatch.event(worker, event);
      if (event.kind !== 'lease-operation')
        note(
          worker.label,
          `${event.kind}${'reason' in event ? ` ${event.reason}` : ''}${'to' in event ? ` ${event.to}` : ''}`,
          'key' in event ? event.key : undefined,
        );
      onEvent?.(worker, event);
    },
    onEnded(worker, how) {
      note(worker.label, how);
      if (worker.failure !== undefined) fail(12, `${worker.label}'s ${how}`);
    },
    reader: readerHooks,
  };

  const machineSeeds = chance.fork();
  const clocks = chance.fork();
  const readers = chance.fork();
  const world: World = {
    settings,
    time,
    stream,
    database,
    network,
    trace,
    chance: chance.fork(),
    ledger,
    tableWatch,
    fenceWatch,
    workers,
    onCall: () => undefined,
    violation: () => violation,
    fail,
    note,
    running: () => workers.filter((worker) => worker.state === 'running'),
    join(name) {
      const drift = clocks.pick([-1, 0, 1]) ?? 0;
      const clock = { offsetMs: clocks.between(0, 1e6), rate: 1 + drift * settings.drift, wallMs: clocks.between(0, 1e12) };
      const machine = time.machine(machineSeeds.whole(1, 2 ** 31), clock);
      const label = `${name}.${workers.filter((worker) => worker.name === name).length + 1}`;
      note(label, 'joins');
      const worker = startWorker({ name, label, machine, settings, stream, network, chance: readers.fork(), trueMs: nowMs, hooks: workerHooks, changes });
      workers.push(worker);
      byHost.set(worker.host, worker);
      return worker;
    },
    stop(worker, drainTimeoutMs = settings.drainTimeoutMs) {
      note(worker.label, 'is told to stop');
      stopWorker(worker, drainTimeoutMs);
    },
    crash(worker) {
      note(worker.label, 'crashes');
      worker.state = 'crashed';
      worker.machine.freeze();
      fenceWatch.gone(worker);
    },
    rows: () => items().map((item) => ({ ...rowOf(item), key: item.leaseKey?.S ?? '' })),
    async advance(forMs) {
      const untilMs = nowMs() + forMs;
      while (violation === undefined && nowMs() < untilMs) await time.advance(Math.min(stepMs, untilMs - nowMs()));
    },
  };
  return world;
}
