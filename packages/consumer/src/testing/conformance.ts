// The suite that every shard source passes, as named functions that throw: whoever runs it brings the test runner. It knows no
// source.
import assert from 'node:assert/strict';
import { type ByteBudget, createByteBudget } from '../memory/byte-budget.ts';
import type { ReadFrom, RecordBatch, ShardRef, ShardSource, StreamRecord } from '../types.ts';

export interface StreamUnderTest {
  readonly source: ShardSource;
  /** Open, and empty at first. */
  readonly shard: ShardRef;
  /** Puts them into `shard`, in this order; resolves when they can be read. */
  put(payloads: readonly string[]): Promise<void>;
  /** Lets other shards follow this one. */
  closeShard(): Promise<void>;
  /** Gives back what was opened for it. */
  close(): Promise<void>;
}

interface Subject extends StreamUnderTest {
  readonly budget: WatchedBudget;
}

interface Law {
  readonly name: string;
  readonly totalBytes: number;
  holds(subject: Subject): Promise<void>;
}

interface WatchedBudget extends ByteBudget {
  /** Resolves when somebody first has to wait for bytes. */
  readonly waits: Promise<void>;
}

const plenty = 64 * 1024 * 1024;
const horizon: ReadFrom = { kind: 'trim-horizon' };
const never: AbortSignal = new AbortController().signal;
/** Batches that may still come after an abort. */
const maxLateBatches = 3;

function watchedBudget(totalBytes: number): WatchedBudget {
  const budget = createByteBudget(totalBytes);
  const waits = Promise.withResolvers<void>();
  return {
    waits: waits.promise,
    used: budget.used,
    reserve(request, signal) {
      const before = budget.used();
      const granted = budget.reserve(request, signal);
      if (budget.used() === before) waits.resolve();
      return granted;
    },
  };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `record ${index}`);
const texts = (records: readonly StreamRecord[]): string[] => records.map((record) => record.text());

function open({ source, shard }: StreamUnderTest, from: ReadFrom, signal: AbortSignal = never): AsyncIterator<RecordBatch> {
  return source.open(shard, from, { signal })[Symbol.asyncIterator]();
}

/** Reads until so many records came or the shard ended. */
async function take(batches: AsyncIterator<RecordBatch>, count: number): Promise<StreamRecord[]> {
  const records: StreamRecord[] = [];
  while (records.length < count) {
    const next = await batches.next();
    if (next.done === true) break;
    records.push(...next.value.records);
    next.value.release();
  }
  return records;
}

/** What a fresh reader finds from there on, up to so many records. */
async function readFrom(subject: StreamUnderTest, from: ReadFrom, count: number): Promise<StreamRecord[]> {
  const batches = open(subject, from);
  const records = await take(batches, count);
  await batches.return?.();
  return records;
}

const readsAll: Law = {
  name: 'from the trim horizon everything comes, once, in order, as it was put',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(25));
    const records = await readFrom(subject, horizon, 25);
    assert.deepEqual(texts(records), numbered(25));
    assert.deepEqual(
      records.map((record) => new TextDecoder().decode(record.bytes())),
      numbered(25),
    );
    for (const [index, record] of records.entries()) {
      assert.deepEqual(record.shard, subject.shard);
      assert.match(record.sequence, /^[0-9]+$/);
      const before = records[index - 1];
      if (before !== undefined) assert.ok(BigInt(before.sequence) < BigInt(record.sequence), 'sequence numbers grow');
    }
  },
};

const latest: Law = {
  name: 'from the latest only what is put after the first answer comes',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(['old']);
    const batches = open(subject, { kind: 'latest' });
    assert.deepEqual(await batches.next().then((first) => (first.done === true ? 'ended' : first.value.records)), []);
    await subject.put(['new', 'newer']);
    assert.deepEqual(texts(await take(batches, 2)), ['new', 'newer']);
    await batches.return?.();
  },
};

const timestamp: Law = {
  name: 'from a time on what arrived then or later comes',
  totalBytes: plenty,
  async holds(subject) {
    let records: StreamRecord[] = [];
    for (let count = 1; new Set(records.map((record) => record.arrivalMs)).size < 2; count += 1) {
      await subject.put([`record ${count}`]);
      records = await readFrom(subject, horizon, count);
    }
    const atMs = records.at(-1)?.arrivalMs ?? 0;
    const wanted = records.filter((record) => record.arrivalMs >= atMs);
    assert.ok(wanted.length < records.length);
    assert.deepEqual(texts(await readFrom(subject, { kind: 'timestamp', atMs }, wanted.length)), texts(wanted));
  },
};

const continues: Law = {
  name: 'after a record exactly the next one comes, wherever one stops',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(6));
    const records = await readFrom(subject, horizon, 6);
    await subject.put(['last']);
    for (const [index, { sequence }] of records.entries()) {
      const rest = await readFrom(subject, { kind: 'sequence', sequence, subSequence: 0 }, 6 - index);
      assert.deepEqual(texts(rest), [...numbered(6), 'last'].slice(index + 1));
    }
    const inside = records[3]?.sequence ?? '';
    const again = await readFrom(subject, { kind: 'sequence', sequence: inside, subSequence: 1 }, 1);
    assert.equal(texts(again)[0], 'record 3', 'a position inside an aggregate reads the aggregate again');
  },
};

const ends: Law = {
  name: 'a closed shard ends after its last record, for whoever reads it from wherever',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(5));
    const early = open(subject, horizon);
    const first = await take(early, 1);
    await subject.closeShard();
    const rest = await take(early, Number.POSITIVE_INFINITY);
    assert.deepEqual(texts([...first, ...rest]), numbered(5));
    assert.deepEqual(texts(await readFrom(subject, horizon, Number.POSITIVE_INFINITY)), numbered(5));
    const sequence = [...first, ...rest].at(-1)?.sequence ?? '';
    assert.deepEqual(await readFrom(subject, { kind: 'sequence', sequence, subSequence: 0 }, Number.POSITIVE_INFINITY), []);
  },
};

/** Reads without giving back until the source waits for bytes. */
async function hoard(subject: Subject, batches: AsyncIterator<RecordBatch>): Promise<{ held: RecordBatch[]; pending: Promise<IteratorResult<RecordBatch>> }> {
  const held: RecordBatch[] = [];
  for (;;) {
    const pending = batches.next();
    const next = await Promise.race([pending, subject.budget.waits]);
    if (next === undefined) return { held, pending };
    assert.ok(next.done !== true, 'an open shard does not end');
    held.push(next.value);
  }
}

const hoardBytes = 64 * 1024;
const large = Array.from({ length: 100 }, (_, index) => String(index).padEnd(1_024, '.'));

const budgeted: Law = {
  name: 'no more is read than the byte budget holds and one answer; what is given back is read on with',
  totalBytes: hoardBytes,
  async holds(subject) {
    await subject.put(large);
    const stop = new AbortController();
    const batches = open(subject, horizon, stop.signal);
    const { held, pending } = await hoard(subject, batches);
    const bytes = held.map((batch) => batch.retainedBytes);
    const sum = bytes.reduce((total, each) => total + each, 0);
    const before = held.flatMap((batch) => batch.records);
    assert.ok(before.length > 0 && before.length < large.length);
    assert.ok(sum <= hoardBytes + Math.max(...bytes), `${sum} bytes are held of ${hoardBytes}`);
    assert.equal(subject.budget.used(), sum, 'what is charged is what is held');
    for (const batch of held) batch.release();
    const next = await pending;
    assert.ok(next.done !== true);
    next.value.release();
    next.value.release();
    const read = [...before, ...next.value.records];
    const after = await take(batches, large.length - read.length);
    assert.deepEqual(texts([...read, ...after]), large);
    await batches.return?.();
    assert.equal(subject.budget.used(), 0);
  },
};

async function assertAborts(batches: AsyncIterator<RecordBatch>, pending: Promise<IteratorResult<RecordBatch>>, reason: Error): Promise<void> {
  let next = pending;
  for (let late = 0; late <= maxLateBatches; late += 1) {
    const outcome = await next.catch((error: unknown) => ({ error }));
    if ('error' in outcome) return assert.equal(outcome.error, reason);
    assert.ok(outcome.done !== true, 'an abort is no end of the shard');
    outcome.value.release();
    next = batches.next();
  }
  assert.fail('the source goes on after the abort');
}

const aborts: Law = {
  name: 'an abort ends the reading with the reason: before it starts, at the tip, waiting for bytes',
  totalBytes: hoardBytes,
  async holds(subject) {
    const reason = new Error('stop it');
    const early = open(subject, horizon, AbortSignal.abort(reason));
    await assertAborts(early, early.next(), reason);

    const atTip = new AbortController();
    const quiet = open(subject, horizon, atTip.signal);
    await quiet.next();
    const waiting = quiet.next();
    atTip.abort(reason);
    await assertAborts(quiet, waiting, reason);
    assert.equal(subject.budget.used(), 0);

    await subject.put(large);
    const full = new AbortController();
    const batches = open(subject, horizon, full.signal);
    const { held, pending } = await hoard(subject, batches);
    full.abort(reason);
    await assertAborts(batches, pending, reason);
    for (const batch of held) batch.release();
    assert.equal(subject.budget.used(), 0);
  },
};

const laws: readonly Law[] = [readsAll, latest, timestamp, continues, ends, budgeted, aborts];

/**
 * `for (const { name, run } of shardSourceConformance(makeSource)) test(name, run)`. Each run makes and closes a source of its own,
 * which charges what it reads to the budget it is given.
 */
export function shardSourceConformance(
  makeSource: (budget: ByteBudget) => Promise<StreamUnderTest>,
): readonly { readonly name: string; readonly run: () => Promise<void> }[] {
  return laws.map(({ name, totalBytes, holds }) => ({
    name,
    async run() {
      const budget = watchedBudget(totalBytes);
      const stream = await makeSource(budget);
      try {
        await holds({ ...stream, budget });
      } finally {
        await stream.close();
      }
    },
  }));
}
