// The beginning of a held lease's reading: what is said, asked and written before the first record.
import type { Lease } from '@shardfold/lease';
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import { type BeginParts, begin } from '../../src/shard/begin.ts';
import type { ConsumerEvent } from '../../src/types.ts';
import { leaseStub } from '../support/held-lease.ts';
import { row, shard } from '../support/records.ts';
import { virtualTime } from '../support/time.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const hourMs = 3_600_000;
const retentionMs = 24 * hourMs;
const longAgoMs = nowMs - 30 * hourMs;
const at = { kind: 'sequence', sequence: '7', subSequence: 3 } as const;
const never = new AbortController().signal;

/** Begins a lease as its row is, and keeps what happens in the order in which it does. */
function beginning(lease: Partial<Lease>, more: Partial<BeginParts> = {}) {
  const happened: string[] = [];
  const events: ConsumerEvent[] = [];
  const stub = leaseStub();
  stub.before = ({ kind }) => void happened.push(kind);
  const parts: BeginParts = {
    held: { ...stub.held, lease: { ...row, ...lease } },
    shard,
    start: { kind: 'trim-horizon' },
    machine: virtualTime().machine(1, { wallMs: nowMs }),
    onGap: 'stop',
    retentionMs: () => retentionMs,
    async retentionNowMs() {
      happened.push('retention?');
      return retentionMs;
    },
    timeOf: () => undefined,
    async stillHas(_shard, sequence) {
      happened.push(`has ${sequence}?`);
      return false;
    },
    onEvent(event) {
      happened.push(event.kind);
      events.push(event);
    },
    ...more,
  };
  const run = (signal = never, isFirstTry = true) => begin(parts, (ms) => void happened.push(`read until ${ms}`), signal, isFirstTry);
  return { run, happened, events, stub };
}

describe('a start at the latest', () => {
  test('is written down with its moment before anything is read', async () => {
    const { run, happened, stub } = beginning({ position: { kind: 'latest' } });
    expect(await run()).toEqual({ kind: 'latest', sinceMs: nowMs });
    expect(happened).toEqual([`read until ${nowMs}`, 'checkpoint']);
    expect(stub.writes).toEqual([{ kind: 'checkpoint', at: { kind: 'latest' } }]);
  });

  test('that cannot be written is none', async () => {
    const { run, stub } = beginning({ position: { kind: 'latest' } });
    stub.lose();
    await expect(run()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  test('that somebody wrote down is gone on from, a little before', async () => {
    const { run, happened } = beginning({ position: { kind: 'latest' }, readMs: nowMs - hourMs });
    expect(await run()).toEqual({ kind: 'timestamp', atMs: nowMs - hourMs - 5_000 });
    expect(happened).toEqual([]);
  });
});

test.each<[string, Partial<Lease>, object]>([
  ['a position', { position: at, readMs: nowMs - hourMs }, at],
  ['the horizon', { position: { kind: 'trim-horizon' } }, { kind: 'trim-horizon' }],
])('%s is gone on from without a question', async (_, lease, from) => {
  const { run, happened } = beginning(lease);
  expect(await run()).toEqual(from);
  expect(happened).toEqual([]);
});

describe('a position that is older than the retention', () => {
  const old = { position: at, readMs: longAgoMs };
  const gap = { kind: 'gap-found', shard, fromMs: longAgoMs, toMs: nowMs - retentionMs, certain: true };

  test('ends the reading, and says what is missing and what to do', async () => {
    const { run, happened, events, stub } = beginning(old);
    const error = await run().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConsumerError);
    expect(error).toMatchObject({ code: 'POSITION_GAP', retryable: false });
    for (const part of [shard.shardId, shard.stream, '2026-11-19T06:00:00.000Z', '2026-11-19T12:00:00.000Z', 'nothing was moved', 'onGap'])
      expect(String(error)).toContain(part);
    expect([happened, events, stub.sent()]).toEqual([['has 7?', 'retention?', 'gap-found'], [gap], 0]);
  });

  test('is told and gone on from, when that is wished', async () => {
    const { run, events } = beginning(old, { onGap: 'continue' });
    expect(await run()).toEqual(at);
    expect(events).toEqual([gap]);
  });

  test('is none, as long as its record is there', async () => {
    const { run, happened } = beginning(old, { stillHas: async () => true });
    expect(await run()).toEqual(at);
    expect(happened).toEqual([]);
  });

  test.each<[string, number | undefined]>([
    ['is longer than it was', 2 * retentionMs],
    ['is not told any more', undefined],
  ])('is none by a retention that %s', async (_, now) => {
    const { run, events } = beginning(old, { retentionNowMs: async () => now });
    expect(await run()).toEqual(at);
    expect(events).toEqual([]);
  });

  test('and than the retention of now, which is longer but not enough: what is missing is told by that', async () => {
    const { run, events } = beginning(old, { onGap: 'continue', retentionNowMs: async () => retentionMs + hourMs });
    expect(await run()).toEqual(at);
    expect(events).toEqual([{ ...gap, toMs: nowMs - retentionMs - hourMs }]);
  });

  test('and is no record: nothing proves that something is there', async () => {
    const { run, happened } = beginning({ position: { kind: 'latest' }, readMs: longAgoMs });
    await expect(run()).rejects.toMatchObject({ code: 'POSITION_GAP' });
    expect(happened).toEqual(['retention?', 'gap-found']);
  });

  test('by the age of its record alone is told as uncertain, and gone on from', async () => {
    const { run, events } = beginning({ position: at }, { timeOf: () => longAgoMs });
    expect(await run()).toEqual(at);
    expect(events).toEqual([{ ...gap, certain: false }]);
  });

  test('a stop while the stream is asked says nothing', async () => {
    const stop = new AbortController();
    const { run, events } = beginning(old, {
      stillHas: (_shard, _sequence, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    });
    const over = expect(run(stop.signal)).rejects.toThrow('enough');
    stop.abort(new Error('enough'));
    await over;
    expect(events).toEqual([]);
  });
});
