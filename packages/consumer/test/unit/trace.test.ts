// What tracing tools are told, with real subscribers, and the async context that a processor runs in.
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { afterEach, expect, test } from 'vitest';
import { type TraceMessages, traced } from '../../src/trace.ts';
import { readingOf } from '../support/reading.ts';
import { shard } from '../support/records.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

type Told = readonly [event: string, message: object];

function listen(name: keyof TraceMessages): readonly Told[] {
  const told: Told[] = [];
  const note = (event: string) => (message: object) => void told.push([event, { ...message }]);
  const subscribers = { start: note('start'), end: note('end'), asyncStart: note('asyncStart'), asyncEnd: note('asyncEnd'), error: note('error') };
  const channel = tracingChannel(name);
  channel.subscribe(subscribers);
  undo.push(() => channel.unsubscribe(subscribers));
  return told;
}

test('every call of the processor is told: the shard, how many records, for the how-manieth time, and how it ended', async () => {
  const told = listen('shardfold:consumer:process');
  const error = new Error('no');
  let calls = 0;
  const { time, lease, start, put } = readingOf({
    async process({ records }, context) {
      calls += 1;
      const [first] = records;
      if (calls > 1 || first === undefined) return;
      context.acknowledge(first);
      throw error;
    },
  });
  put('a', 'b');
  const reader = start();
  await time.advance(60_000);
  const [first, second] = [
    { shard, records: 2, attempt: 1 },
    { shard, records: 1, attempt: 2 },
  ];
  expect(told.filter(([event]) => event !== 'asyncStart')).toEqual([
    ['start', first],
    ['end', first],
    ['error', { ...first, error }],
    ['asyncEnd', { ...first, error }],
    ['start', second],
    ['end', second],
    ['asyncEnd', { ...second, result: undefined }],
  ]);
  lease.drain();
  await reader.done;
});

test('a processor that throws at once is told as any other', async () => {
  const told = listen('shardfold:consumer:process');
  const { time, lease, start, put } = readingOf({
    process() {
      throw new Error('at once');
    },
  });
  put('a');
  const reader = start();
  await time.advance(0);
  expect(told.map(([event]) => event)).toEqual(expect.arrayContaining(['start', 'error', 'asyncEnd']));
  lease.drain();
  await reader.done;
});

test('a checkpoint is told with its position', async () => {
  const told = listen('shardfold:consumer:checkpoint');
  const { time, lease, start, put } = readingOf({ process: async () => undefined });
  put('a');
  const reader = start();
  await time.advance(5_000);
  const position = { kind: 'sequence', sequence: '1', subSequence: 0 };
  expect(told.map(([event, message]) => [event, message])).toContainEqual(['start', { shard, position }]);
  expect(told.at(-1)).toEqual(['asyncEnd', { shard, position, result: undefined }]);
  lease.drain();
  await reader.done;
});

test('without a subscriber nothing is built, and what is run is answered as it is', async () => {
  const answer = Promise.resolve(7);
  const message = () => expect.unreachable('nobody listens');
  expect(traced('shardfold:consumer:fetch', message, () => answer)).toBe(answer);
  await answer;
});

test('a processor runs in the async context of whoever runs the reader, after a pause too', async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const { time, lease, start, put } = readingOf({
    async process() {
      seen.push(context.getStore());
      if (seen.length < 3) throw new Error('no');
    },
  });
  put('a');
  const reader = context.run('the caller', start);
  await time.advance(60_000);
  put('b');
  await time.advance(0);
  expect(seen).toEqual(Array(4).fill('the caller'));
  lease.drain();
  await reader.done;
});

test('a tool may set the async context of a call by its channel', async () => {
  const spans = new AsyncLocalStorage<string>();
  const { start: channel } = tracingChannel<string, TraceMessages['shardfold:consumer:process']>('shardfold:consumer:process');
  channel.bindStore(spans, ({ attempt }) => `span of attempt ${attempt}`);
  undo.push(() => channel.unbindStore(spans));
  const seen: (string | undefined)[] = [];
  const { time, lease, start, put } = readingOf({
    async process() {
      await Promise.resolve();
      seen.push(spans.getStore());
    },
  });
  put('a');
  const reader = start();
  await time.advance(0);
  expect(seen).toEqual(['span of attempt 1']);
  lease.drain();
  await reader.done;
});
