// Which streams a fleet reads, and what is said about those that it cannot.
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import { createStreamFinder } from '../../src/streams/stream-finder.ts';
import { memoryKinesis, type ServiceHook } from '../../src/testing/index.ts';
import type { ConsumerEvent, StartPosition } from '../../src/types.ts';
import { turn, virtualTime } from '../support/time.ts';

const never = new AbortController().signal;
const startMs = 1_790_000_000_000;
const key = (stream: string, createdAtS = startMs / 1_000) => `000000000000:${stream}:${createdAtS}`;
const denied = () => new ConsumerError('STREAM_DENIED', 'no entry', { retryable: false });
const missing = { code: 'STREAM_MISSING' };

interface Options {
  readonly streams: readonly string[];
  readonly start?: StartPosition;
  readonly hook?: ServiceHook;
}

function finderOf({ streams, start = { kind: 'trim-horizon' }, hook = () => undefined }: Options) {
  const time = virtualTime();
  const machine = time.machine(1, { wallMs: startMs });
  const kinesis = memoryKinesis({ clock: machine.clock });
  const events: ConsumerEvent[] = [];
  const finder = createStreamFinder({ service: kinesis.intercept(hook), streams, start, machine, onEvent: (event) => events.push(event) });
  return {
    time,
    kinesis,
    events,
    finder,
    create: (...names: readonly string[]) => {
      for (const name of names) kinesis.createStream(name);
    },
    names: async () => (await finder.find(never)).map(({ stream }) => stream),
    said: () => events.map((event) => [event.kind, 'stream' in event ? event.stream : undefined]),
  };
}

describe('one stream', () => {
  test.each(['orders', 'arn:aws:kinesis:us-east-1:000000000000:stream/orders'])(
    'as %s: without a name in its keys, and never looked for again',
    async (stream) => {
      const { finder, create } = finderOf({ streams: [stream] });
      create('orders');
      const [found, ...others] = await finder.find(never);
      expect([found?.stream, found?.leaseKey('shard-1'), found?.start, others]).toEqual([undefined, 'shard-1', { kind: 'trim-horizon' }, []]);
      expect(finder.changes).toBe(false);
      expect([finder.of(undefined)?.stream, finder.of(key('orders'))]).toEqual([stream, undefined]);
    },
  );

  test('says what tells it from another of its name, and how long it keeps records', async () => {
    const { finder, create } = finderOf({ streams: ['orders'] });
    create('orders');
    const [found] = await finder.find(never);
    expect(finder.of(undefined)?.retentionMs).toBeUndefined();
    expect(await found?.identify?.(never)).toEqual({ arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders', createdAtS: startMs / 1_000 });
    expect(finder.of(undefined)?.retentionMs).toBe(86_400_000);
  });

  test('that is not there is an error of whoever asks', async () => {
    const { finder } = finderOf({ streams: ['orders'] });
    const [found] = await finder.find(never);
    await expect(found?.identify?.(never)).rejects.toMatchObject(missing);
    await expect(found?.listShards(never)).rejects.toMatchObject(missing);
  });

  test('that throttles is asked again, and that is said', async () => {
    let refusals = 2;
    const { finder, create, time, said } = finderOf({ streams: ['orders'], hook: () => (refusals-- > 0 ? { kind: 'throttle' } : undefined) });
    create('orders');
    const [found] = await finder.find(never);
    const listed = found?.listShards(never);
    await time.advance(60_000);
    expect(await listed).toHaveLength(1);
    expect(said()).toEqual([
      ['listing-failed', 'orders'],
      ['listing-failed', 'orders'],
    ]);
  });
});

test('a start at a time is a position without one, and lists the shards of then', async () => {
  const atMs = startMs + 1_000;
  const asked: unknown[] = [];
  const { finder, create, time } = finderOf({
    streams: ['orders'],
    start: { kind: 'timestamp', atMs },
    hook: (call) => void asked.push(call),
  });
  create('orders');
  await time.advance(2_000);
  const [found] = await finder.find(never);
  expect(found?.start).toEqual({ kind: 'at-timestamp' });
  expect(await found?.listAtStart?.(never)).toHaveLength(1);
  expect(asked).toEqual([{ operation: 'listShards', stream: 'orders', openAtMs: atMs }]);
});

describe('several streams', () => {
  test('have keys that name each', async () => {
    const { finder, create } = finderOf({ streams: ['b', 'a'] });
    create('a', 'b');
    const found = await finder.find(never);
    expect(found.map(({ stream, leaseKey }) => [stream, leaseKey('shard-1')])).toEqual([
      [key('b'), `${key('b')}:shard-1`],
      [key('a'), `${key('a')}:shard-1`],
    ]);
    expect([finder.changes, finder.of(key('a'))?.stream, finder.of(undefined)]).toEqual([true, 'a', undefined]);
  });

  test('one of them named twice, by its name and its ARN, is one', async () => {
    const { names, create } = finderOf({ streams: ['a', 'arn:aws:kinesis:us-east-1:000000000000:stream/a', 'b'] });
    create('a', 'b');
    expect(await names()).toEqual([key('a'), key('b')]);
  });

  test('come without the one that is refused, which is said each time, and tried again', async () => {
    const { names, create, said } = finderOf({ streams: ['a', 'b'] });
    create('a');
    expect([await names(), await names()]).toEqual([[key('a')], [key('a')]]);
    create('b');
    expect(await names()).toEqual([key('a'), key('b')]);
    expect(said()).toEqual([
      ['stream-refused', 'b'],
      ['stream-refused', 'b'],
    ]);
  });

  test('of which all are refused are an error', async () => {
    const { finder, said } = finderOf({ streams: ['a', 'b'] });
    await expect(finder.find(never)).rejects.toMatchObject(missing);
    expect(said()).toHaveLength(2);
  });

  test('one whose answer says too little for its keys is refused like any other', async () => {
    const { service } = memoryKinesis({ clock: { wallMs: () => startMs } });
    const events: ConsumerEvent[] = [];
    const finder = createStreamFinder({
      service: {
        ...service,
        describe: async (name) => ({ name, arn: `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`, ...(name === 'a' ? { createdAtS: 1 } : {}) }),
      },
      streams: ['a', 'b'],
      start: { kind: 'latest' },
      machine: virtualTime().machine(1),
      onEvent: (event) => events.push(event),
    });
    expect((await finder.find(never)).map(({ stream }) => stream)).toEqual([key('a', 1)]);
    expect(events).toMatchObject([{ kind: 'stream-refused', stream: 'b', error: { code: 'OPTIONS_INVALID' } }]);
  });

  test('a changed retention is known with the next look, to those who read already', async () => {
    const { finder, names, create, kinesis } = finderOf({ streams: ['a', 'b'] });
    create('a', 'b');
    await names();
    const before = finder.of(key('a'));
    kinesis.retain('a', 5);
    await names();
    expect([before?.retentionMs, finder.of(key('a'))]).toEqual([5, before]);
  });

  test('are asked about a few at a time', async () => {
    const streams = Array.from({ length: 30 }, (_, index) => `stream-${index}`);
    const gate = Promise.withResolvers<undefined>();
    let asked = 0;
    const { names, create } = finderOf({
      streams,
      hook(call) {
        if (call.operation !== 'describe') return undefined;
        asked += 1;
        return gate.promise;
      },
    });
    create(...streams);
    const found = names();
    await turn();
    expect(asked).toBe(8);
    gate.resolve(undefined);
    expect(await found).toEqual(streams.map((stream) => key(stream)));
  });
});

describe('a pattern', () => {
  test('finds what matches now: what comes, what goes, what is made anew', async () => {
    const { names, create, kinesis, time, finder } = finderOf({ streams: ['orders-*'] });
    create('other');
    expect(await names()).toEqual([]);
    create('orders-eu');
    expect(await names()).toEqual([key('orders-eu')]);
    await time.advance(1_000);
    create('orders-us');
    expect(await names()).toEqual([key('orders-eu'), key('orders-us', startMs / 1_000 + 1)]);
    kinesis.deleteStream('orders-eu');
    expect(await names()).toEqual([key('orders-us', startMs / 1_000 + 1)]);
    expect(finder.of(key('orders-eu'))).toBeUndefined();
    create('orders-eu');
    expect((await names()).toSorted()).toEqual([key('orders-eu', startMs / 1_000 + 1), key('orders-us', startMs / 1_000 + 1)]);
  });

  test('beside a name: both, each stream once; a name that is missing is said', async () => {
    const { names, create, said } = finderOf({ streams: ['*-eu', 'orders-eu', 'gone'] });
    create('orders-eu', 'stock-eu', 'stock-us');
    expect((await names()).toSorted()).toEqual([key('orders-eu'), key('stock-eu')]);
    expect(said()).toEqual([['stream-refused', 'gone']]);
  });

  test('whose streams cannot be listed is an error, and said: later on nobody listens for it', async () => {
    const { finder, said } = finderOf({
      streams: ['orders-*', 'named'],
      hook(call) {
        if (call.operation === 'list') throw denied();
        return undefined;
      },
    });
    await expect(finder.find(never)).rejects.toMatchObject({ code: 'STREAM_DENIED' });
    expect(said()).toEqual([['stream-refused', 'orders-*']]);
  });

  test('a stop while it is listed is no refusal', async () => {
    const stop = new AbortController();
    const { finder, said } = finderOf({ streams: ['*'], hook: () => new Promise(() => undefined) });
    const found = expect(finder.find(stop.signal)).rejects.toThrow('enough');
    stop.abort(new Error('enough'));
    await found;
    expect(said()).toEqual([]);
  });
});
