// A letter takes the way of a live record again: what becomes of it, and of the row it is of.
import { codecByName, describeDecoded } from '@shardfold/changes';
import { type DeadLetter, SinkError } from '@shardfold/sinks';
import { describe, expect, test } from 'vitest';
import { recordOf } from '../../../src/dead-letters/record.ts';
import { letter, payload, replayAll } from './support.ts';

const letters = (memory: { readonly letters: ReadonlyMap<string, { readonly attempts: number; readonly errorCode: string }> }) =>
  [...memory.letters].map(([id, { attempts, errorCode }]) => [id, attempts, errorCode]);

/** The example of a codec whose title begins so. */
function example(codec: string, title: string): string {
  const text = codecByName(codec)?.examples.find((each) => each.title.startsWith(title))?.text;
  if (text === undefined) throw new Error(`There is no example "${title}".`);
  return text;
}

test('what lands, or is older than the row, goes; what fails again stays with one attempt more', async () => {
  const time = 1_790_000_000_000;
  const { memory, report, replayer } = await replayAll({
    letters: [
      letter('a', payload('1', time + 2, { n: { S: 'new' } })),
      letter('b', payload('1', time + 1, { n: { S: 'old' } })),
      letter('c', payload('2', time, { ssn: { S: 'x' } })),
      letter('d', payload('3', time, { n: { S: 'a\u0000b' } }), { attempts: 4 }),
      letter('e', 'no json', { errorCode: 'OTHER' }),
    ],
    more: 'tables: [{ source: orders, sink: main }]',
  });
  expect(await report).toMatchObject({ done: 3, failed: 2, cutShort: false });
  expect((await report).kinds.map(({ code, count, id }) => [code, count, id])).toEqual([
    ['NUL', 1, 'd'],
    ['NOT_JSON', 1, 'e'],
  ]);
  expect(letters(memory)).toEqual([
    ['d', 5, 'NUL'],
    ['e', 2, 'NOT_JSON'],
  ]);
  expect(memory.letters.get('d')).toMatchObject({ stage: 'write', worker: 'person' });
  expect(memory.rows('orders').map(({ data }) => JSON.parse(data ?? '').n ?? null)).toEqual(['new', null]);
  expect(replayer.counts).toMatchObject({ applied: 2, superseded: 1, dead_lettered: 1 });
});

test('a replay does not undo what came later: the version is that of the record', async () => {
  const time = 1_790_000_000_000;
  const late = letter('a', payload('1', time, { n: { S: 'old' } }));
  const { memory, report, again } = await replayAll({ letters: [letter('b', payload('1', time + 1, { n: { S: 'new' } }))] });
  await report;
  await memory.deadLetters().put([late], new AbortController().signal);
  expect(await again()).toMatchObject({ done: 1, failed: 0 });
  expect(memory.letters.size).toBe(0);
  expect(memory.rows('orders').map(({ data }) => JSON.parse(data ?? '').n)).toEqual(['new']);
});

test('what the configuration leaves out stays as it was, and is not called done', async () => {
  const time = 1_790_000_000_000;
  const elsewhere = payload('1', time).replace('"orders"', '"others"');
  const given = [
    letter('a', elsewhere),
    letter('b', payload('2', time, { keep: { S: 'no' } }), { attempts: 4 }),
    letter('c', payload('3', time, { keep: { S: 'yes' } })),
    letter('d', 'no json'),
  ];
  const more = 'tables: [{ source: orders, sink: main, where: { keep: "yes" } }]';
  const { memory, report, replayer, again } = await replayAll({ letters: given, more });
  expect(await report).toMatchObject({ done: 1, failed: 1, filtered: 2 });
  expect(replayer.counts).toMatchObject({ applied: 1, filtered: 2 });
  expect(['a', 'b'].map((id) => memory.letters.get(id))).toEqual(given.slice(0, 2));
  expect(memory.rows('orders').map(({ key }) => key)).toEqual([['3']]);
  expect(await again()).toMatchObject({ done: 0, failed: 1, filtered: 2 });
  const mended = await replayAll({ letters: [...memory.letters.values()], more: 'tables: [{ source: "*", sink: main }]' });
  expect(await mended.report).toMatchObject({ done: 2, failed: 1, filtered: 0 });
});

test('of a record with several changes, one that is filtered does not keep the letter', async () => {
  const text = example('mysql-rows', 'two changes in one record');
  const more = 'tables: [{ source: customers, sink: main, key: [id], where: { kind: insert } }]';
  const { memory, report, replayer } = await replayAll({ letters: [letter('a', text)], more });
  expect(await report).toMatchObject({ done: 1, failed: 0, filtered: 0 });
  expect(replayer.counts).toMatchObject({ applied: 1, filtered: 1 });
  expect(memory.letters.size).toBe(0);
});

test('of a record with several changes only the one that the letter is of is replayed', async () => {
  const text = example('mysql-rows', 'two changes in one record');
  const record = recordOf(letter('a', text));
  const decoded = codecByName('mysql-rows')?.decode(record);
  if (decoded?.kind !== 'changes') throw new Error('It does not decode.');
  const [first] = describeDecoded(decoded);
  const about = { stage: 'route', sink: 'main', target: 'customers' } as const;
  const more = 'tables: [{ source: customers, sink: main, key: [id] }]';
  const one = await replayAll({ letters: [letter('a', text, { ...about, ...(first === undefined ? {} : { event: first }) })], more });
  expect(await one.report).toMatchObject({ done: 1, failed: 0 });
  expect(one.replayer.counts).toMatchObject({ applied: 1, superseded: 0 });
  expect(one.memory.rows('customers')).toHaveLength(1);
  const all = await replayAll({ letters: [letter('a', text, about)], more });
  await all.report;
  expect(one.memory.rows('customers')).not.toEqual(all.memory.rows('customers'));
});

test('a record whose changes all fail again stays whole: none of them hides the others', async () => {
  const text = example('mysql-rows', 'two changes in one record');
  const more = 'tables: [{ source: customers, sink: main, keyless: dead-letter }]';
  const { memory, report } = await replayAll({ letters: [letter('a', text)], more });
  expect(await report).toMatchObject({ done: 0, failed: 1, kinds: [{ code: 'ROW_WITHOUT_KEY', count: 1 }] });
  expect(memory.letters.get('a')).toMatchObject({ stage: 'route', sink: 'main', target: 'customers', event: undefined });
  const mended = await replayAll({ letters: [...memory.letters.values()], more: 'tables: [{ source: customers, sink: main, key: [id] }]' });
  expect(await mended.report).toMatchObject({ done: 1, failed: 0 });
  expect(mended.replayer.counts).toMatchObject({ applied: 1, superseded: 1 });
});

describe('the key that Debezium sends as the partition key', () => {
  const text = example('debezium', 'a row of PostgreSQL is inserted');
  const known = { stage: 'write', sink: 'main', target: 'orders', key: '{"id":1001}' } as const;

  test.each<readonly [string, Partial<DeadLetter>]>([
    ['nobody had looked for it', {}],
    ['the row does not show it', { ...known, key: '{"no":1}' }],
  ])('is the letter’s own, also where %s', async (_, more) => {
    const { memory, report } = await replayAll({ letters: [letter('a', text, { ...more, partitionKey: '{"id":1001}' })] });
    expect(await report).toMatchObject({ done: 1, failed: 0 });
    expect(memory.rows('orders').map(({ key }) => key)).toEqual([['1001']]);
  });

  test('that was none makes the row one without a key, as it does alive', async () => {
    const { memory, report } = await replayAll({ letters: [letter('a', text, { partitionKey: 'default' })] });
    expect(await report).toMatchObject({ done: 1, failed: 0 });
    expect(memory.rows('orders')).toHaveLength(1);
    expect(memory.rows('orders').map(({ key }) => key)).not.toEqual([['1001']]);
  });

  test('comes from the letter and the row', async () => {
    const { memory, report } = await replayAll({ letters: [letter('a', text, known)] });
    expect(await report).toMatchObject({ done: 1, failed: 0 });
    expect(memory.rows('orders').map(({ key }) => key)).toEqual([['1001']]);
  });

  test.each<readonly [string, Partial<DeadLetter>]>([
    ['the row does not show it', { ...known, key: '{"no":1}' }],
    ['nobody had looked for it', {}],
  ])('is not replaced by a position when %s', async (_, more) => {
    const { memory, report } = await replayAll({ letters: [letter('a', text, more)] });
    expect(await report).toMatchObject({ done: 0, failed: 1, kinds: [{ code: 'REPLAY_WITHOUT_KEY' }] });
    expect(memory.rows('orders')).toEqual([]);
  });

  test('may be named in the configuration', async () => {
    const { memory, report } = await replayAll({ letters: [letter('a', text)], more: 'tables: [{ source: orders, sink: main, key: [id] }]' });
    expect(await report).toMatchObject({ done: 1, failed: 0 });
    expect(memory.rows('orders').map(({ key }) => key)).toEqual([['1001']]);
  });
});

test('a database that refuses for good is told of as the letter’s fault, and the others go on', async () => {
  const { memory, report } = await replayAll({
    letters: [letter('a', payload('1', 1)), letter('b', payload('1', 1).replace('"orders"', '"others"'))],
    sink: (memory) => ({
      async table(target, signal) {
        if (target.name === 'others') throw new SinkError('SINK_TABLE_MISMATCH', 'It does not fit.', { retryable: false });
        return memory.table(target, signal);
      },
    }),
  });
  expect(await report).toMatchObject({ done: 1, failed: 1, kinds: [{ code: 'SINK_TABLE_MISMATCH', id: 'b' }] });
  expect(letters(memory)).toEqual([['b', 2, 'SINK_TABLE_MISMATCH']]);
});

test('a database that is down is waited for a while; then the replay ends, and every letter is as it was', async () => {
  const down = new SinkError('SINK_UNREACHABLE', 'No connection.', { retryable: true });
  const { memory, machine, report, waited } = await replayAll({
    letters: [letter('a', payload('1', 1))],
    sink: () => ({ table: () => Promise.reject(down) }),
  });
  const ended = expect(report).rejects.toBe(down);
  let over = false;
  void report.catch(() => undefined).finally(() => (over = true));
  for (let turns = 0; !over && turns < 200; turns += 1) await machine.wake();
  await ended;
  expect(waited.length).toBeGreaterThan(3);
  expect(letters(memory)).toEqual([['a', 1, '22P05']]);
});
