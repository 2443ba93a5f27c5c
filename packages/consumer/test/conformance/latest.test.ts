// A start at the latest: where it begins, and that nothing is lost between owners before a first record has come. On kinesis-local:
// kinesalite never answers when it is asked for a time after its last record, which is where the next owner begins.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsOf, held, type Running, type Servers, startConsumer, startServers, stopCleanly, texts } from '../support/stack.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers('semantics');
});
afterAll(() => servers.stop());

/** A stream of one shard with records from before anybody reads it, and the fleet that does. */
async function streamOf(name: string) {
  await servers.createStream(name, 1);
  await servers.put(name, texts('before', 5));
  return { application: name, streams: [name], start: { kind: 'latest' as const } };
}

/** Its place in the stream is taken: what is put from now on comes. */
const reads = (running: Running): Promise<void> => running.until(() => eventsOf(running, 'batch-fetched').length > 0);

/** What came but for records of before the start, which may come to an owner after the first for a few seconds. */
const without = ({ seen }: Running, prefix: string): readonly string[] => seen.filter((text) => !text.startsWith(prefix));

test('what was put before the start is not delivered, what is put after it is', async () => {
  const fleet = await streamOf('starting');
  const a = startConsumer(servers, fleet);
  await reads(a);
  await servers.put('starting', texts('after', 5));
  await a.until(() => a.seen.length >= 5);
  expect(a.seen).toEqual(texts('after', 5));
  expect(eventsOf(a, 'shard-started').map(({ from }) => from)).toEqual([{ kind: 'latest', sinceMs: expect.any(Number) }]);
  await stopCleanly(a);
  const [row] = await servers.leaseRows('starting');
  expect(row?.checkpoint, 'a record is a better place than a moment').toMatch(/^[0-9]+$/);
});

test('the moment is in the table before anything is read, and moves on with a quiet shard', async () => {
  const fleet = await streamOf('quiet');
  const startedMs = Date.now();
  const a = startConsumer(servers, fleet);
  await reads(a);
  const [first] = await servers.leaseRows('quiet');
  expect(first).toMatchObject({ checkpoint: 'LATEST' });
  expect(first?.readMs).toBeGreaterThanOrEqual(startedMs);
  const before = eventsOf(a, 'batch-fetched').length;
  await a.until(() => eventsOf(a, 'batch-fetched').length > before);
  await stopCleanly(a);
  const [last] = await servers.leaseRows('quiet');
  expect(last).toMatchObject({ checkpoint: 'LATEST', owner: undefined });
  expect(last?.readMs).toBeGreaterThan(first?.readMs ?? Number.POSITIVE_INFINITY);
});

test('what is put while nobody runs is delivered to the next consumer, though the one before had read no record', async () => {
  const fleet = await streamOf('handed-on');
  const a = startConsumer(servers, { ...fleet, worker: 'a' });
  await reads(a);
  await stopCleanly(a);
  expect(a.seen).toEqual([]);
  await servers.put('handed-on', texts('meanwhile', 5));
  const b = startConsumer(servers, { ...fleet, worker: 'b' });
  await b.until(() => without(b, 'before').length >= 5);
  expect(without(b, 'before')).toEqual(texts('meanwhile', 5));
  expect(eventsOf(b, 'shard-started').map(({ from }) => from.kind)).toEqual(['timestamp']);
  await stopCleanly(b);
});

test('likewise when the one before is dropped at once, and its lease expires', async () => {
  const fleet = await streamOf('crashed');
  const a = startConsumer(servers, { ...fleet, worker: 'a' });
  await reads(a);
  const [first] = [a.consumer.stop(), a.consumer.stop()];
  expect(await first).toEqual({ clean: false });
  await a.run;
  expect(await servers.leaseRows('crashed')).toMatchObject([{ checkpoint: 'LATEST', owner: 'a' }]);
  await servers.put('crashed', texts('meanwhile', 5));
  const b = startConsumer(servers, { ...fleet, worker: 'b' });
  await b.until(() => without(b, 'before').length >= 5);
  expect([a.seen, without(b, 'before')]).toEqual([[], texts('meanwhile', 5)]);
  await stopCleanly(b);
});

test('likewise when the one before had records in hand and had done none', async () => {
  const fleet = await streamOf('in-hand');
  const got = Promise.withResolvers<void>();
  const a = startConsumer(servers, {
    ...fleet,
    worker: 'a',
    processor: {
      process(_batch, { lost }) {
        got.resolve();
        return new Promise((_, reject) => lost.addEventListener('abort', () => reject(lost.reason), { once: true }));
      },
    },
  });
  await reads(a);
  await servers.put('in-hand', texts('open', 5));
  await got.promise;
  const [first] = [a.consumer.stop(), a.consumer.stop()];
  expect(await first).toEqual({ clean: false });
  await a.run;
  const b = startConsumer(servers, { ...fleet, worker: 'b' });
  await b.until(() => without(b, 'before').length >= 5);
  expect(without(b, 'before')).toEqual(texts('open', 5));
  await stopCleanly(b);
});

test('a reshard while nobody runs loses nothing: the rest of the shard comes, then all of those that follow', async () => {
  const fleet = await streamOf('resharded');
  const a = startConsumer(servers, { ...fleet, worker: 'a' });
  await reads(a);
  await stopCleanly(a);
  await servers.put('resharded', texts('parent', 5));
  await servers.split('resharded', 'shardId-000000000000');
  await servers.put('resharded', texts('child', 20));
  const b = startConsumer(servers, { ...fleet, worker: 'b' });
  await b.until(() => without(b, 'before').length >= 25 && held(b) === 2);
  expect(without(b, 'before').slice(0, 5)).toEqual(texts('parent', 5));
  expect(without(b, 'before').slice(5).toSorted()).toEqual(texts('child', 20).toSorted());
  await stopCleanly(b);
});
