// What a consumer holds in memory while its processor hangs on some of its shards: bytes of the budget, not of the process, which is
// the bench's to measure. On kinesalite, with more data than the budget holds.
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { aggregate } from '../../src/testing/index.ts';
import type { Processor } from '../../src/types.ts';
import { eventsOf, held, type Servers, startConsumer, startServers, stopCleanly } from '../support/stack.ts';

/** So many that the least which each could take is more than the buffer, too. */
const shards = 16;
const recordsPut = 4_000;
const recordsPerPut = 500;
const payload = 'x'.repeat(1_000);
const bufferBytes = 64 * 1024;

let servers: Servers;
beforeAll(async () => {
  servers = await startServers('volume');
});
afterAll(() => servers.stop());

/** Puts four times what the buffer holds into each shard, about; answers with how many records each has. */
async function fill(stream: string, shards: number): Promise<ReadonlyMap<string, number>> {
  await servers.createStream(stream, shards);
  const counts = new Map<string, number>();
  for (let put = 0; put < recordsPut; put += recordsPerPut) {
    const batch = Array.from({ length: recordsPerPut }, (_, index) => `${put + index} ${payload}`);
    for (const shardId of await servers.put(stream, batch)) counts.set(shardId, (counts.get(shardId) ?? 0) + 1);
  }
  return counts;
}

/** Hangs on some shards until it is let go, and counts the records of each. */
function hangingOn(shardIds: readonly string[]) {
  const gate = Promise.withResolvers<void>();
  const done = new Map<string, number>();
  const processor: Processor = {
    async process({ records }, { shard: { shardId } }) {
      if (shardIds.includes(shardId)) await gate.promise;
      done.set(shardId, (done.get(shardId) ?? 0) + records.length);
    },
  };
  return { processor, letGo: gate.resolve, done };
}

test('while the processor hangs on every shard, no more is fetched than the buffer holds; let go, everything is read', async () => {
  const counts = await fill('hung', shards);
  const { processor, letGo, done } = hangingOn([...counts.keys()]);
  let mostBytes = 0;
  const a = startConsumer(servers, { application: 'hung', streams: ['hung'], bufferBytes, processor });
  const when = (condition: () => boolean) =>
    a.until(() => {
      mostBytes = Math.max(mostBytes, a.consumer.status().inFlightBytes);
      return condition();
    });
  const renewals = () => eventsOf(a, 'lease-operation').filter(({ operation }) => operation === 'renew').length;
  const fetchedBytes = () => eventsOf(a, 'batch-fetched').reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = () => Math.max(...eventsOf(a, 'batch-fetched').map(({ bytes }) => bytes));

  // Two rounds of renewals are time enough for a hundred fetches.
  await when(() => held(a) === shards && renewals() >= 2 * shards);
  expect(done.size).toBe(0);
  expect(fetchedBytes()).toBeGreaterThan(bufferBytes / 2);
  expect(fetchedBytes()).toBeLessThanOrEqual(bufferBytes + largest());
  expect(a.consumer.status().shards.some(({ processingMs }) => (processingMs ?? 0) > 0)).toBe(true);

  letGo();
  await when(() => [...counts].every(([shardId, count]) => done.get(shardId) === count));
  expect(mostBytes).toBeLessThanOrEqual(bufferBytes + largest());
  await stopCleanly(a);
  expect(a.consumer.status().inFlightBytes).toBe(0);
});

const perAggregate = 100;

/** As `fill`, with aggregates that are smaller and become as much as those records, about. */
async function fillWithAggregates(stream: string, shards: number): Promise<ReadonlyMap<string, number>> {
  await servers.createStream(stream, shards);
  const Data = aggregate(Array.from({ length: perAggregate }, () => ({ partitionKey: 'key', data: Buffer.from('x') })));
  const client = createKinesisClient(servers.access.kinesis);
  const counts = new Map<string, number>();
  for (let put = 0; put < recordsPut; put += recordsPerPut) {
    const Records = Array.from({ length: recordsPerPut }, (_, index) => ({ Data, PartitionKey: `${put + index}` }));
    const answer = await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
    for (const { ShardId = '' } of answer.Records ?? []) counts.set(ShardId, (counts.get(ShardId) ?? 0) + perAggregate);
  }
  client.destroy();
  return counts;
}

test('aggregates count as what they become, and hardly more of them is taken apart than the processor has; let go, everything is read', async () => {
  const counts = await fillWithAggregates('aggregates', 4);
  const { processor, letGo, done } = hangingOn([...counts.keys()]);
  const a = startConsumer(servers, { application: 'aggregates', streams: ['aggregates'], bufferBytes: 16 * bufferBytes, processor });
  const { status } = a.consumer;
  await a.until(() => status().shards.filter(({ processingMs }) => (processingMs ?? 0) > 0).length === counts.size);
  const { inFlightBytes, shards: hung } = status();
  const recordBytes = 100;
  const inProcessor = hung.map(({ inFlightRecords }) => inFlightRecords);
  expect(inFlightBytes).toBeGreaterThan(recordBytes * inProcessor.reduce((sum, records) => sum + records, 0));
  const mostRecords = (16 * bufferBytes) / 128 / recordBytes + perAggregate;
  for (const records of inProcessor) expect([records > 0, records <= mostRecords]).toEqual([true, true]);
  letGo();
  await a.until(() => [...counts].every(([shardId, count]) => done.get(shardId) === count));
  await stopCleanly(a);
  expect(status().inFlightBytes).toBe(0);
});

test.each([
  [1, 'records', fill],
  [2, 'records', fill],
  [3, 'records', fill],
  [3, 'aggregates', fillWithAggregates],
] as const)('of four shards %i hang, and hold what they can of their %s: the others are read to their ends all the same', async (hang, what, fillWith) => {
  const stream = `${what}-${hang}`;
  const counts = await fillWith(stream, 4);
  const hung = [...counts.keys()].toSorted().slice(0, hang);
  const others = [...counts.keys()].filter((shardId) => !hung.includes(shardId));
  const { processor, letGo, done } = hangingOn(hung);
  const a = startConsumer(servers, { application: stream, streams: [stream], bufferBytes: 16 * bufferBytes, processor });
  const isRead = (shardId: string) => done.get(shardId) === counts.get(shardId);
  await a.until(() => held(a) === counts.size && others.every(isRead));
  expect(hung.map((shardId) => done.get(shardId))).toEqual(hung.map(() => undefined));
  letGo();
  await a.until(() => [...counts.keys()].every(isRead));
  await stopCleanly(a);
  expect(a.consumer.status().inFlightBytes).toBe(0);
});
