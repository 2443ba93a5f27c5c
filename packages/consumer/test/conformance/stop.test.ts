// How a whole consumer ends: drained, forced, by its processor, before it has begun, without servers; and that it is a guest in its
// process. Nothing is left open: leaks.ts looks after each file.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConsumer } from '../../src/create-consumer.ts';
import type { Processor } from '../../src/types.ts';
import { eventsOf, held, type Running, type Servers, startConsumer, startServers, stopCleanly, texts } from '../support/stack.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers('volume');
});
afterAll(() => servers.stop());

/** Has a batch in hand until the test says so, whatever becomes of its lease. */
function hanging() {
  const began = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const given: string[] = [];
  const processor: Processor = {
    process({ records }) {
      given.push(...records.map((record) => record.text()));
      began.resolve();
      return gate.promise;
    },
  };
  return { processor, given, began: began.promise, finish: gate.resolve };
}

/** A stream of two shards with records, and the fleet that reads it. */
async function fleetOf(name: string, records = 20) {
  await servers.createStream(name, 2);
  await servers.put(name, texts(name, records));
  return { application: name, streams: [name] };
}

const owners = async (table: string) => (await servers.leaseRows(table)).map(({ owner }) => owner);

describe('a stop', () => {
  test('finishes what is in hand, saves it and gives everything back; the next consumer reads nothing again', async () => {
    const fleet = await fleetOf('drained');
    const { processor, given, began, finish } = hanging();
    const a = startConsumer(servers, { ...fleet, processor });
    await began;
    const stopping = a.consumer.stop();
    expect(a.consumer.status().state).toBe('draining');
    finish();
    expect(await stopping).toEqual({ clean: true });
    await a.run;
    expect(a.consumer.status()).toMatchObject({ state: 'stopped', inFlightBytes: 0, loops: [] });
    expect([await owners('drained'), held(a)]).toEqual([[undefined, undefined], 0]);

    await servers.put('drained', ['next']);
    const rest = ['next', ...texts('drained', 20).filter((text) => !given.includes(text))];
    const b = startConsumer(servers, fleet);
    await b.until(() => b.seen.length >= rest.length);
    await stopCleanly(b);
    expect(b.seen.toSorted()).toEqual(rest.toSorted());
  });

  test('waits no longer than it may: what is in hand then is dropped, and its lease left to expire', async () => {
    const fleet = await fleetOf('late');
    const { processor, began } = hanging();
    const a = startConsumer(servers, { ...fleet, worker: 'a', processor, drainTimeoutMs: 50 });
    await began;
    await a.until(() => held(a) === 2 && a.consumer.status().shards.every(({ inFlightRecords }) => inFlightRecords > 0));
    expect(await a.consumer.stop()).toEqual({ clean: false });
    await a.run;
    expect(await owners('late')).toEqual(['a', 'a']);
    expect(eventsOf(a, 'lease-lost').map(({ reason }) => reason)).toEqual(['abandoned', 'abandoned']);
    const b = startConsumer(servers, { ...fleet, worker: 'b' });
    await b.until(() => b.seen.length >= 20);
    expect(b.seen.toSorted()).toEqual(texts('late', 20).toSorted());
    await stopCleanly(b);
  });

  test('a second one does not wait: both answer, the run ends, leases are left to expire', async () => {
    const fleet = await fleetOf('forced');
    const { processor, began } = hanging();
    const a = startConsumer(servers, { ...fleet, worker: 'a', processor, drainTimeoutMs: 3_600_000 });
    await began;
    await a.until(() => held(a) === 2);
    const first = a.consumer.stop();
    const second = a.consumer.stop();
    expect([await first, await second]).toEqual([{ clean: false }, { clean: false }]);
    await a.run;
    expect(await owners('forced')).toEqual(['a', 'a']);
    expect(a.consumer.status().state).toBe('stopped');
    expect(await a.consumer.stop(), 'a third one changes nothing').toEqual({ clean: false });
  });

  test('tells the processor which it is: drain for the first, lost for the second', async () => {
    const fleet = await fleetOf('told');
    const told: string[] = [];
    const began = Promise.withResolvers<void>();
    const a = startConsumer(servers, {
      ...fleet,
      processor: {
        process: (_batch, { drain, lost }) =>
          new Promise((_, reject) => {
            drain.addEventListener('abort', () => told.push('drain'), { once: true });
            lost.addEventListener('abort', () => reject(told.push('lost')), { once: true });
            began.resolve();
          }),
      },
    });
    await began.promise;
    await a.until(() => a.consumer.status().shards.every(({ inFlightRecords }) => inFlightRecords > 0));
    const first = a.consumer.stop();
    expect(told).toEqual(['drain', 'drain']);
    void a.consumer.stop();
    expect(told).toEqual(['drain', 'drain', 'lost', 'lost']);
    await first;
    await a.run;
  });

  test('is not held up by a batch that fails: nothing of it is saved', async () => {
    const fleet = await fleetOf('failing');
    const a = startConsumer(servers, {
      ...fleet,
      processor: {
        async process() {
          throw new Error('the database is down');
        },
      },
    });
    await a.until(() => eventsOf(a, 'batch-failed').length > 2);
    await stopCleanly(a);
    const rows = await servers.leaseRows('failing');
    expect(rows.map(({ checkpoint, owner }) => [checkpoint, owner])).toEqual([
      ['TRIM_HORIZON', undefined],
      ['TRIM_HORIZON', undefined],
    ]);
  });

  test('of its own processor, which throws then: nothing of that batch is saved', async () => {
    const fleet = await fleetOf('giving-up');
    const a: Running = startConsumer(servers, {
      ...fleet,
      processor: {
        async process() {
          void a.consumer.stop();
          throw new Error('this must not go on');
        },
      },
    });
    await a.run;
    const rows = await servers.leaseRows('giving-up');
    expect(new Set(rows.map(({ checkpoint, owner }) => `${checkpoint} ${owner}`))).toEqual(new Set(['TRIM_HORIZON undefined']));
    expect(a.consumer.status().state).toBe('stopped');
  });
});

describe('the signal of a run', () => {
  test('drains as a stop does', async () => {
    const fleet = await fleetOf('signalled');
    const stop = new AbortController();
    const { processor, began, finish } = hanging();
    const a = startConsumer(servers, { ...fleet, processor }, stop.signal);
    await began;
    stop.abort();
    expect(a.consumer.status().state).toBe('draining');
    finish();
    await a.run;
    const rows = await servers.leaseRows('signalled');
    expect(rows.map(({ owner }) => owner)).toEqual([undefined, undefined]);
    expect(rows.some(({ checkpoint }) => /^[0-9]+$/.test(checkpoint ?? ''))).toBe(true);
    expect(await a.consumer.stop(), 'what a stop answers afterwards').toEqual({ clean: true });
  });

  test('that is aborted before: nothing is asked of anybody', async () => {
    const a = startConsumer(servers, { application: 'never-made', streams: ['nowhere'] }, AbortSignal.abort());
    await a.run;
    expect([a.events, a.consumer.status().state]).toEqual([[], 'stopped']);
    await expect(servers.leaseRows('never-made')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('a stop comes at any time', () => {
  test('before the run, which ends at once then', async () => {
    const { access } = servers;
    const consumer = createConsumer({ ...access, application: 'too-early', streams: ['nowhere'], start: { kind: 'latest' }, processor: hanging().processor });
    expect(await consumer.stop()).toEqual({ clean: true });
    await consumer.run();
    await expect(servers.leaseRows('too-early')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('right after the run was called', async () => {
    const fleet = await fleetOf('at-once');
    const a = startConsumer(servers, fleet);
    await stopCleanly(a);
    expect(a.seen).toEqual([]);
  });

  test.each(['kinesis', 'dynamodb'] as const)('while %s does not answer', async (service) => {
    const fleet = await fleetOf(`without-${service}`);
    // Nobody listens there.
    const access = { ...servers.access, [service]: { endpoint: 'http://127.0.0.1:1', region: 'us-east-1' } };
    const a = startConsumer({ access }, fleet);
    await a.until(() => a.events.some(({ kind }) => kind === 'listing-failed' || kind === 'lease-table-unreachable'));
    await stopCleanly(a);
  });

  test('when it is over', async () => {
    const fleet = await fleetOf('over');
    const a = startConsumer(servers, fleet);
    await a.until(() => a.seen.length >= 20);
    await stopCleanly(a);
    expect([await a.consumer.stop(), await a.consumer.stop()]).toEqual([{ clean: true }, { clean: true }]);
  });
});

test('a consumer is run once', async () => {
  const fleet = await fleetOf('once');
  const a = startConsumer(servers, fleet);
  await expect(a.consumer.run()).rejects.toThrow('was run before');
  await a.until(() => a.seen.length >= 20);
  await stopCleanly(a);
  await expect(a.consumer.run()).rejects.toThrow('was run before');
  expect(a.seen).toHaveLength(20);
});

describe('a guest in its process', () => {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'exit', 'beforeExit', 'uncaughtException', 'unhandledRejection', 'warning', 'multipleResolves'];
  const listeners = () => Object.fromEntries(signals.map((name) => [name, process.listenerCount(name)]));

  test('two side by side share nothing: each reads everything, one is stopped and the other goes on', async () => {
    const { streams } = await fleetOf('side-by-side');
    const a = startConsumer(servers, { application: 'left', streams });
    const b = startConsumer(servers, { application: 'right', streams });
    await Promise.all([a.until(() => a.seen.length >= 20), b.until(() => b.seen.length >= 20)]);
    expect(a.seen.toSorted()).toEqual(b.seen.toSorted());
    const [first] = [a.consumer.stop(), a.consumer.stop()];
    await first;
    await a.run;
    await servers.put('side-by-side', ['later']);
    await b.until(() => b.seen.includes('later'));
    expect([a.consumer.status().state, b.consumer.status().state]).toEqual(['stopped', 'running']);
    await stopCleanly(b);
  });

  test('it listens to no signal and no event of the process, and nothing of it is rejected unheard', async () => {
    const fleet = await fleetOf('quiet-guest');
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      const before = listeners();
      const { processor, began } = hanging();
      const a = startConsumer(servers, { ...fleet, processor });
      await began;
      expect(listeners()).toEqual(before);
      void a.consumer.stop();
      void a.consumer.stop();
      await a.run;
      const missing = startConsumer(servers, { application: 'missing', streams: ['nowhere'] });
      await expect(missing.run).rejects.toMatchObject({ code: 'STREAM_MISSING' });
      expect(listeners()).toEqual(before);
    } finally {
      process.off('unhandledRejection', hear);
    }
    expect(unheard).toEqual([]);
  });
});
