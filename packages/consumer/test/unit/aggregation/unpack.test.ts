// The stage behind a raw source: where reading goes on, what is left out, and what batches keep on their way through.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resumed, type UnpackOptions, unpacked } from '../../../src/aggregation/unpack.ts';
import { aggregate } from '../../../src/testing/index.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, StreamRecord } from '../../../src/types.ts';
import { batch, shard } from '../../support/records.ts';
import { golden, hashOfA, highestHash, rawSource, readAll, recordOf, shardWith } from './carriers.ts';

const plain = (sequence: number, more: Partial<StreamRecord> = {}) => recordOf(sequence, Buffer.from('plain'), more);
const at = (sequence: number, subSequence: number): ReadFrom => ({ kind: 'sequence', sequence: String(sequence), subSequence });
const place = ({ sequence, subSequence }: StreamRecord) => `${sequence}/${subSequence}`;
const places = (batches: readonly RecordBatch[]) => batches.map(({ records }) => records.map(place));

function stage(batches: readonly RecordBatch[], outsideShard: UnpackOptions['outsideShard'] = 'deliver') {
  const raw = rawSource(batches);
  const events: ConsumerEvent[] = [];
  return {
    ...raw,
    events,
    source: unpacked(raw.source, { outsideShard, bufferBytes: 64 * 1024 * 1024, turn: async () => undefined, onEvent: (event) => events.push(event) }),
  };
}

describe('where reading goes on', () => {
  const batches = [batch([recordOf(7, golden), plain(8)]), batch([recordOf(9, golden)])];
  const cases: readonly (readonly [string, ReadFrom, readonly (readonly string[])[]])[] = [
    [
      'at the beginning',
      { kind: 'trim-horizon' },
      [
        ['7/0', '7/1', '8/0'],
        ['9/0', '9/1'],
      ],
    ],
    [
      'at the tip',
      { kind: 'latest' },
      [
        ['7/0', '7/1', '8/0'],
        ['9/0', '9/1'],
      ],
    ],
    [
      'K2: behind the first of an aggregate',
      at(7, 0),
      [
        ['7/1', '8/0'],
        ['9/0', '9/1'],
      ],
    ],
    ['behind the last of an aggregate', at(7, 1), [['8/0'], ['9/0', '9/1']]],
    ['behind a record on its own', at(8, 0), [[], ['9/0', '9/1']]],
    ['behind a record of the next batch', at(9, 0), [[], ['9/1']]],
    ['behind everything', at(9, 1), [[], []]],
    [
      'before everything',
      at(6, 0),
      [
        ['7/0', '7/1', '8/0'],
        ['9/0', '9/1'],
      ],
    ],
  ];
  test.each(cases)('%s', async (_name, from, expected) => {
    expect(places(await readAll(stage(batches).source, from))).toEqual(expected);
  });

  test('numbers are compared, not texts', async () => {
    expect(places(await readAll(stage([batch([plain(9), plain(10), plain(11)])]).source, at(10, 0)))).toEqual([['11/0']]);
  });

  test('once past the position, nothing is left out any more', async () => {
    const again = [batch([plain(7), plain(8)]), batch([plain(7)])];
    expect(places(await readAll(stage(again).source, at(7, 0)))).toEqual([['8/0'], ['7/0']]);
  });

  test('each reading starts anew', async () => {
    const { source } = stage(batches);
    await readAll(source, at(7, 0));
    expect(places(await readAll(source, at(7, 0)))).toEqual([
      ['7/1', '8/0'],
      ['9/0', '9/1'],
    ]);
  });

  test('the raw source is asked for the same position', async () => {
    const { source, opened } = stage([]);
    const signal = new AbortController().signal;
    for await (const _ of source.open(shard, at(7, 0), { signal }));
    expect(opened).toEqual([{ shard, from: at(7, 0), signal, closed: true }]);
  });
});

describe('where reading begins at a time', () => {
  const arriving = (...times: readonly number[]) => batch(times.map((arrivalMs, index) => plain(index + 1, { arrivalMs })));
  const from = (atMs: number): ReadFrom => ({ kind: 'timestamp', atMs });
  const cases: readonly (readonly [string, number, readonly number[], readonly string[]])[] = [
    ['earlier records are left out', 5_000, [3_000, 4_999, 5_000, 6_000], ['3/0', '4/0']],
    ['of its second all come: some services round down to it', 5_999, [4_999, 5_000, 6_000], ['2/0', '3/0']],
    ['a record that came out of order stays', 5_000, [4_000, 6_000, 4_000], ['2/0', '3/0']],
    ['no time was given', 5_000, [4_000, 0, 4_000], ['2/0', '3/0']],
  ];
  test.each(cases)('%s', async (_name, atMs, times, expected) => {
    expect(places(await readAll(stage([arriving(...times)]).source, from(atMs)))).toEqual([expected]);
  });

  test('an aggregate has the time of its carrier', async () => {
    const carriers = [recordOf(7, golden, { arrivalMs: 1_000 }), recordOf(8, golden, { arrivalMs: 5_000 })];
    expect(places(await readAll(stage([batch(carriers)]).source, from(5_000)))).toEqual([['8/0', '8/1']]);
  });
});

describe('a batch on its way through', () => {
  test('is the same batch when there is nothing to do', async () => {
    const batches = [batch([plain(1), plain(2)]), batch([])];
    const read = await readAll(stage(batches, 'drop').source, at(0, 0), shardWith(hashOfA, highestHash));
    expect([read[0] === batches[0], read[1] === batches[1]]).toEqual([true, true]);
  });

  test('goes on with all it says when none of its records is left', async () => {
    let released = 0;
    const children = [{ shardId: 'child', parents: [shard.shardId] }];
    const last = batch([plain(7)], { retainedBytes: 99, behindLatestMs: 5, children, release: () => (released += 1) });
    const [found] = await readAll(stage([last]).source, at(7, 0));
    expect(found).toEqual({ records: [], retainedBytes: 99, behindLatestMs: 5, children, release: expect.any(Function) });
    found?.release();
    expect(released).toBe(1);
  });

  test('lets go of what was taken apart when it is released, and of the raw batch', async () => {
    let released = 0;
    const [found] = await readAll(stage([batch([recordOf(7, golden)], { release: () => (released += 1) })]).source);
    expect([found?.records.map((record) => record.text()), released]).toEqual([['hello', 'world'], 0]);
    found?.release();
    expect(released).toBe(1);
    for (const record of found?.records ?? []) expect(() => record.bytes()).toThrow(expect.objectContaining({ code: 'BATCH_RELEASED' }));
  });

  test('names no children where it named none', async () => {
    const [found] = await readAll(stage([batch([recordOf(7, golden)])]).source);
    expect(found !== undefined && 'children' in found).toBe(false);
  });

  test('ends the raw reading with its own', async () => {
    const { source, opened } = stage([batch([plain(1)]), batch([plain(2)])]);
    for await (const _ of source.open(shard, { kind: 'trim-horizon' }, { signal: new AbortController().signal })) break;
    expect(opened[0]?.closed).toBe(true);
  });
});

describe('records of another shard', () => {
  const upper = shardWith(hashOfA, highestHash);
  const foreign = aggregate([{ partitionKey: 'a', explicitHashKey: '1', data: Buffer.from('foreign') }]);
  const batches = () => [batch([recordOf(7, golden), plain(8)]), batch([recordOf(9, foreign)]), batch([recordOf(10, golden)])];

  test('are delivered with a mark', async () => {
    const { source, events } = stage(batches());
    const read = await readAll(source, { kind: 'trim-horizon' }, upper);
    expect(places(read)).toEqual([['7/0', '7/1', '8/0'], ['9/0'], ['10/0', '10/1']]);
    expect(read.flatMap(({ records }) => records.map((record) => record.aggregated?.outsideShard))).toEqual([false, true, undefined, true, false, true]);
    expect(events).toEqual([]);
  });

  test('or left out and counted: the others keep their places', async () => {
    const { source, events } = stage(batches(), 'drop');
    expect(places(await readAll(source, { kind: 'trim-horizon' }, upper))).toEqual([['7/0', '8/0'], [], ['10/0']]);
    expect(events).toEqual([1, 1, 1].map((records) => ({ kind: 'records-outside-shard', shard: upper, records })));
  });

  test('are not counted where they were passed before', async () => {
    const { source, events } = stage(batches(), 'drop');
    expect(places(await readAll(source, at(9, 0), upper))).toEqual([[], [], ['10/0']]);
    expect(events).toHaveLength(1);
  });

  test('there are none where the whole range is the shard', async () => {
    const { source, events } = stage(batches(), 'drop');
    expect(places(await readAll(source))).toEqual([['7/0', '7/1', '8/0'], ['9/0'], ['10/0', '10/1']]);
    expect(events).toEqual([]);
  });
});

describe('a service without aggregates', () => {
  test('what looks like one is a record', async () => {
    const raw = rawSource([batch([plain(6), recordOf(7, golden), plain(8)])]);
    expect(places(await readAll(resumed(raw.source), at(6, 0)))).toEqual([['7/0', '8/0']]);
  });
});

test('law: from any place of any stream, however it is cut into batches, exactly what follows is read', async () => {
  const record = fc.option(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 }), { nil: undefined });
  const stream = fc.array(fc.array(record, { maxLength: 5 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(stream, fc.nat(), fc.boolean(), async (cut, which, isAfter) => {
      let sequence = 8;
      const carriers = cut.map((kinds) =>
        kinds.map((keys) => {
          sequence += 1;
          return keys === undefined
            ? plain(sequence)
            : recordOf(sequence, aggregate(keys.map((partitionKey) => ({ partitionKey, data: Buffer.from(partitionKey) }))));
        }),
      );
      const all = (await readAll(stage(carriers.map((each) => batch(each))).source)).flatMap(({ records }) => records);
      const from = all[which % all.length];
      if (from === undefined) return;
      // A service begins at the stored record; one that begins behind it is right as long as that record was no aggregate.
      const skips = isAfter && from.aggregated === undefined;
      const rest = carriers.map((each) => batch(each.filter(({ sequence: one }) => BigInt(one) > BigInt(from.sequence) || (!skips && one === from.sequence))));
      const read = await readAll(stage(rest).source, at(Number(from.sequence), from.subSequence));
      expect(read).toHaveLength(cut.length);
      expect(read.flatMap(({ records }) => records.map(place))).toEqual(all.slice(all.indexOf(from) + 1).map(place));
    }),
  );
});
