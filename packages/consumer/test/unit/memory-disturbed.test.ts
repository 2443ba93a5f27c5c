// A service whose calls are disturbed: what the hook sees, and what becomes of the call.
import { describe, expect, test } from 'vitest';
import type { Page, StreamService } from '../../src/source/service.ts';
import { type Disturbance, memoryKinesis, type ServiceCall, type ServiceHook } from '../../src/testing/index.ts';
import { firstPage, never, textsOf } from '../support/memory-reading.ts';

function setUp(hook: ServiceHook) {
  const kinesis = memoryKinesis({ clock: { wallMs: () => 1_760_000_000_000 }, limits: 'aws' });
  kinesis.createStream('orders');
  for (const data of ['a', 'b', 'c']) kinesis.put('orders', { partitionKey: 'key', data });
  const [shard] = kinesis.openShards('orders');
  if (shard === undefined) throw new Error('a stream without shards');
  return { kinesis, shard, service: kinesis.intercept(hook) };
}

const every =
  (disturbance: Disturbance): ServiceHook =>
  () =>
    disturbance;
const onPages =
  (disturbance: Disturbance): ServiceHook =>
  ({ operation }) =>
    operation === 'page' ? disturbance : undefined;
const horizon = { kind: 'trim-horizon' } as const;

/** Every kind of call. */
function calls(service: StreamService, shard: ReturnType<typeof setUp>['shard'], iterator: string): readonly (() => Promise<unknown>)[] {
  return [
    () => service.list(never),
    () => service.describe('orders', never),
    () => service.listShards('orders', never),
    () => service.iterator(shard, horizon, never),
    () => service.page(shard, iterator, 1, never),
  ];
}

test('a hook sees every call with its arguments, and lets it through by saying nothing', async () => {
  const seen: ServiceCall[] = [];
  const { kinesis, shard, service } = setUp((call) => void seen.push(call));
  expect(await service.list(never)).toEqual(['orders']);
  expect(await service.describe('orders', never)).toEqual(await kinesis.service.describe('orders', never));
  expect(await service.listShards('orders', never)).toEqual(await kinesis.service.listShards('orders', never));
  await service.listShards('orders', never, 7);
  const iterator = await service.iterator(shard, horizon, never);
  expect(textsOf(await service.page(shard, iterator, 2, never))).toEqual(['a', 'b']);
  expect(seen).toEqual([
    { operation: 'list' },
    { operation: 'describe', stream: 'orders' },
    { operation: 'listShards', stream: 'orders' },
    { operation: 'listShards', stream: 'orders', openAtMs: 7 },
    { operation: 'iterator', shard, from: horizon },
    { operation: 'page', shard, iterator, limit: 2 },
  ]);
  expect(service.timeOf).toBe(kinesis.service.timeOf);
});

describe('a call is', () => {
  test.each<[Disturbance, string]>([
    [{ kind: 'throttle' }, 'STREAM_THROTTLED'],
    [{ kind: 'cut', when: 'before' }, 'STREAM_UNREACHABLE'],
    [{ kind: 'cut', when: 'after' }, 'STREAM_UNREACHABLE'],
  ])('refused by %j', async (disturbance, code) => {
    const { kinesis, shard, service } = setUp(every(disturbance));
    const iterator = await kinesis.service.iterator(shard, horizon, never);
    for (const call of calls(service, shard, iterator)) await expect(call()).rejects.toMatchObject({ code, retryable: true });
  });

  test.each<[Disturbance, number]>([
    [{ kind: 'throttle' }, 5],
    [{ kind: 'cut', when: 'before' }, 5],
    [{ kind: 'cut', when: 'after' }, 4],
  ])('carried out or not, by %j', async (disturbance, callsLeft) => {
    const { kinesis, shard, service } = setUp(onPages(disturbance));
    await expect(firstPage(service, shard, horizon)).rejects.toThrow();
    for (let call = 0; call < callsLeft; call += 1) await firstPage(kinesis.service, shard, horizon);
    await expect(firstPage(kinesis.service, shard, horizon), 'the shard’s calls of this second are used up').rejects.toMatchObject({
      code: 'STREAM_THROTTLED',
    });
  });

  test('refused by an expired iterator, which only pages have, and every later one with it', async () => {
    let left = 3;
    const { shard, service } = setUp(() => (left-- > 0 ? { kind: 'expire' } : undefined));
    expect(await service.list(never)).toEqual(['orders']);
    const iterator = await service.iterator(shard, horizon, never);
    for (let call = 0; call < 2; call += 1)
      await expect(service.page(shard, iterator, 1, never)).rejects.toMatchObject({ code: 'ITERATOR_EXPIRED', retryable: true });
    expect(textsOf(await firstPage(service, shard, horizon, 1)), 'a new one is good').toEqual(['a']);
  });

  test('refused with whatever the hook throws', async () => {
    const reason = new Error('broken');
    const { service } = setUp(() => {
      throw reason;
    });
    await expect(service.list(never)).rejects.toBe(reason);
  });

  test('under way until the hook’s promise is kept, and carried out then', async () => {
    const arrives = Promise.withResolvers<undefined>();
    const { kinesis, shard, service } = setUp(({ operation }) => (operation === 'iterator' ? arrives.promise : undefined));
    const pending = service.iterator(shard, { kind: 'latest' }, never);
    kinesis.put('orders', { partitionKey: 'key', data: 'before it arrives' });
    arrives.resolve(undefined);
    const iterator = await pending;
    kinesis.put('orders', { partitionKey: 'key', data: 'after' });
    expect(textsOf(await service.page(shard, iterator, 10, never))).toEqual(['after']);
  });

  test('carried out at once and answered late', async () => {
    const answered = Promise.withResolvers<void>();
    const { kinesis, shard, service } = setUp(({ operation }) => (operation === 'iterator' ? { kind: 'late', until: answered.promise } : undefined));
    const pending = service.iterator(shard, { kind: 'latest' }, never);
    kinesis.put('orders', { partitionKey: 'key', data: 'after' });
    answered.resolve();
    expect(textsOf(await service.page(shard, await pending, 10, never))).toEqual(['after']);
  });

  test.each<[string, ServiceHook]>([
    ['before it arrives', () => new Promise<undefined>(() => undefined)],
    ['before its answer does', every({ kind: 'late', until: new Promise(() => undefined) })],
  ])('given up by the caller’s signal %s', async (_when, hook) => {
    const { service } = setUp(hook);
    const stop = new AbortController();
    const pending = service.list(stop.signal);
    const reason = new Error('stop it');
    stop.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });

  test('never seen by the hook when the caller is gone already', async () => {
    const reason = new Error('stop it');
    const { service } = setUp(() => {
      throw new Error('seen');
    });
    await expect(service.list(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('a page is', () => {
  const first = async (disturbance: Disturbance): Promise<{ readonly page: Page; next(): Promise<Page> }> => {
    const { kinesis, shard, service } = setUp(onPages(disturbance));
    const page = await firstPage(service, shard, horizon);
    return { page, next: () => kinesis.service.page(shard, page.next ?? '', 10, never) };
  };

  test.each([0, 1, 2])('cut short to %i records, and goes on after them', async (records) => {
    const { page, next } = await first({ kind: 'short', records });
    expect(page.behindLatestMs).toBeGreaterThan(0);
    expect(textsOf(page)).toEqual(['a', 'b', 'c'].slice(0, records));
    expect(textsOf(await next())).toEqual(['a', 'b', 'c'].slice(records));
  });

  test('repeated by the next one', async () => {
    const { page, next } = await first({ kind: 'repeat' });
    expect(textsOf(page)).toEqual(['a', 'b', 'c']);
    expect(textsOf(await next())).toEqual(['a', 'b', 'c']);
  });

  test('no end of a closed shard when it is repeated', async () => {
    const { kinesis, shard, service } = setUp(onPages({ kind: 'repeat' }));
    kinesis.split('orders', shard.shardId);
    const page = await firstPage(service, shard, horizon);
    expect([page.next === undefined, page.children]).toEqual([false, undefined]);
  });
});

test('a reshard inside of a hook happens before the call that it sees', async () => {
  const { kinesis, shard, service } = setUp((call) => {
    if (call.operation === 'page') kinesis.split('orders', shard.shardId);
    return undefined;
  });
  const page = await firstPage(service, shard, horizon);
  expect([page.next, page.children?.length]).toEqual([undefined, 2]);
});

test('a stale listing is the one of the hook', async () => {
  const { kinesis } = setUp(() => undefined);
  const before = await kinesis.service.listShards('orders', never);
  const service = kinesis.intercept(every({ kind: 'stale', shards: before }));
  kinesis.split('orders', before[0]?.shardId ?? '');
  expect(await service.listShards('orders', never)).toEqual(before);
  expect(await kinesis.service.listShards('orders', never)).toHaveLength(3);
});
