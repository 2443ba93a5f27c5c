// How the reading of a shard ends: drained, lost, or with the shard itself.
import type { ChildShard } from '@shardfold/lease';
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import { child, gatedProcessor, readingOf } from '../support/reading.ts';

const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 });

describe('a drain', () => {
  test('finishes the batch in hand, abandons and counts the one read ahead, releases at the watermark', async () => {
    const { processor, began, gate } = gatedProcessor();
    const { time, lease, start, put, of, budget } = readingOf(processor);
    put('a', 'b', 'c', 'd', 'e', 'f');
    const reader = start();
    await time.advance(0);
    lease.drain();
    await time.advance(1_500);
    expect(lease.writes).toEqual([]);
    gate(0).resolve();
    await reader.done;
    expect(began).toEqual([['a', 'b']]);
    expect(lease.writes).toEqual([{ kind: 'release', at: at(2) }]);
    expect(of('records-abandoned').map((event) => event.records)).toEqual([2]);
    expect(of('shard-stopped')).toMatchObject([{ reason: 'released', drainMs: 1_500 }]);
    const fetched = of('batch-fetched').reduce((sum, event) => sum + event.records, 0);
    expect(fetched, 'fetched is handed on and abandoned').toBe(began.flat().length + 2);
    expect(budget.used()).toBe(0);
  });

  test('before anything was read gives the lease back where it was', async () => {
    const { time, lease, start } = readingOf(gatedProcessor().processor);
    const reader = start();
    lease.drain();
    await time.advance(0);
    await reader.done;
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
  });

  test('while a quiet shard waits for records ends at once', async () => {
    const { processor, gate } = gatedProcessor();
    const { time, lease, start, put, of } = readingOf(processor);
    put('a');
    const reader = start();
    await time.advance(0);
    gate(0).resolve();
    await time.advance(60_000);
    lease.drain();
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: at(1) });
    expect(of('records-abandoned')).toEqual([]);
  });
});

describe('a lost lease', () => {
  test('stops at once: nothing is written, no further batch is handed on, the bytes are given back', async () => {
    const { processor, began, gate } = gatedProcessor();
    const { time, lease, start, put, of, budget } = readingOf(processor);
    put('a', 'b', 'c', 'd');
    const reader = start();
    await time.advance(0);
    lease.lose();
    await time.advance(0);
    expect(of('records-abandoned').map((event) => event.records)).toEqual([2]);
    gate(0).resolve();
    await reader.done;
    await time.advance(60_000);
    expect([began.length, lease.sent(), budget.used()]).toEqual([1, 0, 0]);
    expect(of('shard-stopped').map((event) => event.reason)).toEqual(['lost']);
  });

  test('a processor that resolves because its lease went has done nothing', async () => {
    const { processor, gate } = gatedProcessor();
    const { time, lease, start, put } = readingOf(processor);
    put('a');
    const reader = start();
    await time.advance(0);
    lease.lose();
    gate(0).resolve();
    await reader.done;
    expect(reader.openRecords()).toBe(1);
  });

  test('in the pause before a retry ends the retries', async () => {
    let attempts = 0;
    const { time, lease, start, put } = readingOf({
      async process() {
        attempts += 1;
        throw new Error('no');
      },
    });
    put('a');
    const reader = start();
    await time.advance(0);
    lease.lose();
    await reader.done;
    await time.advance(60_000);
    expect([attempts, lease.sent()]).toEqual([1, 0]);
  });

  test('that shows at the release is no failure of the reader', async () => {
    const { time, lease, start, of } = readingOf(gatedProcessor().processor);
    lease.before = () => lease.lose();
    const reader = start();
    await time.advance(0);
    lease.drain();
    await reader.done;
    expect(lease.writes).toEqual([]);
    expect(of('shard-stopped').map((event) => event.reason)).toEqual(['lost']);
  });
});

describe('the end of the shard', () => {
  test('its lease ends with the children of the last batch, when everything is acknowledged', async () => {
    const { processor, gate } = gatedProcessor();
    const { time, lease, start, put, close, of } = readingOf(processor);
    put('a', 'b');
    close([child]);
    const reader = start();
    await time.advance(0);
    expect(lease.writes).toEqual([]);
    expect(reader.caughtUp()).toBe(false);
    gate(0).resolve();
    await reader.done;
    expect(lease.writes).toEqual([{ kind: 'finish', children: [child] }]);
    expect(reader.caughtUp()).toBe(true);
    expect(of('shard-stopped').map((event) => event.reason)).toEqual(['finished']);
  });

  test('children that the batch does not name come from the listing, as soon as it shows them', async () => {
    const listings: (readonly ChildShard[])[] = [[], [], [child]];
    const { time, lease, start, close, of } = readingOf(gatedProcessor().processor, { children: async () => listings.shift() ?? [] });
    close([]);
    const reader = start();
    await time.advance(60_000);
    await reader.done;
    expect(lease.writes).toEqual([{ kind: 'finish', children: [child] }]);
    expect(of('fetch-failed').map((event) => event.error)).toMatchObject([{ code: 'CHILDREN_UNKNOWN' }, { code: 'CHILDREN_UNKNOWN' }]);
  });

  test('a drain while the children are looked for releases at the watermark', async () => {
    const { processor, gate } = gatedProcessor();
    const { time, lease, start, put, close, of } = readingOf(processor);
    put('a');
    close([]);
    const reader = start();
    await time.advance(0);
    gate(0).resolve();
    await time.advance(60_000);
    lease.drain();
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: at(1) });
    expect(of('shard-stopped').map((event) => event.reason)).toEqual(['released']);
  });

  test('a drain while the last batch fails leaves the end to the next owner', async () => {
    const { time, lease, start, put, close } = readingOf({
      async process() {
        throw new Error('no');
      },
    });
    put('a');
    close([child]);
    const reader = start();
    await time.advance(0);
    lease.drain();
    await reader.done;
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
  });

  test('a listing that is refused for good ends the reader, after the release', async () => {
    const denied = new ConsumerError('STREAM_DENIED', 'no entry', { retryable: false });
    const { time, lease, start, close, of } = readingOf(gatedProcessor().processor, { children: () => Promise.reject(denied) });
    close([]);
    const reader = start();
    const ended = expect(reader.done).rejects.toBe(denied);
    await time.advance(0);
    await ended;
    expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
    expect(of('shard-stopped').map((event) => event.reason)).toEqual(['failed']);
  });
});
