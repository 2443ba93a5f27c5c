// Shard readings by enhanced fan-out: what is handed on, and what follows each way in which a subscription may end.
import type { ChildShard } from '@shardfold/lease';
import { describe, expect, test } from 'vitest';
import { after, one, type Reading, readingOn, release, streamArn, texts, transports, two } from '../support/fan-out-reading.ts';
import type { ServedSubscription } from '../support/fan-out-server.ts';
import { shard } from '../support/records.ts';

const childOf = (shardId: string) => ({ shardId, parents: [shard.shardId], hashRange: { start: '0', end: '9' } });

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

  test.each([
    ['the operation is unknown', 'UnknownOperationException'],
    ['the policy does not allow it', 'AccessDeniedException'],
  ])('ends as refused where %s', async (_, name) => {
    const { server, batches } = await readingOn(transport);
    const pending = batches.next();
    (await server.subscription()).refuse(name);
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
