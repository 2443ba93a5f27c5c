// Which streams a consumer reads, and under which keys: one by name or ARN, several, those that match a pattern while they come
// and go. On kinesis-local, which knows streams by their ARNs (kinesalite does not).
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ConsumerOptions } from '../../src/options.ts';
import type { RecordBatch } from '../../src/types.ts';
import { eventsOf, held, type Servers, startConsumer, startServers, stopCleanly, texts } from '../support/stack.ts';

const shard0 = 'shardId-000000000000';
const multiKey = (stream: string) => new RegExp(`^000000000000:${stream}:[0-9]{10}:shardId-[0-9]{12}$`);

let servers: Servers;
beforeAll(async () => {
  servers = await startServers('semantics');
});
afterAll(() => servers.stop());

/** Two streams of one name are told apart by the second of their creation; at AWS a deletion takes longer. */
async function nextSecond(): Promise<void> {
  const nowS = Math.floor(Date.now() / 1_000);
  await vi.waitFor(() => expect(Math.floor(Date.now() / 1_000)).toBeGreaterThan(nowS), { timeout: 5_000 });
}

/** Keeps each record's text beside the stream of its shard and of the shard that it was given with. */
function byStream() {
  const seen: { readonly text: string; readonly stream: string; readonly given: string }[] = [];
  const processor: ConsumerOptions['processor'] = {
    async process({ records }: RecordBatch, { shard }) {
      seen.push(...records.map((record) => ({ text: record.text(), stream: record.shard.stream, given: shard.stream })));
    },
  };
  return { seen, processor, textsOf: (stream: string) => seen.filter((each) => each.stream === stream).map(({ text }) => text) };
}

describe('one stream', () => {
  test.each(['name', 'ARN'])('by its %s has the keys of the KCL for one stream', async (by) => {
    const stream = `one-by-${by.toLowerCase()}`;
    await servers.createStream(stream, 2);
    await servers.put(stream, texts(stream, 20));
    const named = by === 'ARN' ? await servers.arnOf(stream) : stream;
    expect(named.startsWith('arn:')).toBe(by === 'ARN');
    const a = startConsumer(servers, { application: stream, streams: [named] });
    await a.until(() => a.seen.length >= 20);
    expect(a.seen.toSorted()).toEqual(texts(stream, 20).toSorted());
    expect(a.consumer.status().shards.map(({ shard }) => shard.stream)).toEqual([named, named]);
    await stopCleanly(a);
    const rows = await servers.leaseRows(stream);
    expect(rows).toMatchObject([
      { key: shard0, stream: undefined, owner: undefined },
      { key: 'shardId-000000000001', stream: undefined, owner: undefined },
    ]);
  });

  test('is gone on with by its ARN where it was left by its name', async () => {
    await servers.createStream('renamed', 1);
    await servers.put('renamed', ['by name']);
    const a = startConsumer(servers, { application: 'renaming', streams: ['renamed'] });
    await a.until(() => a.seen.length > 0);
    await stopCleanly(a);
    await servers.put('renamed', ['by ARN']);
    const b = startConsumer(servers, { application: 'renaming', streams: [await servers.arnOf('renamed')] });
    await b.until(() => b.seen.length > 0);
    await stopCleanly(b);
    expect(b.seen).toEqual(['by ARN']);
  });
});

describe('several streams', () => {
  test('have keys that name them, and each record its stream', async () => {
    await servers.createStream('two-a', 2);
    await servers.createStream('two-b', 1);
    await servers.put('two-a', texts('a', 20));
    await servers.put('two-b', texts('b', 20));
    const { seen, processor, textsOf } = byStream();
    const a = startConsumer(servers, { application: 'two', streams: ['two-a', 'two-b'], processor });
    await a.until(() => seen.length >= 40);
    expect(textsOf('two-a').toSorted()).toEqual(texts('a', 20).toSorted());
    expect(textsOf('two-b')).toEqual(texts('b', 20));
    expect(seen.filter(({ stream, given }) => stream !== given)).toEqual([]);
    await stopCleanly(a);
    const rows = await servers.leaseRows('two');
    expect(rows.map(({ key }) => key)).toEqual([
      expect.stringMatching(multiKey('two-a')),
      expect.stringMatching(multiKey('two-a')),
      expect.stringMatching(multiKey('two-b')),
    ]);
    for (const { key, stream } of rows) expect(`${stream}:${key.slice(-shard0.length)}`).toBe(key);
  });

  test('are shared by two consumers, and gone on with by the one that is left', async () => {
    const streams = ['shared-a', 'shared-b'];
    for (const stream of streams) await servers.createStream(stream, 2);
    const fleet = { application: 'sharing', streams: ['shared-*'] };
    const early = streams.flatMap((stream) => texts(`early ${stream}`, 20));
    const late = streams.flatMap((stream) => texts(`late ${stream}`, 20));
    const putAll = async (all: readonly string[]) => {
      for (const stream of streams)
        await servers.put(
          stream,
          all.filter((text) => text.includes(stream)),
        );
    };
    await putAll(early);
    const a = startConsumer(servers, { ...fleet, worker: 'a' });
    const b = startConsumer(servers, { ...fleet, worker: 'b' });
    const shared = () => held(a) === 2 && held(b) === 2;
    await Promise.all([a.until(shared), b.until(shared)]);
    await stopCleanly(a);
    await putAll(late);
    await b.until(() => held(b) === 4 && late.every((text) => b.seen.includes(text)));
    await stopCleanly(b);
    expect([...a.seen, ...b.seen].toSorted(), 'once each: both stopped cleanly').toEqual([...early, ...late].toSorted());
  });

  test('are read without the one that cannot be, which is said and tried again', async () => {
    await servers.createStream('there', 1);
    await servers.put('there', texts('there', 5));
    const a = startConsumer(servers, { application: 'refusing', streams: ['there', 'not-yet'], shardSyncIntervalMs: 200 });
    await a.until(() => a.seen.length >= 5 && eventsOf(a, 'stream-refused').length >= 2);
    expect(a.seen).toEqual(texts('there', 5));
    expect(eventsOf(a, 'stream-refused')[0]).toMatchObject({ stream: 'not-yet', error: { code: 'STREAM_MISSING' } });
    await servers.createStream('not-yet', 1);
    await servers.put('not-yet', ['at last']);
    await a.until(() => a.seen.includes('at last'));
    await stopCleanly(a);
  });

  test('of which none can be read end the run', async () => {
    const a = startConsumer(servers, { application: 'hopeless', streams: ['neither', 'nor'] });
    await expect(a.run).rejects.toMatchObject({ name: 'ConsumerError', code: 'STREAM_MISSING', message: expect.stringContaining('neither') });
    expect(a.consumer.status().state).toBe('stopped');
  });

  test('do not get the table of one, which is left as it is', async () => {
    for (const stream of ['owner', 'intruder']) await servers.createStream(stream, 1);
    await servers.put('owner', ['mine']);
    const a = startConsumer(servers, { application: 'owning', streams: ['owner'] });
    await a.until(() => a.seen.length > 0);
    await stopCleanly(a);
    const before = await servers.leaseRows('owning');
    const b = startConsumer(servers, { application: 'owning', streams: ['owner', 'intruder'] });
    await expect(b.run).rejects.toMatchObject({ name: 'LeaseError', code: 'TABLE_FOREIGN', message: expect.stringContaining('single-stream keys') });
    expect([b.seen, await servers.leaseRows('owning')]).toEqual([[], before]);
  });

  test('one with the table of another: refused likewise', async () => {
    for (const stream of ['first', 'second']) await servers.createStream(stream, 1);
    const a = startConsumer(servers, { application: 'mistaken', streams: ['first'] });
    await a.until(() => held(a) === 1);
    await stopCleanly(a);
    const b = startConsumer(servers, { application: 'mistaken', streams: ['second'] });
    await expect(b.run).rejects.toMatchObject({ code: 'TABLE_FOREIGN', message: expect.stringContaining('stream/first') });
  });
});

describe('a pattern', () => {
  test('finds a stream that comes while it runs, and lets go of one that is deleted, without an end to the run', async () => {
    await servers.createStream('orders-eu', 1);
    await servers.createStream('other', 1);
    await servers.put('orders-eu', ['first of eu']);
    await servers.put('other', ['of no concern']);
    const { seen, processor, textsOf } = byStream();
    const a = startConsumer(servers, { application: 'matching', streams: ['orders-*'], shardSyncIntervalMs: 200, processor });
    await a.until(() => seen.length === 1);

    await servers.createStream('orders-us', 2);
    await servers.put('orders-us', texts('us', 10));
    await a.until(() => textsOf('orders-us').length === 10);
    expect(held(a)).toBe(3);

    await servers.deleteStream('orders-eu');
    await a.until(() => held(a) === 2);
    await servers.put('orders-us', ['later']);
    await a.until(() => textsOf('orders-us').includes('later'));
    expect(a.consumer.status().state).toBe('running');
    expect(a.consumer.status().shards.map(({ shard }) => shard.stream)).toEqual(['orders-us', 'orders-us']);
    const rows = await servers.leaseRows('matching');
    expect(rows.map(({ key, owner }) => [key.split(':')[1], owner === undefined])).toEqual([
      ['orders-eu', true],
      ['orders-us', false],
      ['orders-us', false],
    ]);
    expect(rows[0]?.checkpoint, 'what was done of it is saved').toMatch(/^[0-9]+$/);
    await stopCleanly(a);
    expect(seen.map(({ stream }) => stream)).not.toContain('other');
  });

  test('that nothing matches waits for a first stream', async () => {
    const a = startConsumer(servers, { application: 'waiting', streams: ['late-*'], shardSyncIntervalMs: 200 });
    await a.until(() => eventsOf(a, 'coordinator-state').some(({ to }) => to === 'working'));
    await servers.createStream('late-one', 1);
    await servers.put('late-one', ['worth the wait']);
    await a.until(() => a.seen.length > 0);
    expect(a.seen).toEqual(['worth the wait']);
    await stopCleanly(a);
  });

  test('and a stream made anew under its name: the new one is read from its beginning', async () => {
    await servers.createStream('phoenix', 1);
    await servers.put('phoenix', ['before']);
    const a = startConsumer(servers, { application: 'rising', streams: ['phoen*'], shardSyncIntervalMs: 200 });
    await a.until(() => a.seen.includes('before'));
    await servers.deleteStream('phoenix');
    await a.until(() => held(a) === 0);
    await nextSecond();
    await servers.createStream('phoenix', 1);
    await servers.put('phoenix', ['after']);
    await a.until(() => a.seen.includes('after'));
    expect(a.seen).toEqual(['before', 'after']);
    await stopCleanly(a);
  });
});
