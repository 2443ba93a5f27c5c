// What becomes of a batch that the processor rejects, as a reader of the shard shows it: the policies and the acknowledgements.
import { describe, expect, test } from 'vitest';
import type { FailedRecords, Processor, ShardSource } from '../../../src/types.ts';
import { failingOn, policyOf, taker, textOf } from '../../support/failing.ts';
import { child, readingOf } from '../../support/reading.ts';
import { batch, records } from '../../support/records.ts';

const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 });

describe('acknowledged one by one', () => {
  test('what is acknowledged before a rejection is not given again', async () => {
    const given: string[] = [];
    const { time, lease, start, put, budget } = readingOf({
      async process(batch, shard) {
        given.push(textOf(batch));
        for (const record of batch.records) {
          if (record.text() === 'b' && given.length < 3) throw new Error('no');
          shard.acknowledge(record);
        }
      },
    });
    put('a', 'b');
    const reader = start();
    await time.advance(60_000);
    expect(given).toEqual(['ab', 'b', 'b']);
    expect(lease.writes.at(-1)).toEqual({ kind: 'checkpoint', at: at(2) });
    expect(budget.used()).toBe(0);
    lease.drain();
    await reader.done;
  });

  test('a rejection after everything was acknowledged is told, and nothing is given again', async () => {
    const { time, lease, start, put, of } = readingOf({
      async process({ records }, shard) {
        for (const record of records) shard.acknowledge(record);
        throw new Error('afterwards');
      },
    });
    put('a', 'b');
    const reader = start();
    await time.advance(60_000);
    expect(of('batch-failed')).toMatchObject([{ records: 0, attempt: 1, retryInMs: 0 }]);
    expect(reader.life()).toMatchObject({ state: 'running', trouble: undefined });
    lease.drain();
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: at(2) });
  });

  test('bytes stay charged and readable until the last record is done, whoever calls release', async () => {
    const { time, lease, start, put, budget } = readingOf({
      async process(batch, shard) {
        const [first] = batch.records;
        if (first !== undefined) shard.acknowledge(first);
        batch.release();
        expect(batch.retainedBytes).toBe(2);
        expect(batch.records.map((record) => record.bytes().length)).toEqual(batch.records.map(() => 1));
        if (batch.records.length > 1) throw new Error('no');
      },
    });
    put('a', 'b');
    const reader = start();
    await time.advance(0);
    expect(budget.used()).toBe(2);
    await time.advance(60_000);
    expect(budget.used()).toBe(0);
    lease.drain();
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: at(2) });
  });
});

describe('bisect', () => {
  test('the record that fails goes to onFailure, the rest is processed, and the position goes past all of it', async () => {
    const { processor, given } = failingOn('c');
    const letters = taker();
    const { time, lease, start, put, of, budget } = readingOf(processor, { failure: policyOf('bisect', 2, letters) });
    put('a', 'b', 'c', 'd');
    const reader = start();
    await time.advance(60_000);
    expect(given).toEqual(['ab', 'cd', 'cd', 'c', 'c', 'd']);
    expect(letters.taken).toEqual([{ text: 'c', error: new Error('no c'), attempts: 2 }]);
    expect(of('records-handed-over')).toMatchObject([{ records: 1, attempts: 2, error: new Error('no c') }]);
    expect(of('batch-failed').map(({ records, attempt, retryInMs }) => [records, attempt, retryInMs > 0])).toEqual([
      [2, 1, true],
      [2, 2, false],
      [1, 1, true],
      [1, 2, false],
    ]);
    expect(lease.writes.at(-1)).toEqual({ kind: 'checkpoint', at: at(4) });
    expect([reader.openRecords(), budget.used()]).toEqual([0, 0]);
    lease.drain();
    await reader.done;
  });

  test('nothing is checkpointed past a record until onFailure has it, however often that fails', async () => {
    const letters = taker(3);
    const { time, lease, start, put, of } = readingOf(failingOn('a').processor, { failure: policyOf('bisect', 1, letters) });
    put('a', 'b', 'c');
    const reader = start();
    await time.advance(500);
    expect(reader.life().state).toBe('retrying');
    expect(lease.writes).toEqual([]);
    await time.advance(60_000);
    expect(letters.taken.map(({ text }) => text)).toEqual(['a']);
    expect(of('hand-over-failed').map(({ attempt, records, retryInMs }) => [attempt, records, retryInMs > 0])).toEqual([
      [1, 1, true],
      [2, 1, true],
      [3, 1, true],
    ]);
    expect(lease.writes.at(-1)).toEqual({ kind: 'checkpoint', at: at(3) });
    lease.drain();
    await reader.done;
  });

  test('the last batch of a shard names its children in its last piece only', async () => {
    const seen: [string, boolean][] = [];
    const source: ShardSource = {
      async *open() {
        yield batch(records(1, 2), { children: [child] });
      },
    };
    const processor: Processor = {
      async process(given) {
        seen.push([textOf(given), given.children !== undefined]);
        if (textOf(given).includes('record 1')) throw new Error('no');
      },
    };
    const { time, lease, start } = readingOf(processor, { source, failure: policyOf('bisect', 1, taker()) });
    const reader = start();
    await time.advance(60_000);
    await reader.done;
    expect(seen).toEqual([
      ['record 1record 2', true],
      ['record 1', false],
      ['record 2', true],
    ]);
    expect(lease.writes).toEqual([{ kind: 'finish', children: [child] }]);
  });
});

describe('hand-over', () => {
  test('what is not acknowledged goes whole, after so many attempts', async () => {
    const letters = taker();
    const { time, lease, start, put } = readingOf(
      {
        async process({ records }, shard) {
          const [first] = records;
          if (first !== undefined && records.length > 1) shard.acknowledge(first);
          throw new Error('no');
        },
      },
      { failure: policyOf('hand-over', 3, letters) },
    );
    put('a', 'b');
    const reader = start();
    await time.advance(60_000);
    expect(letters.taken).toEqual([{ text: 'b', error: new Error('no'), attempts: 3 }]);
    expect(lease.writes.at(-1)).toEqual({ kind: 'checkpoint', at: at(2) });
    lease.drain();
    await reader.done;
  });

  test('onFailure may acknowledge one by one: what it has is not handed over again', async () => {
    const handed: string[] = [];
    const onFailure = async ({ records, shard }: FailedRecords): Promise<void> => {
      handed.push(textOf({ records }));
      const [first] = records;
      if (first !== undefined) shard.acknowledge(first);
      if (handed.length === 1) throw new Error('no more for now');
    };
    const { time, lease, start, put } = readingOf(failingOn('a').processor, { failure: policyOf('hand-over', 1, { onFailure }) });
    put('a', 'b');
    const reader = start();
    await time.advance(60_000);
    expect(handed).toEqual(['ab', 'b']);
    lease.drain();
    await reader.done;
    expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: at(2) });
  });
});
