// What becomes of a whole consumer whose stream forgot records before they were read. Emulators never forget: it runs over the Kinesis
// in memory, in virtual time.
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import type { StartPosition } from '../../src/types.ts';
import { memoryFleet, minuteMs, retentionMs, startMs, stream, type WorkerOptions } from '../support/memory-fleet.ts';

const [parent, left, right] = ['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002'];

/** As a Java worker leaves it, which says nothing of when it was read. */
const javaRow = (checkpoint: string) => ({
  leaseKey: { S: parent },
  checkpoint: { S: checkpoint },
  checkpointSubSequenceNumber: { N: '0' },
  leaseCounter: { N: '7' },
  ownerSwitchesSinceCheckpoint: { N: '0' },
});

/** Records are read, then put and forgotten while nobody runs; one is left. */
async function withGap(options: WorkerOptions = {}) {
  const made = memoryFleet();
  made.put('read');
  expect(await made.readAll(options)).toEqual(['read']);
  const fromMs = startMs + made.time.nowMs();
  await made.time.advance(minuteMs);
  made.put('missed');
  await made.time.advance(retentionMs);
  made.put('left');
  await made.time.advance(minuteMs);
  return { ...made, fromMs };
}

describe('a position that the stream has forgotten', () => {
  test('ends the run: the error says from when to when, nothing was moved, the lease is given back', async () => {
    const { start, time, table, until, fromMs } = await withGap();
    const before = table.lease(parent);
    const running = start();
    let error: unknown;
    running.run.catch((reason: unknown) => {
      error = reason;
    });
    await until(() => error !== undefined);
    expect(error).toMatchObject({ name: 'ConsumerError', code: 'POSITION_GAP', retryable: false });
    const [found, ...others] = running.of('gap-found');
    expect([found, others]).toMatchObject([{ certain: true, shard: { shardId: parent } }, []]);
    expect(found?.fromMs).toBeLessThanOrEqual(fromMs);
    expect(found?.fromMs).toBeGreaterThan(fromMs - minuteMs);
    expect(Math.abs((found?.toMs ?? 0) - (startMs + time.nowMs() - retentionMs))).toBeLessThan(minuteMs);
    for (const ms of [found?.fromMs, found?.toMs]) expect(String(error)).toContain(new Date(ms ?? Number.NaN).toISOString());
    expect(running.seen).toEqual([]);
    const after = table.lease(parent);
    expect([after?.position, after?.readMs, after?.owner]).toEqual([before?.position, before?.readMs, undefined]);
  });

  test('is told and read on from, when that is wished; the next owner finds no gap any more', async () => {
    const { start, until, put } = await withGap();
    const running = start({ onGap: 'continue' });
    await until(() => running.seen.length > 0);
    expect(running.seen).toEqual(['left']);
    expect(running.of('gap-found')).toMatchObject([{ certain: true, fromMs: expect.any(Number), toMs: expect.any(Number) }]);
    await running.stop();
    put('next');
    const next = start();
    await until(() => next.seen.length > 0);
    expect([next.seen, next.of('gap-found')]).toEqual([['next'], []]);
  });

  test('that a Java worker wrote does not say until when it was read: told, not certain, and read on from', async () => {
    const { start, until, table, put, time } = memoryFleet();
    const [sequence = ''] = put('read by Java');
    table.put(javaRow(sequence));
    await time.advance(2 * retentionMs);
    put('left');
    const running = start();
    await until(() => running.seen.length > 0);
    expect(running.seen).toEqual(['left']);
    expect(running.of('gap-found')).toMatchObject([{ certain: false, fromMs: startMs }]);
  });

  test('is no gap while the record itself is still there: the retention was made longer in time', async () => {
    const { start, until, put, kinesis, time } = memoryFleet();
    let got = 0;
    const hanging = start({
      process({ records }, { lost }) {
        got += records.length;
        if (got === 1) return Promise.resolve();
        return new Promise((_, reject) => lost.addEventListener('abort', () => reject(lost.reason), { once: true }));
      },
    });
    put('read');
    await until(() => got === 1);
    put('in hand');
    await until(() => got === 2);
    // It knows the stream as it is now, and gets the lease when the retention of now is over.
    const waiting = start();
    await until(() => waiting.of('coordinator-state').some(({ to }) => to === 'working'));
    kinesis.retain(stream, 10 * retentionMs);
    await time.advance(2 * retentionMs);
    expect([hanging.held(), waiting.held()]).toEqual([[parent], []]);
    await hanging.crash();
    await until(() => waiting.seen.length > 0);
    expect([waiting.seen, waiting.of('gap-found')]).toEqual([['in hand'], []]);
  });
});

describe('no gap', () => {
  test('a quiet shard whose last record was forgotten long ago, and whose worker went on reading', async () => {
    const { start, until, put, time } = memoryFleet();
    put('read');
    const first = start();
    await until(() => first.seen.length > 0);
    await time.advance(3 * retentionMs);
    await first.stop();
    await time.advance(minuteMs);
    put('next');
    const next = start();
    await until(() => next.seen.length > 0);
    expect([next.seen, [...first.of('gap-found'), ...next.of('gap-found')]]).toEqual([['next'], []]);
  });
});

describe.each<[string, StartPosition]>([
  ['the latest', { kind: 'latest' }],
  ['the horizon', { kind: 'trim-horizon' }],
  ['a time', { kind: 'timestamp', atMs: startMs }],
])('a shard without a record, read from %s on', (_, from) => {
  test('and then by nobody for longer than records are kept: what came and went is missing', async () => {
    const { start, until, put, time, readAll } = memoryFleet();
    expect(await readAll({ start: from })).toEqual([]);
    await time.advance(minuteMs);
    put('missed');
    await time.advance(2 * retentionMs);
    put('left');
    const refused = start({ start: from });
    await until(() => refused.of('shard-stopped').length > 0);
    await expect(refused.run).rejects.toMatchObject({ code: 'POSITION_GAP' });
    const told = start({ start: from, onGap: 'continue' });
    await until(() => told.seen.length > 0);
    expect([told.seen, told.of('gap-found').map(({ certain }) => certain)]).toEqual([['left'], [true]]);
  });

  test('and by the next in time: nothing is missing', async () => {
    const { start, until, put, time, readAll } = memoryFleet();
    expect(await readAll({ start: from })).toEqual([]);
    await time.advance(minuteMs);
    put('meanwhile');
    await time.advance(retentionMs / 2);
    const next = start({ start: from });
    await until(() => next.seen.length > 0);
    expect([next.seen, next.of('gap-found')]).toEqual([['meanwhile'], []]);
  });
});

describe('a shard that the stream does not have any more', () => {
  /** Nobody has begun it when it goes. `resharded`: so often, each time all of it. */
  async function withoutParent(resharded: 1 | 2) {
    const made = memoryFleet();
    made.table.put(javaRow('TRIM_HORIZON'));
    made.put('lost with it');
    made.kinesis.split(stream, parent);
    if (resharded === 2) made.kinesis.merge(stream, left, right);
    await made.time.advance(2 * retentionMs);
    made.put('left');
    return made;
  }

  test('ends the run, and is left to whoever looks into it', async () => {
    const { start, until, table } = await withoutParent(1);
    const running = start();
    await until(() => running.of('shard-stopped').length > 0);
    await expect(running.run).rejects.toMatchObject({ name: 'ConsumerError', code: 'SHARD_GONE' });
    expect(table.lease(parent)).toMatchObject({ position: { kind: 'trim-horizon' } });
    expect(table.lease(parent)?.owner).toBeUndefined();
  });

  test.each<[string, 1 | 2, readonly string[]]>([
    ['its children are read', 1, [left, right]],
    ['what is left of its line is read, where its children are gone, too', 2, ['shardId-000000000003']],
  ])('is told, when that is wished: %s from their beginning', async (_, resharded, followers) => {
    const { start, until, table } = await withoutParent(resharded);
    const running = start({ onGap: 'continue' });
    await until(() => running.seen.length > 0);
    expect(running.seen).toEqual(['left']);
    expect(running.of('gap-found')).toMatchObject([{ certain: true, shard: { shardId: parent } }]);
    expect(table.lease(parent)?.position).toEqual({ kind: 'shard-end' });
    await until(() => running.held().length === followers.length);
    expect(running.held()).toEqual(followers);
  });
});

describe('among several streams', () => {
  const other = 'customers';

  test('a gap in one does not keep the others from being read; it is said, and tried again', async () => {
    const { start, until, kinesis, put, time, readAll, table } = memoryFleet();
    const streams = [stream, other];
    kinesis.createStream(other, { retentionMs: 100 * retentionMs });
    put('read');
    expect(await readAll({ streams })).toEqual(['read']);
    await time.advance(2 * retentionMs);
    put('left');
    kinesis.put(other, { partitionKey: 'key', data: 'of the other' });
    const running = start({ streams });
    await until(() => running.seen.length > 0 && running.of('fetch-failed').length > 1);
    expect(running.seen).toEqual(['of the other']);
    expect(running.of('fetch-failed')[0]).toMatchObject({ shard: { stream }, error: { code: 'POSITION_GAP' } });
    await running.stop();
    await running.run;
    const positions = table.leases().map(({ position }) => position.kind);
    expect(positions).toEqual(['sequence', 'sequence']);
  });

  test('one that is refused for a while is read on from the moment where its reading began, not from the latest of then', async () => {
    const { start, until, kinesis, put, time } = memoryFleet();
    let isDenied = false;
    const running = start({
      streams: [stream, other],
      start: { kind: 'latest' },
      hook(call) {
        if (isDenied && call.operation === 'page') throw new ConsumerError('STREAM_DENIED', 'The policy is being changed.', { retryable: false });
        return undefined;
      },
    });
    await until(() => running.of('stream-refused').length > 0 && running.of('batch-fetched').length > 0);
    expect(running.of('stream-refused')).toMatchObject([{ stream: other }]);
    isDenied = true;
    await until(() => running.of('fetch-failed').length > 0);
    put('while it was refused');
    await time.advance(minuteMs);
    isDenied = false;
    await until(() => running.seen.length > 0);
    expect(running.seen).toEqual(['while it was refused']);
    kinesis.deleteStream(stream);
  });
});
