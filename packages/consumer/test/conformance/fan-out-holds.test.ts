// What a shard reading by enhanced fan-out holds: of the byte budget, and of sockets, timers and listeners, however it ends.
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { unpacked } from '../../src/aggregation/unpack.ts';
import { aggregate } from '../../src/testing/index.ts';
import { after, budgetBytes, one, type Reading, readingOn, release, texts, transports, two } from '../support/fan-out-reading.ts';
import { shard } from '../support/records.ts';

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

  test('is charged for what aggregates become, until they are released', async () => {
    const { begin, budget, batches } = await readingOn(transport);
    const payload = aggregate(Array.from({ length: 100 }, (_, index) => ({ partitionKey: 'key', data: Buffer.from(String(index)) })));
    const { first } = await begin({ records: [{ sequence: '1', payload }], continuation: '1' });
    if (first.done === true) throw new Error('It is over.');
    const raw = { open: () => Readable.from([first.value]) };
    const single = unpacked(raw, { outsideShard: 'deliver', bufferBytes: budgetBytes, turn: async () => undefined, onEvent: () => undefined });
    const before = budget.used();
    for await (const batch of single.open(shard, { kind: 'trim-horizon' }, { signal: new AbortController().signal })) {
      expect([batch.records.length, budget.used()]).toEqual([100, batch.retainedBytes]);
      expect(budget.used()).toBeGreaterThan(before + 100 * 100);
      batch.release();
    }
    await batches.return?.();
    expect(budget.used()).toBe(0);
  });
});
