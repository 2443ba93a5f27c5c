// What /status and the probes say after what happened.
import type { Consumer, ConsumerStatus, Machine } from '@shardfold/consumer';
import { memorySink } from '@shardfold/sinks/testing';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import { createStatus } from '../../../src/status/status.ts';

const shard = { stream: 's', shardId: 'shard-1', key: 'shard-1' };
const secret = 'postgres://ann:hunter2@db/x';

const config: Config = {
  application: 'app',
  kinesis: {},
  dynamodb: {},
  source: {
    kind: 'kinesis',
    streams: ['s'],
    start: { kind: 'latest' },
    mode: 'polling',
    format: 'auto',
    pollIntervalMs: 1,
    limits: 'none',
    bufferBytes: 1,
    onGap: 'stop',
  },
  lease: { table: 't', durationMs: 1, maxPerWorker: 1, joinDelayMs: 0 },
  checkpoint: { intervalMs: 1, records: 1 },
  sinks: { main: { kind: 'postgres', url: secret } },
  tables: [],
  deadLetters: { kind: 'sink' },
  http: { host: 'h', port: 0 },
  shutdown: { drainMs: 1 },
  log: { level: 'info' },
};

function create(of: Partial<ConsumerStatus> = {}, change: Partial<Config> = {}) {
  let nowMs = 0;
  const machine: Machine = {
    clock: { monotonicMs: () => nowMs, wallMs: () => 1_700_000_000_000 + nowMs },
    timers: {
      after: () => () => undefined,
      sleep: (_delayMs, signal) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
    },
    random: { number: () => 0, id: () => '' },
  };
  const status = createStatus({ config: { ...config, ...change }, machine, worker: 'w', version: '1.2.3' });
  const running: ConsumerStatus = { worker: 'w', state: 'running', reached: true, settled: true, leases: [], shards: [], inFlightBytes: 12, loops: [], ...of };
  const consumer: Consumer = { run: async () => undefined, stop: async () => ({ clean: true }), status: () => running };
  return {
    status,
    attach: () => status.attach(consumer, new Map([['main', { sink: memorySink({ clock: machine.clock }) }]]), undefined),
    tell(event: WorkerEvent, atMs = nowMs) {
      nowMs = atMs;
      status.onEvent(event);
    },
    view(atMs = nowMs) {
      nowMs = atMs;
      return status.probes.status();
    },
  };
}

const waiting = (sinceMs: number): WorkerEvent => ({
  kind: 'sink-waiting',
  sink: 'main',
  ask: 1,
  error: new Error(`Cannot reach ${secret}`),
  sinceMs,
  attempt: 1,
});

describe('a sink', () => {
  test('that waits is shown with its error, without the password, and for how long', () => {
    const { tell, view } = create();
    tell(waiting(2_000), 10_000);
    const [main] = view(11_000).sinks;
    expect(main).toMatchObject({ name: 'main', state: 'waiting', waitingMs: 3_000, lastError: 'Cannot reach postgres://ann:********@db/x' });
    expect(view().lastError).toEqual({ message: 'Cannot reach postgres://ann:********@db/x', at: '2023-11-14T22:13:30.000Z' });
    expect(JSON.stringify(view())).not.toContain('hunter2');
  });

  test.each<[string, WorkerEvent, string]>([
    ['recovered', { kind: 'sink-recovered', sink: 'main', ask: 1 }, 'ok'],
    ['given up', { kind: 'ask-over', sink: 'main', ask: 1 }, 'ok'],
    ['tried in vain', { kind: 'sink-write', sink: 'main', outcome: 'failed', durationMs: 1, rows: 1 }, 'waiting'],
    ['another that recovered', { kind: 'sink-recovered', sink: 'other', ask: 1 }, 'waiting'],
  ])('that waited and was %s', (_, event, state) => {
    const { tell, view } = create();
    tell(waiting(0));
    tell(event);
    const [main] = view().sinks;
    expect([main?.state, main?.waitingMs === null, main?.lastError === null]).toEqual([state, state === 'ok', state === 'ok']);
  });

  test('counts what was applied, and its kind is known once it is attached', () => {
    const { tell, view, attach } = create();
    tell({ kind: 'changes', sink: 'main', outcome: 'applied', count: 30 });
    tell({ kind: 'changes', sink: 'main', outcome: 'superseded', count: 50 });
    expect(view(1_000).sinks[0]).toMatchObject({ kind: 'unknown', rowsPerSecond: 30 });
    attach();
    expect(view().sinks[0]?.kind).toBe('memory');
  });
});

test('records a second, of a shard and together; a shard that was given up starts anew', () => {
  const held = {
    shard,
    owner: 'w',
    unowned: false,
    position: { kind: 'sequence', sequence: '49', subSequence: 0 },
    held: true,
    caughtUp: false,
    behindLatestMs: undefined,
    inFlightRecords: 3,
    lastError: `Refused by ${secret}`,
    state: 'running',
    stateMs: 0,
    trouble: undefined,
    processingMs: undefined,
    readMs: undefined,
  } as const;
  const { tell, view, attach } = create({ shards: [held] });
  attach();
  tell({ kind: 'batch-fetched', shard, records: 40, bytes: 1, behindLatestMs: 0 });
  expect(view(1_000).recordsPerSecond).toBe(40);
  expect(view().shards).toMatchObject([{ shard: 'shard-1', stream: 's', recordsPerSecond: 40, lastError: 'Refused by postgres://ann:********@db/x' }]);
  tell({ kind: 'shard-stopped', shard, reason: 'released' });
  expect(view().shards[0]?.recordsPerSecond).toBe(0);
});

test.each<WorkerEvent>([
  { kind: 'fetch-failed', shard, error: new Error('no'), retryInMs: 1 },
  { kind: 'listing-failed', stream: 's', error: new Error('no'), retryInMs: 1 },
  { kind: 'batch-failed', shard, error: 'no', attempt: 1, retryInMs: 1, records: 1 },
  { kind: 'checkpoint-failed', shard, error: new Error('no') },
  { kind: 'lease-table-unreachable', error: new Error('no') },
])('the last error is told: $kind', (event) => {
  const { tell, view } = create();
  expect(view().lastError).toBeNull();
  tell(event);
  expect(view().lastError?.message).toBe('no');
});

test('dead letters are counted', () => {
  const { tell, view } = create();
  tell({ kind: 'dead-letter', shard, sink: 'main', reason: 'X', count: 2 });
  tell({ kind: 'dead-letter', shard, sink: '', reason: 'Y', count: 1 });
  expect(view().deadLetters).toEqual({ sinceStart: 3, lastFiveMinutes: 3, keptByAllApplications: null, keptMore: false, recent: [] });
});

test('what is left out is counted by why', () => {
  const { tell, view } = create();
  tell({ kind: 'changes', sink: '', outcome: 'filtered', count: 3 });
  tell({ kind: 'changes', sink: 'main', outcome: 'filtered', count: 4 });
  tell({ kind: 'records', shard, outcome: 'ignored', count: 5 });
  tell({ kind: 'records', shard, outcome: 'decoded', count: 6 });
  tell({ kind: 'changes', sink: 'main', outcome: 'applied', count: 7 });
  expect(view().leftOut).toEqual({ noRule: 3, filtered: 4, ignored: 5 });
});

test('a place of dead letters that takes none is named, and is no sink’s trouble', () => {
  const { tell, view, attach } = create({}, { deadLetters: { kind: 's3', bucket: 'letters', prefix: '', access: {} } });
  attach();
  tell({ kind: 'sink-waiting', sink: '', ask: 1, error: new Error('refused'), sinceMs: 0, attempt: 1 });
  expect(view(9_000).lettersAway).toEqual({ place: 'bucket letters', waitingMs: 9_000, error: 'refused' });
  expect([view().sinks[0]?.state, view().verdict.title]).toEqual(['ok', 'Dead letters cannot be kept']);
  tell({ kind: 'ask-over', sink: '', ask: 1 });
  expect(view().lettersAway).toBeNull();
});

test('while it is watched the last minutes are kept, and the sinks say how they are once somebody has looked', async () => {
  const { status, tell, attach, view } = create();
  attach();
  tell({ kind: 'batch-fetched', shard, records: 40, bytes: 1, behindLatestMs: 0 });
  expect([view().history.atMs, view().sinks[0]?.server]).toEqual([[], null]);
  const stop = new AbortController();
  const watched = status.watch(stop.signal);
  stop.abort();
  await watched;
  expect(view(1_000).history).toMatchObject({ atMs: [1_700_000_000_000], recordsPerSecond: [0], lagMs: [null] });
  expect(view().sinks[0]).toMatchObject({ askedMs: 1_000, server: 'this process' });
  expect(view().deadLetters.keptByAllApplications).toBe(0);
});

test('the headline goes with what the events said', () => {
  const { attach, tell, view } = create();
  attach();
  tell(waiting(9_000), 10_000);
  expect(view().verdict).toMatchObject({ level: 'bad', title: 'Blocked by sink main' });
  tell({ kind: 'sink-recovered', sink: 'main', ask: 1 });
  tell({ kind: 'fetch-failed', shard, error: new Error('denied'), retryInMs: 1 });
  expect(view(20_000).verdict).toMatchObject({ level: 'bad', title: 'Stream s cannot be read' });
  tell({ kind: 'lease-table-unreachable', error: new Error('timeout') });
  expect(view(30_000).verdict.title).toBe('The lease table does not answer');
});

describe('the state', () => {
  test('is starting until the lease table answers, then the consumer says, then draining', () => {
    const { status, attach, view } = create();
    expect([view().state, status.probes.readyz()]).toEqual(['starting', false]);
    attach();
    expect([view().state, status.probes.readyz(), view().inFlightBytes]).toEqual(['running', true, 12]);
    status.stopping();
    expect([view().state, status.probes.readyz()]).toEqual(['draining', false]);
  });

  test('is starting while the lease table has not answered', () => {
    const { status, attach, view } = create({ reached: false });
    attach();
    expect([view().state, status.probes.readyz()]).toEqual(['starting', false]);
  });

  test.each(['watching', 'restrained'] as const)('is %s while a fleet of another kind keeps it from taking shards', (to) => {
    const { attach, tell, status, view } = create();
    attach();
    tell({ kind: 'coordinator-state', from: 'joining', to });
    expect(view().state).toBe(to);
    tell({ kind: 'coordinator-state', from: to, to: 'working' });
    expect(view().state).toBe('running');
    tell({ kind: 'coordinator-state', from: 'working', to });
    status.stopping();
    expect(view().state).toBe('draining');
  });

  test('is alive while its loops turn; a stalled one is named', () => {
    const { status, attach } = create({
      loops: [
        { name: 'leases', idleMs: 61_000, limitMs: 60_000 },
        { name: 'other', idleMs: 60_000, limitMs: 60_000 },
      ],
    });
    expect(status.probes.livez()).toEqual({ ok: true, stalled: [] });
    attach();
    expect(status.probes.livez()).toEqual({ ok: false, stalled: ['leases'] });
  });
});
