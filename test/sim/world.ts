// A whole world under virtual time: a fleet, the simulated table between its processes, the stream they read, and the invariants
// that watch. Who lives in it is `worker.ts` or `consumers/`, what befalls it `faults.ts`, what it must come to `progress.ts`.
import type { LeaseEvent } from '@shardfold/lease';
import type { VirtualMachine, VirtualTime } from '@shardfold/lease/testing';
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
import { type Call, createNetwork, type Network, type NetworkHooks, type Result, type WireChanges } from './network.ts';
import { type SimWorker, stopWorker, tableName } from './process.ts';
import type { Settings } from './settings.ts';
import type { SimStream } from './stream.ts';
import { createTrace, type Trace } from './trace.ts';

/** A process that is about to start. */
export interface Newcomer {
  readonly name: string;
  /** Its name and which of its incarnations it is, for people. */
  readonly label: string;
  readonly machine: VirtualMachine;
  readonly chance: Chance;
}

/** Who lives in a world, and on what. */
export interface Inhabitants {
  stream(settings: Settings, chance: Chance, time: VirtualTime): SimStream;
  /** What the wall clock of a new machine shows. */
  wallMs(chance: Chance, nowMs: number): number;
  /** Starts one of them, which the world then follows. */
  start(world: World, newcomer: Newcomer): SimWorker;
  /** One of them sends a write that only the holder of the lease may make. */
  sending?(worker: SimWorker, key: string, operation: string): void;
}

export interface WorldOptions {
  readonly settings: Settings;
  readonly inhabitants: Inhabitants;
  readonly changes?: WireChanges;
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
  /** Its coordinator says something. */
  heard(worker: SimWorker, event: LeaseEvent): void;
  /** Watches how its run ends. */
  follow(worker: SimWorker, run: Promise<void>): void;
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

export function createWorld({ settings, inhabitants, changes = {}, onEvent }: WorldOptions): World {
  const chance = chanceFrom(settings.seed + 1);
  const time = createVirtualTime(turn);
  const nowMs = time.nowMs;
  const trace = createTrace();
  const database = createSimDatabase();
  const rates = chance.fork();
  const stream = inhabitants.stream(settings, rates, time);
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
  const tableWatch = createTableWatch({ stream, ledger, start: settings.start, nowMs, fail });
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
      if (worker !== undefined && call.key !== undefined && holderOnly.has(call.operation)) {
        fenceWatch.sending(worker, call.key, call.operation);
        inhabitants.sending?.(worker, call.key, call.operation);
      }
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
      const clock = { offsetMs: clocks.between(0, 1e6), rate: 1 + drift * settings.drift, wallMs: inhabitants.wallMs(clocks, nowMs()) };
      const machine = time.machine(machineSeeds.whole(1, 2 ** 31), clock);
      const label = `${name}.${workers.filter((worker) => worker.name === name).length + 1}`;
      note(label, 'joins');
      const worker = inhabitants.start(world, { name, label, machine, chance: readers.fork() });
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
    heard(worker, event) {
      stateWatch.event(worker, event);
      if (event.kind !== 'lease-operation')
        note(
          worker.label,
          `${event.kind}${'reason' in event ? ` ${event.reason}` : ''}${'to' in event ? ` ${event.to}` : ''}`,
          'key' in event ? event.key : undefined,
        );
      onEvent?.(worker, event);
    },
    follow(worker, run) {
      const ended = (how: string): void => {
        worker.ended = true;
        note(worker.label, how);
        if (worker.failure !== undefined) fail(12, `${worker.label}'s ${how}`);
      };
      run.then(
        () => ended('run is over'),
        (error: unknown) => {
          worker.failure = error;
          ended(`run failed: ${String(error)}`);
        },
      );
    },
    rows: () => items().map((item) => ({ ...rowOf(item), key: item.leaseKey?.S ?? '' })),
    async advance(forMs) {
      const untilMs = nowMs() + forMs;
      while (violation === undefined && nowMs() < untilMs) await time.advance(Math.min(stepMs, untilMs - nowMs()));
    },
  };
  return world;
}
