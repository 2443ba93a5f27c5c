// Shard readings by enhanced fan-out through the real SDK and real sockets, against a server that does what the service does and
// what it should not. Time is virtual: pauses and watchdogs pass when the test says so.
import { getEventListeners } from 'node:events';
import type { ChildShard } from '@shardfold/lease';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFanOut } from '../../src/fan-out/fan-out.ts';
import { type ByteBudget, createByteBudget } from '../../src/memory/byte-budget.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch } from '../../src/types.ts';
import { fanOutServer, type ServedSubscription, type Transport } from '../support/fan-out-server.ts';
import type { ServedEvent } from '../support/fan-out-server-frames.ts';
import { shard } from '../support/records.ts';
import { virtualTime } from '../support/time.ts';

const budgetBytes = 100_000;
const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';
const horizon: ReadFrom = { kind: 'trim-horizon' };
const one = { records: [{ sequence: '1', payload: 'one' }], continuation: '1' };
const two = { records: [{ sequence: '2', payload: 'two' }], continuation: '2' };
const childOf = (shardId: string) => ({ shardId, parents: [shard.shardId], hashRange: { start: '0', end: '9' } });
const after = (sequence: string) => ({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: sequence });

/** Says when somebody has to wait for room. */
function watchedBudget() {
  const budget = createByteBudget(budgetBytes);
  const waits = Promise.withResolvers<void>();
  return {
    waits: waits.promise,
    used: budget.used,
    reserve(...asked: Parameters<ByteBudget['reserve']>) {
      const before = budget.used();
      const granted = budget.reserve(...asked);
      if (budget.used() === before) waits.resolve();
      return granted;
    },
  };
}

/** A reading under way, with everything it says. */
async function readingOn(transport: Transport, { from = horizon, listed = [shard.shardId] }: { from?: ReadFrom; listed?: readonly string[] } = {}) {
  const server = await fanOutServer(transport);
  const time = virtualTime();
  const machine = time.machine(1);
  const budget = watchedBudget();
  const events: ConsumerEvent[] = [];
  const told: (() => void)[] = [];
  const fanOut = createFanOut({
    access: { endpoint: server.url, region: 'us-east-1', http2: transport === 'http/2' },
    application: 'app',
    service: {
      describe: async () => ({ name: shard.stream, arn: streamArn }),
      listShards: async () => listed.map((shardId) => ({ shardId, parents: [], closed: false })),
    },
    machine,
    budget,
    onEvent(event) {
      events.push(event);
      for (const tell of told.splice(0)) tell();
    },
  });
  const stop = new AbortController();
  const batches = fanOut.source.open(shard, from, { signal: stop.signal })[Symbol.asyncIterator]();
  open.push(async () => {
    stop.abort(new Error('the test is over'));
    await batches.return?.();
    fanOut.close();
    await server.stop();
  });
  return {
    server,
    time,
    machine,
    budget,
    events,
    stop,
    batches,
    /** Resolves with the next event of the reading. */
    event: async () => {
      if (events.length === 0) await new Promise<void>((resolve) => told.push(resolve));
      return events.shift();
    },
    /** Asks for a batch, agrees to the subscription that this needs, and has it send. */
    async begin(...sent: readonly ServedEvent[]) {
      const first = batches.next();
      const subscription = (await server.subscription()).accept().send(...sent);
      return { subscription, first: await first };
    },
  };
}

type Reading = Awaited<ReturnType<typeof readingOn>>;

const texts = (result: IteratorResult<RecordBatch>): readonly string[] =>
  result.done === true ? ['over'] : result.value.records.map((record) => record.text());

function release(result: IteratorResult<RecordBatch>): void {
  if (result.done !== true) result.value.release();
}

const open: (() => Promise<void>)[] = [];

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
  vi.unstubAllEnvs();
});

const transports: readonly Transport[] = ['http/2', 'http/1.1'];

describe.each(transports)('a reading by fan-out over %s', (transport) => {
  test('registers its consumer once, and hands on what comes until the shard ends with its children', async () => {
    const { server, batches, budget, begin, events } = await readingOn(transport);
    const { subscription, first } = await begin(one, { ...two, behindLatestMs: 7 }, { children: ['left', 'right'].map(childOf) });
    expect(subscription.input).toMatchObject({
      ConsumerARN: `${streamArn}/consumer/app:1`,
      ShardId: shard.shardId,
      StartingPosition: { Type: 'TRIM_HORIZON' },
    });
    expect(texts(first)).toEqual(['one']);
    expect(first.value).toMatchObject({ records: [{ sequence: '1', subSequence: 0, partitionKey: 'key', arrivalMs: 1_700_000_000_500, shard }] });
    expect(budget.used()).toBe(first.value.retainedBytes);
    first.value.release();
    expect(() => first.value.records[0]?.text()).toThrow(/released/);
    const second = await batches.next();
    expect([texts(second), second.value.behindLatestMs]).toEqual([['two'], 7]);
    release(second);
    const last = await batches.next();
    expect(last.value.children).toEqual(['left', 'right'].map(childOf));
    release(last);
    expect(await batches.next()).toEqual({ done: true, value: undefined });
    await subscription.closed;
    expect([server.consumers, events, budget.used()]).toEqual([['app'], [], 0]);
  });

  test('records of the last event come before the end', async () => {
    const { batches, begin } = await readingOn(transport);
    const { first } = await begin({ ...one, children: [childOf('only')] });
    expect([texts(first), first.value.children.length]).toEqual([['one'], 1]);
    expect((await batches.next()).done).toBe(true);
  });

  test('renews at once after the usual end, after the continuation of an empty event, and says nothing', async () => {
    const { server, time, batches, begin, events } = await readingOn(transport);
    const { subscription, first } = await begin(one, { continuation: '9' });
    release(first);
    release(await batches.next());
    await time.advance(6_000);
    subscription.end();
    const pending = batches.next();
    const renewed = await server.subscription();
    expect(renewed.input.StartingPosition).toEqual(after('9'));
    renewed.accept().send(two);
    expect([texts(await pending), events]).toEqual([['two'], []]);
  });

  test('continues after the last record where an event has no continuation', async () => {
    const { server, time, batches, begin } = await readingOn(transport);
    const { subscription } = await begin({ records: one.records });
    await time.advance(6_000);
    subscription.end();
    batches.next().catch(() => undefined);
    expect((await server.subscription()).input.StartingPosition).toEqual(after('1'));
  });

  test.each<[string, (reading: Reading, subscription: ServedSubscription) => unknown]>([
    ['a frame with a wrong checksum', (_, subscription) => subscription.garble(two)],
    ['an answer that ends inside a frame', (_, subscription) => subscription.cut(two)],
    ['an answer that ends inside the length of a frame', (_, subscription) => [subscription.raw(new Uint8Array(2)), subscription.end()]],
    ['something that is no frame', (_, subscription) => subscription.raw(Buffer.from('{"message":"I know no fan-out"}'))],
    ['a connection that is reset', (_, subscription) => subscription.reset()],
    ['an internal failure', (_, subscription) => subscription.exception('InternalFailureException')],
    ['a key that is throttled', (_, subscription) => subscription.exception('KMSThrottlingException')],
    ['children that make no sense', (_, subscription) => subscription.send({ continuation: '1', children: [{} as ChildShard] })],
    ['an end that comes at once', (_, subscription) => subscription.end()],
    ['a silence', ({ time }) => time.advance(30_000)],
  ])('subscribes again, after a pause, after %s', async (_, break_) => {
    const reading = await readingOn(transport);
    const { server, time, batches, begin, budget } = reading;
    const { subscription, first } = await begin(one);
    release(first);
    const pending = batches.next();
    await break_(reading, subscription);
    const event = await reading.event();
    expect(event).toMatchObject({ kind: 'fetch-failed', error: { retryable: true } });
    await subscription.closed;
    expect(server.untaken()).toBe(0);
    await time.advance(event?.kind === 'fetch-failed' ? event.retryInMs : 0);
    const again = await server.subscription();
    expect(again.input.StartingPosition).toEqual(after('1'));
    again.accept().send(two);
    const second = await pending;
    expect(texts(second)).toEqual(['two']);
    release(second);
    expect(budget.used()).toBe(0);
  });

  test('takes a subscription from the latest that broke before its first event up at the moment when it was asked for', async () => {
    const { server, time, machine, batches, event } = await readingOn(transport, { from: { kind: 'latest' } });
    machine.jumpWall(1_760_000_000_000);
    batches.next().catch(() => undefined);
    (await server.subscription()).refuse('LimitExceededException');
    for (const position of [{ Type: 'LATEST' }, { Type: 'AT_TIMESTAMP', Timestamp: expect.any(Number) }]) {
      const failed = await event();
      await time.advance(failed?.kind === 'fetch-failed' ? failed.retryInMs : 0);
      const subscription = await server.subscription();
      expect(subscription.input.StartingPosition).toEqual(position);
      subscription.accept().exception('InternalFailureException');
    }
  });

  test('waits for a subscription that is still open elsewhere, with growing pauses', async () => {
    const { server, time, batches, event } = await readingOn(transport);
    const pending = batches.next();
    const pauses: number[] = [];
    for (let refusal = 0; refusal < 3; refusal += 1) {
      (await server.subscription()).refuse('ResourceInUseException');
      const failed = await event();
      expect(failed).toMatchObject({ kind: 'fetch-failed', error: { code: 'STREAM_UNREACHABLE' } });
      pauses.push(failed?.kind === 'fetch-failed' ? failed.retryInMs : 0);
      await time.advance(pauses.at(-1) ?? 0);
    }
    (await server.subscription()).accept().send(one);
    expect(texts(await pending)).toEqual(['one']);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses[0]).toBeGreaterThanOrEqual(1_000);
  });

  test('leaves a subscription that another worker took over to it for five seconds', async () => {
    const { time, batches, begin, event } = await readingOn(transport);
    const { subscription } = await begin(one);
    await time.advance(8_000);
    batches.next().catch(() => undefined);
    subscription.exception('ResourceInUseException');
    const failed = await event();
    expect(failed?.kind === 'fetch-failed' && failed.retryInMs).toBeGreaterThanOrEqual(5_000);
  });

  test('ends as sorted when the service will not have it', async () => {
    const { server, batches, events, budget } = await readingOn(transport);
    const pending = batches.next();
    (await server.subscription()).refuse('InvalidArgumentException');
    await expect(pending).rejects.toMatchObject({ code: 'POSITION_INVALID' });
    expect([events, budget.used()]).toEqual([[], 0]);
  });

  test('ends as refused where the operation is unknown', async () => {
    const { server, batches } = await readingOn(transport);
    const pending = batches.next();
    (await server.subscription()).refuse('UnknownOperationException');
    await expect(pending).rejects.toMatchObject({ code: 'FAN_OUT_REFUSED', retryable: false });
  });

  test('tells a shard that is gone from a consumer that is', async () => {
    const gone = await readingOn(transport, { listed: ['another'] });
    const pending = gone.batches.next();
    (await gone.server.subscription()).refuse('ResourceNotFoundException');
    await expect(pending).rejects.toMatchObject({ code: 'SHARD_GONE' });
  });

  test('registers again when somebody took its consumer away', async () => {
    const { server, time, batches, begin, event } = await readingOn(transport);
    const { subscription } = await begin(one);
    server.consumers.length = 0;
    const pending = batches.next();
    subscription.exception('ResourceNotFoundException');
    const failed = await event();
    expect(failed).toMatchObject({ kind: 'fetch-failed', error: { code: 'STREAM_UNREACHABLE', retryable: true } });
    expect(server.consumers).toEqual(['app']);
    await time.advance(failed?.kind === 'fetch-failed' ? failed.retryInMs : 0);
    (await server.subscription()).accept().send(two);
    expect(texts(await pending)).toEqual(['two']);
  });
});

describe.each(transports)('what a reading over %s holds', (transport) => {
  const large = { records: [{ sequence: '2', payload: 'x'.repeat(30_000) }], continuation: '2' };

  test('drops the subscription while nobody asks for more, and goes on without a word', async () => {
    const { server, time, batches, begin, events } = await readingOn(transport);
    const { subscription, first } = await begin(one);
    release(first);
    await time.advance(10_000);
    await subscription.closed;
    expect(server.untaken()).toBe(0);
    const pending = batches.next();
    const again = await server.subscription();
    expect(again.input.StartingPosition).toEqual(after('1'));
    again.accept().send(two);
    expect([texts(await pending), events]).toEqual([['two'], []]);
  });

  test('takes no event that does not fit; drops the subscription, and opens it again when there is room', async () => {
    const { server, time, batches, begin, budget, events, machine } = await readingOn(transport);
    const { subscription, first } = await begin(one);
    release(first);
    const { reservation } = await budget.reserve({ wanted: 90_000, minimum: 90_000 }, new AbortController().signal);
    const pending = batches.next();
    subscription.send(large);
    await budget.waits;
    await time.advance(10_000);
    await subscription.closed;
    await time.advance(100_000);
    expect([server.untaken(), budget.used(), machine.armed()]).toEqual([0, 90_000, 0]);
    reservation.release();
    const again = await server.subscription();
    expect(again.input.StartingPosition).toEqual(after('1'));
    expect(budget.used()).toBeGreaterThan(40_000);
    again.accept().send(large);
    const second = await pending;
    expect(budget.used()).toBe(second.value.retainedBytes);
    release(second);
    expect([budget.used(), events]).toEqual([0, []]);
  });

  test('holds nothing while a shard is idle', async () => {
    const { batches, begin, budget } = await readingOn(transport);
    const { subscription, first } = await begin({ continuation: '5' });
    expect([texts(first), first.value.retainedBytes, budget.used()]).toEqual([[], 0, 0]);
    const pending = batches.next();
    subscription.send(one);
    expect(texts(await pending)).toEqual(['one']);
  });

  test.each<[string, (reading: Reading) => Promise<unknown>]>([
    ['before the service answers', async ({ server }) => server.subscription()],
    ['waiting for an event', async ({ server }) => void (await server.subscription()).accept()],
    [
      'waiting for room',
      async ({ server, budget }) => {
        const subscription = (await server.subscription()).accept();
        await budget.reserve({ wanted: 90_000, minimum: 90_000 }, new AbortController().signal);
        subscription.send(large);
        await budget.waits;
      },
    ],
    [
      'between two subscriptions',
      async ({ server, event }) => {
        (await server.subscription()).refuse('LimitExceededException');
        await event();
      },
    ],
  ])('an abort ends it at once %s: nothing stays open, and nobody listens any more', async (_, reach) => {
    const reading = await readingOn(transport);
    const { stop, batches, machine, server } = reading;
    const pending = batches.next();
    await reach(reading);
    await reading.time.advance(0);
    const reason = new Error('stop it');
    stop.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect([machine.armed(), getEventListeners(stop.signal, 'abort').length, server.untaken()]).toEqual([0, 0, 0]);
  });

  test('an abort between two batches closes the subscription before anybody asks again', async () => {
    const { stop, batches, begin, machine } = await readingOn(transport);
    const { subscription } = await begin(one);
    const reason = new Error('stop it');
    stop.abort(reason);
    await subscription.closed;
    await expect(batches.next()).rejects.toBe(reason);
    expect([machine.armed(), getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
  });

  test('whoever stops reading leaves nothing open', async () => {
    const { stop, batches, begin, machine, budget } = await readingOn(transport);
    const { subscription, first } = await begin(one, two);
    release(first);
    await batches.return?.();
    await subscription.closed;
    expect([machine.armed(), getEventListeners(stop.signal, 'abort').length, budget.used()]).toEqual([0, 0, 0]);
  });
});
