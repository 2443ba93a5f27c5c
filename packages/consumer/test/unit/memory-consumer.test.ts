// How somebody tests a processor without AWS: a stream in memory, a lease table in memory, and time that passes when the test says so.
import { createMemoryTable, createVirtualTime, memoryLeaseStore } from '@shardfold/lease/testing';
import { expect, test } from 'vitest';
import { aggregate, memoryConsumer, memoryKinesis } from '../../src/testing/index.ts';
import type { Processor } from '../../src/types.ts';
import { turn } from '../support/time.ts';

const none = { process: async () => undefined } satisfies Processor;

test('a processor gets what is put, over a reshard and a change of consumers, and a stop leaves nothing behind', async () => {
  const time = createVirtualTime(turn);
  const kinesis = memoryKinesis({ clock: time.machine(1).clock });
  kinesis.createStream('orders');
  const table = createMemoryTable();
  const seen: string[] = [];
  const start = (seed: number) => {
    const machine = time.machine(seed);
    const consumer = memoryConsumer({
      service: kinesis.service,
      store: memoryLeaseStore({ table }),
      machine,
      streams: ['orders'],
      start: { kind: 'trim-horizon' },
      processor: { process: async ({ records }) => void seen.push(...records.map((record) => record.text())) },
    });
    return { consumer, machine, run: consumer.run() };
  };

  const first = start(2);
  kinesis.put('orders', { partitionKey: 'a', data: 'one' });
  kinesis.put('orders', {
    partitionKey: 'a',
    data: aggregate(['two', 'three'].map((text) => ({ partitionKey: 'a', data: new TextEncoder().encode(text) }))),
  });
  kinesis.split('orders', 'shardId-000000000000');
  kinesis.put('orders', { partitionKey: 'a', data: 'four' });
  await time.advance(5_000);
  expect(seen).toEqual(['one', 'two', 'three', 'four']);

  const stopped = first.consumer.stop();
  await time.advance(1_000);
  expect(await stopped).toEqual({ clean: true });
  await first.run;
  expect([first.consumer.status().inFlightBytes, first.machine.armed()]).toEqual([0, 0]);

  const second = start(3);
  kinesis.put('orders', { partitionKey: 'a', data: 'five' });
  await time.advance(30_000);
  expect(seen).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(second.consumer.status().shards.map(({ caughtUp }) => caughtUp)).toEqual([true, true, true]);
  const stoppedToo = second.consumer.stop();
  await time.advance(1_000);
  expect(await stoppedToo).toEqual({ clean: true });
  await second.run;
});

test('a page that the service sends twice is given once, and the position does not go back', async () => {
  const time = createVirtualTime(turn);
  const kinesis = memoryKinesis({ clock: time.machine(1).clock });
  kinesis.createStream('orders');
  const seen: string[] = [];
  let pages = 0;
  const consumer = memoryConsumer({
    service: kinesis.intercept(({ operation }) => {
      if (operation !== 'page') return undefined;
      pages += 1;
      return pages === 1 ? { kind: 'repeat' } : undefined;
    }),
    store: memoryLeaseStore(),
    machine: time.machine(2),
    streams: ['orders'],
    start: { kind: 'trim-horizon' },
    processor: { process: async ({ records }) => void seen.push(...records.map((record) => record.text())) },
  });
  for (const data of ['one', 'two', 'three']) kinesis.put('orders', { partitionKey: 'a', data });
  const run = consumer.run();
  await time.advance(2_000);
  expect(pages).toBeGreaterThan(1);
  expect(seen).toEqual(['one', 'two', 'three']);
  const stopped = consumer.stop();
  await time.advance(1_000);
  expect(await stopped).toEqual({ clean: true });
  await run;
});

test('wrong options are refused as those of createConsumer', () => {
  const time = createVirtualTime(turn);
  const kinesis = memoryKinesis({ clock: time.machine(1).clock });
  const given = { service: kinesis.service, store: memoryLeaseStore(), machine: time.machine(2), start: { kind: 'latest' }, processor: none } as const;
  expect(() => memoryConsumer({ ...given, streams: [], maxInFlight: 0 })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
});
