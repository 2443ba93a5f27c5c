// One of several streams that does not answer: it keeps neither the others nor those that come later waiting, and who reads it goes on.
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import { createStreamFinder } from '../../src/streams/stream-finder.ts';
import { memoryKinesis, type ServiceCall } from '../../src/testing/index.ts';
import type { ConsumerEvent } from '../../src/types.ts';
import { memoryFleet, minuteMs, startMs, stream } from '../support/memory-fleet.ts';
import { virtualTime } from '../support/time.ts';

const never = new AbortController().signal;
const triesPerLook = 3;

/** A finder whose calls are cut as long as they are in `broken`. */
function finderOf(streams: readonly string[]) {
  const time = virtualTime();
  const machine = time.machine(1, { wallMs: startMs });
  const kinesis = memoryKinesis({ clock: machine.clock });
  const broken = new Set<string>();
  const events: ConsumerEvent[] = [];
  const asked: string[] = [];
  const what = (call: ServiceCall) => ('stream' in call ? call.stream : call.operation);
  const service = kinesis.intercept((call) => {
    asked.push(what(call));
    return broken.has(what(call)) ? { kind: 'cut', when: 'before' } : undefined;
  });
  const finder = createStreamFinder({ service, streams, start: { kind: 'trim-horizon' }, machine, onEvent: (event) => events.push(event) });
  for (const name of ['a', 'b']) kinesis.createStream(name);
  return {
    time,
    kinesis,
    broken,
    finder,
    events,
    asked,
    /** Everything that a look may take, but no more. */
    async look() {
      const found = finder.find(never);
      await time.advance(1_000);
      return (await found).map(({ stream: name }) => name?.split(':')[1]);
    },
    refused: () => events.flatMap((event) => (event.kind === 'stream-refused' ? event.stream : [])),
  };
}

describe('a look at several streams, one of which does not answer', () => {
  test('asks it a few times, says that it is refused, and comes without it until it answers', async () => {
    const { look, broken, asked, refused } = finderOf(['a', 'b']);
    broken.add('b');
    expect(await look()).toEqual(['a']);
    expect([asked.filter((name) => name === 'b').length, refused()]).toEqual([triesPerLook, ['b']]);
    expect(await look()).toEqual(['a']);
    broken.clear();
    expect(await look()).toEqual(['a', 'b']);
    expect(refused()).toEqual(['b', 'b']);
  });

  test('leaves it where it was known: the same object, and none but that of its name', async () => {
    const { look, broken, finder } = finderOf(['a', 'b']);
    await look();
    const key = `000000000000:b:${startMs / 1_000}`;
    const before = finder.of(key);
    broken.add('b');
    expect(await look()).toEqual(['a', 'b']);
    expect(before).toBeDefined();
    expect(finder.of(key)).toBe(before);
  });

  test('lets go of one that is gone all the same', async () => {
    const { look, kinesis } = finderOf(['a', 'b']);
    await look();
    kinesis.deleteStream('b');
    expect(await look()).toEqual(['a']);
  });

  test('goes on with growing pauses while none can be read: there is nobody to wait for', async () => {
    const { finder, time, broken, events, asked } = finderOf(['a', 'b']);
    for (const name of ['a', 'b']) broken.add(name);
    const found = finder.find(never);
    await time.advance(10 * minuteMs);
    expect(asked.length).toBeLessThan(2 * triesPerLook * 50);
    expect(events.every(({ kind }) => kind === 'listing-failed' || kind === 'stream-refused')).toBe(true);
    broken.clear();
    await time.advance(minuteMs);
    expect(await found).toHaveLength(2);
  });

  test('ends while none can be read when it is told to', async () => {
    const { finder, time, broken } = finderOf(['a', 'b']);
    for (const name of ['a', 'b']) broken.add(name);
    const stop = new AbortController();
    const found = expect(finder.find(stop.signal)).rejects.toThrow('enough');
    await time.advance(minuteMs);
    stop.abort(new Error('enough'));
    await found;
  });

  test('is an error when none can be read and none of that passes', async () => {
    const { finder, kinesis } = finderOf(['a', 'b']);
    for (const name of ['a', 'b']) kinesis.deleteStream(name);
    await expect(finder.find(never)).rejects.toBeInstanceOf(ConsumerError);
  });
});

describe('patterns, when the streams cannot be listed', () => {
  test('those that are named are read, and those that were found before', async () => {
    const { look, broken, kinesis, refused } = finderOf(['a', 'b*']);
    broken.add('list');
    expect([await look(), refused()]).toEqual([['a'], ['b*']]);
    broken.clear();
    expect(await look()).toEqual(['a', 'b']);
    broken.add('list');
    kinesis.createStream('b2');
    expect(await look()).toEqual(['a', 'b']);
    broken.clear();
    expect(await look()).toEqual(['a', 'b', 'b2']);
  });

  test('and nothing is known, are asked for until they can', async () => {
    const { finder, time, broken } = finderOf(['b*']);
    broken.add('list');
    const found = finder.find(never);
    await time.advance(10 * minuteMs);
    broken.clear();
    await time.advance(minuteMs);
    expect(await found).toHaveLength(1);
  });
});

describe('a worker of several streams', () => {
  test('reads the others while one does not answer, and that one too once it does', async () => {
    const { start, put, kinesis, until, time } = memoryFleet();
    kinesis.createStream('bad');
    kinesis.put('bad', { partitionKey: 'key', data: 'of the bad' });
    put('of the good');
    let isBroken = true;
    const worker = start({
      streams: [stream, 'bad'],
      hook: (call) => (isBroken && 'stream' in call && call.stream === 'bad' ? { kind: 'cut', when: 'before' } : undefined),
    });
    await time.advance(minuteMs);
    expect(worker.seen).toEqual(['of the good']);
    isBroken = false;
    await until(() => worker.seen.length === 2);
    expect(worker.seen).toEqual(['of the good', 'of the bad']);
  });

  test('keeps its leases of a stream that does not answer for a while', async () => {
    const { start, put, kinesis, until, time } = memoryFleet();
    kinesis.createStream('bad');
    let isBroken = false;
    const worker = start({
      streams: [stream, 'bad'],
      hook: (call) => (isBroken && 'stream' in call && call.stream === 'bad' ? { kind: 'cut', when: 'before' } : undefined),
    });
    await until(() => worker.held().length === 2);
    isBroken = true;
    await time.advance(5 * minuteMs);
    expect(worker.of('stream-refused').length).toBeGreaterThan(1);
    expect([worker.held().length, worker.of('shard-stopped')]).toEqual([2, []]);
    put('of the good');
    kinesis.put('bad', { partitionKey: 'key', data: 'of the bad' });
    await until(() => worker.seen.length === 2);
    expect(worker.seen.toSorted()).toEqual(['of the bad', 'of the good']);
  });
});
