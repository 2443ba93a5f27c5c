// Whole members beside what a KCL 3.x fleet left in their table: dead, alive, coming and going.
import { describe, expect, it } from 'vitest';
import { defaultPeersTimes } from '../../../src/fleet/peers.ts';
import { createFleet, type Fleet, shards, unreachable, type WorkerUnderTest } from './fleet.ts';

const { recheckMs, watchMs } = defaultPeersTimes;
const beatMs = 30_000;
const javaLeaderMs = 120_000;
/** A look, its answer, and one more. */
const slackMs = 7000;
const owned = (worker: WorkerUnderTest) => worker.coordinator.view().held.length;
const state = (worker: WorkerUnderTest) => worker.coordinator.view().state;
const said = (worker: WorkerUnderTest) => worker.events.filter(({ kind }) => kind.startsWith('peers-'));
const sent = (worker: WorkerUnderTest, operation: string) => worker.calls.filter((call) => call.operation === operation).length;
const vouching = (worker: WorkerUnderTest) =>
  worker.events.flatMap((event) => (event.kind === 'lease-operation' && event.operation === 'vouch' ? [event.outcome] : []));
const writes = ['create', 'take', 'request', 'vouch'];

function setMode(fleet: Fleet, mode: string): void {
  fleet.table.put({ leaseKey: { S: 'Migration3.0' }, entityType: { S: 'CLIENT_VERSION_MIGRATION' }, cv: { S: `CLIENT_VERSION_${mode}` } });
}

function lock(fleet: Fleet, beat: string, owner = 'java-1'): void {
  fleet.table.put({
    leaseKey: { S: 'Leader' },
    entityType: { S: 'LEADER' },
    ownerName: { S: owner },
    leaseDuration: { S: String(javaLeaderMs) },
    recordVersionNumber: { S: beat },
  });
}

function publish(fleet: Fleet, worker: string, beat: number): void {
  fleet.table.put({ leaseKey: { S: worker }, entityType: { S: 'WORKER_METRIC_STATS' }, lut: { N: String(beat) } });
}

/** A leader whose heart beats until it is told to stop. */
function leader(fleet: Fleet): { stop(): void } {
  const { timers } = fleet.time.machine(99);
  let beats = 0;
  let cancel = (): void => undefined;
  const beat = (): void => {
    lock(fleet, `beat-${beats++}`);
    cancel = timers.after(beatMs, beat);
  };
  beat();
  return { stop: () => cancel() };
}

/** Leases that nobody has, from the shard of this number on. */
function free(fleet: Fleet, count: number, from = 0): void {
  for (const { shardId } of shards(count).slice(from))
    fleet.table.put({ leaseKey: { S: shardId }, leaseCounter: { N: '0' }, checkpoint: { S: 'TRIM_HORIZON' } });
}

describe('at the start', () => {
  it('a table that no 3.x fleet has touched is gone on from at once', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 500);
    expect(said(a)).toEqual([]);
    expect(sent(a, 'vouch')).toBe(0);
  });

  it('a live leader is refused within a heartbeat, with a word on how to hand over, and nothing is written', async () => {
    const fleet = createFleet(shards(2));
    free(fleet, 2);
    setMode(fleet, '3X');
    leader(fleet);
    const a = fleet.start('a');
    await fleet.until(() => a.failure !== undefined, beatMs + slackMs);
    expect(a.failure).toMatchObject({ code: 'HELD_BY_OTHERS', retryable: false });
    const { message } = a.failure as Error;
    for (const words of ["leader 'java-1'", 'takes nothing and ends', 'stop every Java worker', 'shardfold leases adopt', 'at most 120 s'])
      expect(message).toContain(words);
    expect(writes.map((operation) => sent(a, operation))).toEqual([0, 0, 0, 0]);
    expect(state(a)).toBe('stopped');
  });

  it('a worker that publishes its load is refused although the leader is gone', async () => {
    const fleet = createFleet(shards(2));
    setMode(fleet, '3X');
    publish(fleet, 'java-2', 1);
    const a = fleet.start('a');
    await fleet.time.advance(20_000);
    expect(state(a)).toBe('watching');
    publish(fleet, 'java-2', 2);
    await fleet.until(() => a.failure !== undefined, slackMs);
    expect((a.failure as Error).message).toContain("worker 'java-2'");
  });

  it('a dead fleet is waited for as long as its leader’s lock lasts, and the next start goes on at once', async () => {
    const fleet = createFleet(shards(2));
    free(fleet, 2);
    setMode(fleet, '3X');
    lock(fleet, 'dead');
    publish(fleet, 'java-1', 1);
    const a = fleet.start('a');
    await fleet.time.advance(javaLeaderMs);
    expect([state(a), owned(a), ...writes.map((operation) => sent(a, operation))]).toEqual(['watching', 0, 0, 0, 0, 0]);
    const peers = {
      leader: { owner: 'java-1', beat: 'dead', leaseDurationMs: javaLeaderMs },
      mode: 'CLIENT_VERSION_3X',
      metrics: [{ worker: 'java-1', beat: '1' }],
    };
    expect(said(a)).toEqual([{ kind: 'peers-watched', peers, forMs: javaLeaderMs }]);
    await fleet.until(() => owned(a) === 2, slackMs);
    expect(vouching(a)).toEqual(['applied']);
    const b = fleet.start('b');
    await fleet.until(() => state(b) === 'working', 500);
    expect(said(b)).toEqual([]);
    // What moved since is another matter.
    publish(fleet, 'java-1', 2);
    const c = fleet.start('c');
    await fleet.until(() => state(c) === 'watching', 500);
  });

  it('a leader that stops meanwhile may have an heir: what is left is waited for anew, and that is said', async () => {
    const fleet = createFleet(shards(2));
    setMode(fleet, '3X');
    lock(fleet, 'last');
    const a = fleet.start('a');
    await fleet.time.advance(100_000);
    fleet.table.apply('Leader', { kind: 'deleted' });
    await fleet.time.advance(watchMs);
    expect(state(a)).toBe('watching');
    await fleet.until(() => owned(a) === 2, slackMs);
    expect(said(a)).toMatchObject([
      { kind: 'peers-watched', forMs: javaLeaderMs },
      { kind: 'peers-watched', forMs: watchMs, peers: { mode: 'CLIENT_VERSION_3X' } },
    ]);
  });

  it('joins a fleet in a mode of 2.x, whose loads move', async () => {
    const fleet = createFleet(shards(2));
    setMode(fleet, 'UPGRADE_FROM_2X');
    publish(fleet, 'java-1', 1);
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 500);
    publish(fleet, 'java-1', 2);
    await fleet.time.advance(3 * recheckMs);
    expect([state(a), said(a)]).toEqual(['working', []]);
  });

  it('a stop while it watches ends at once', async () => {
    const fleet = createFleet(shards(2));
    lock(fleet, 'dead');
    const a = fleet.start('a');
    await fleet.until(() => state(a) === 'watching', 500);
    const stopped = a.coordinator.stop(1000);
    await fleet.time.advance(200);
    await expect(stopped).resolves.toEqual({ clean: true });
    await a.ran;
    expect([a.failure, owned(a), ...writes.map((operation) => sent(a, operation))]).toEqual([undefined, 0, 0, 0, 0, 0]);
  });

  it('goes on watching over a table that does not answer for a while, and shows that it turns', async () => {
    const fleet = createFleet(shards(2));
    setMode(fleet, '3X');
    const a = fleet.start('a');
    await fleet.until(() => state(a) === 'watching', 500);
    a.weather.before = unreachable;
    await fleet.time.advance(watchMs);
    expect(fleet.time.nowMs() - a.coordinator.lastTickMs()).toBeLessThan(slackMs);
    expect(state(a)).toBe('watching');
    a.weather.before = () => undefined;
    await fleet.until(() => owned(a) === 2, slackMs);
  });

  it('a note that cannot be written costs the next start its watch, and nothing else', async () => {
    const fleet = createFleet(shards(2));
    free(fleet, 2);
    setMode(fleet, '3X');
    const a = fleet.start('a', { peers: { ...defaultPeersTimes, watchMs: 10_000 } });
    a.weather.before = (call) => (call.operation === 'vouch' ? unreachable() : undefined);
    await fleet.until(() => owned(a) === 2, 10_000 + slackMs);
    expect(vouching(a)).toEqual(['failed']);
    const b = fleet.start('b');
    await fleet.until(() => state(b) === 'watching', 500);
  });
});

describe('while it runs', () => {
  it('a leader that appears restrains it: it keeps what it holds and takes nothing, until the leader is gone for long enough', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 500);
    setMode(fleet, '3X');
    const java = leader(fleet);
    await fleet.until(() => state(a) === 'restrained', recheckMs + slackMs);
    fleet.listing = shards(3);
    free(fleet, 4, 2);
    const before = writes.map((operation) => sent(a, operation));
    const renewals = sent(a, 'renew');
    await fleet.time.advance(5 * recheckMs);
    expect(writes.map((operation) => sent(a, operation))).toEqual(before);
    expect([state(a), owned(a), said(a).map(({ kind }) => kind)]).toEqual(['restrained', 2, ['peers-appeared']]);
    expect(sent(a, 'renew')).toBeGreaterThan(renewals + 10);
    java.stop();
    fleet.table.apply('Leader', { kind: 'deleted' });
    await fleet.time.advance(watchMs);
    expect(state(a)).toBe('restrained');
    await fleet.until(() => state(a) === 'working', 2 * recheckMs + slackMs);
    await fleet.until(() => owned(a) === 4, slackMs);
    expect(said(a).map(({ kind }) => kind)).toEqual(['peers-appeared', 'peers-gone']);
    expect(a.failure).toBeUndefined();
  });

  it('children of a shard that it reads to its end are created all the same', async () => {
    const fleet = createFleet(shards(1));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 1, 500);
    leader(fleet);
    await fleet.until(() => state(a) === 'restrained', recheckMs + slackMs);
    const [held] = a.reading.values();
    const finished = held?.finish([{ shardId: 'left', parents: ['shard-0'] }]);
    await fleet.time.advance(1000);
    await finished;
    expect([fleet.table.lease('left')?.owner, fleet.table.lease('shard-0')?.position.kind]).toEqual([undefined, 'shard-end']);
  });

  it('a fleet that turns to 3X restrains it, and one that turns back lets it go on', async () => {
    const fleet = createFleet(shards(2));
    setMode(fleet, 'UPGRADE_FROM_2X');
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 500);
    setMode(fleet, '3X_WITH_ROLLBACK');
    await fleet.until(() => state(a) === 'restrained', recheckMs + slackMs);
    setMode(fleet, '2X');
    await fleet.until(() => state(a) === 'working', recheckMs + slackMs);
  });

  it('a dead fleet’s leftovers do not restrain it, however long it runs', async () => {
    const fleet = createFleet(shards(2));
    setMode(fleet, '3X');
    lock(fleet, 'dead');
    publish(fleet, 'java-1', 1);
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, javaLeaderMs + slackMs);
    await fleet.time.advance(10 * recheckMs);
    expect([state(a), said(a).map(({ kind }) => kind)]).toEqual(['working', ['peers-watched']]);
  });

  it('looks once a period, and not at the loads', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 500);
    const before = sent(a, 'peers');
    await fleet.time.advance(5 * recheckMs);
    expect(sent(a, 'peers') - before).toBe(5);
    publish(fleet, 'java-1', 1);
    await fleet.time.advance(2 * recheckMs);
    expect(state(a)).toBe('working');
  });

  it('a look that is not answered is made up for by the next', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 500);
    a.weather.before = (call) => (call.operation === 'peers' ? unreachable() : undefined);
    lock(fleet, 'one');
    await fleet.time.advance(recheckMs + slackMs);
    expect(state(a)).toBe('working');
    a.weather.before = () => undefined;
    await fleet.until(() => state(a) === 'restrained', recheckMs);
  });
});
