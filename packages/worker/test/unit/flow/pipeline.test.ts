// One batch from its bytes to its outcome, with the codec, the router and a sink in memory: what is written, what is counted,
// what is buried, and when `process` answers.
import { autoCodec, type Codec } from '@shardfold/changes';
import { rowOf } from '@shardfold/sinks/testing';
import { describe, expect, test } from 'vitest';
import { pipelineWorld, scripted } from './pipeline-support.ts';
import { heldSink, record, rowChange, tableConfig, turn } from './support.ts';

const insert = (id: string, no: number, more: object = {}) =>
  record(
    JSON.stringify({
      eventName: 'INSERT',
      eventSource: 'aws:dynamodb',
      tableName: 'orders',
      dynamodb: { ApproximateCreationDateTime: 1_700_000_000_000 + no, Keys: { id: { S: id } }, NewImage: { id: { S: id }, ...more } },
    }),
    String(no),
  );

describe('a batch', () => {
  test('is written, and every record and change of it is counted once', async () => {
    const { run, memory, records, changes, events } = pipelineWorld({ rules: [tableConfig({ where: { keep: 'yes' } })] });
    const keep = { keep: { S: 'yes' } };
    await run(
      insert('a', 1, keep),
      insert('a', 2, keep),
      insert('b', 3, keep),
      insert('c', 4),
      record('no json', '5'),
      insert('d', 6, { ...keep, text: { S: '\u0000' } }),
    );
    expect(memory.rows('orders').map(({ key }) => key)).toEqual([['a'], ['b']]);
    expect(records()).toEqual({ decoded: 5, dead_lettered: 1 });
    expect(changes()).toEqual({ applied: 2, superseded: 1, filtered: 1, dead_lettered: 1 });
    expect(events.filter(({ kind }) => kind === 'dead-letter')).toEqual(
      expect.arrayContaining(['NOT_JSON', 'NUL'].map((reason) => expect.objectContaining({ reason, shard: record().shard }))),
    );
    expect(events.filter(({ kind }) => kind === 'latency')).toEqual([{ kind: 'latency', stream: 'orders', ms: 0 }]);
  });

  test('again changes nothing: the rows are superseded, the letters are the same', async () => {
    const { run, memory, changes } = pipelineWorld();
    await run(insert('a', 1), record('no json', '2'));
    await run(insert('a', 1), record('no json', '2'));
    expect([memory.rows('orders').length, memory.letters.size]).toEqual([1, 1]);
    expect(changes()).toEqual({ applied: 1, superseded: 1 });
  });

  test('that failed and comes again, while its lease stays, has each record counted once', async () => {
    let isBroken = true;
    const { run, records, changes } = pipelineWorld({
      bury: (bury) => async (burial, lost) => {
        if (isBroken) throw new Error('The worker stops.');
        await bury(burial, lost);
      },
    });
    const batch = [insert('a', 1), record('no json', '2'), insert('b', 3, { text: { S: '\u0000' } })];
    await expect(run(...batch)).rejects.toThrow('stops');
    isBroken = false;
    await run(...batch);
    expect(records()).toEqual({ decoded: 2, abandoned: 1 });
    // Of changes each attempt is counted: what the first did not do, it has abandoned.
    expect(changes()).toEqual({ applied: 1, superseded: 1, abandoned: 1, dead_lettered: 1 });
  });

  test('is decoded over several turns, and is left to the next owner when its lease goes between them', async () => {
    const codec = autoCodec();
    let costMs = 0;
    const slow: Codec = {
      ...codec,
      decode(each) {
        costMs += 3;
        return codec.decode(each);
      },
    };
    const { run, lost, records, changes, memory } = pipelineWorld({ codec: slow, workMs: () => costMs });
    const batch = Array.from({ length: 12 }, (_, at) => insert(`row ${at}`, at));
    const ended = expect(run(...batch)).rejects.toThrow('lost');
    await turn();
    expect(records()).toEqual({});
    lost.abort(new Error('lost'));
    await ended;
    expect([records(), changes(), memory.rows('orders')]).toEqual([{ abandoned: 12 }, {}, []]);
  });

  test('with nothing in it is done', async () => {
    const { run, records } = pipelineWorld();
    await run();
    expect(records()).toEqual({});
  });
});

describe('a dead letter', () => {
  test('of a record that nobody reads holds its bytes', async () => {
    const { run, memory } = pipelineWorld();
    await run(record('no json', '7'));
    expect([...memory.letters.values()]).toEqual([
      expect.objectContaining({
        stage: 'decode',
        errorCode: 'NOT_JSON',
        application: 'app',
        worker: 'w',
        stream: 'orders',
        shard: 'shard-1',
        sequence: '7',
        partitionKey: 'p',
      }),
    ]);
    const [letter] = memory.letters.values();
    expect(Buffer.from(letter?.raw ?? []).toString()).toBe('no json');
    expect([letter?.sink, letter?.target, letter?.key, letter?.event]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('of a row that the database refuses holds key, target and event', async () => {
    const { run, memory } = pipelineWorld();
    await run(insert('a', 1, { text: { S: '\u0000' } }));
    const [letter] = memory.letters.values();
    expect(letter).toMatchObject({ stage: 'write', errorCode: 'NUL', sink: 'main', target: 'orders', key: '{"id":"a"}' });
    expect(JSON.parse(letter?.event ?? '')).toMatchObject({ kind: 'insert', after: { id: 'a' } });
  });

  test('holds the key also where only the configuration knows it', async () => {
    const { run, memory } = pipelineWorld({ rules: [tableConfig({ source: 'things', key: ['no', 'line'] })] });
    const metadata = { operation: 'insert', 'record-type': 'data', 'schema-name': 's', 'table-name': 'things', timestamp: '2025-11-21T04:40:00Z' };
    await run(record(JSON.stringify({ data: { text: '\u0000', line: 'a', no: 7 }, metadata })));
    const [letter] = memory.letters.values();
    expect(letter).toMatchObject({ stage: 'write', errorCode: 'NUL', key: '{"no":7,"line":"a"}' });
  });

  test('of a change that has no way holds target and event; two of one record are two', async () => {
    const twice: Codec = {
      ...scripted({}),
      decode: () => ({ kind: 'changes', events: ['1', '2'].map((seq) => rowChange({ kind: 'modify', version: { time: 1, seq } })) }),
    };
    const { run, memory, changes } = pipelineWorld({ codec: twice });
    await run(record());
    const [letter] = memory.letters.values();
    expect(letter).toMatchObject({ stage: 'route', errorCode: 'ROW_WITHOUT_IMAGE', sink: 'main', target: 'orders', key: '{"id":1}' });
    expect(JSON.parse(letter?.event ?? '')).toMatchObject({ kind: 'modify' });
    expect(memory.letters.size).toBe(2);
    expect(changes()).toEqual({ dead_lettered: 2 });
  });
});

test('two batches of one table share its writer: what comes while two statements are out goes as one', async () => {
  const { sink, statements } = heldSink();
  const appended = Object.fromEntries(
    ['1', '2', '3', '4'].map((seq) => [
      seq,
      rowChange({ key: undefined, version: { time: 1, seq }, after: { values: () => ({}), json: () => '{}', bytes: 2 } }),
    ]),
  );
  const { run, changes } = pipelineWorld({ codec: scripted(appended), main: () => sink });
  const all = Object.keys(appended).map((payload) => run(record(payload)));
  await turn();
  expect(statements.map(({ group }) => group.length)).toEqual([1, 1]);
  await statements[0]?.answer();
  expect(statements.map(({ group }) => group.length)).toEqual([1, 1, 2]);
  await statements[1]?.answer();
  await statements[2]?.answer();
  await Promise.all(all);
  expect(changes()).toEqual({ applied: 4 });
});

describe('a table without a key', () => {
  test.each(['append', 'dead-letter'] as const)('is told of once, at its first row (%s)', async (keyless) => {
    const { run, events } = pipelineWorld({
      rules: [tableConfig({ keyless })],
      codec: scripted({ first: rowChange({ key: undefined, after: rowOf({ id: 1 }) }), second: rowChange({ key: undefined, after: rowOf({ id: 1 }) }) }),
    });
    await run(record('first', '1'), record('second', '2'));
    await run(record('second', '3'));
    expect(events.filter(({ kind }) => kind === 'table-without-key')).toMatchObject([{ keyless, shard: record().shard }]);
  });

  test('keeps rows that share their place in the source’s log, as those of one COPY do; a replay of the stream adds none', async () => {
    const { run, changes } = pipelineWorld({
      codec: scripted({ row: rowChange({ key: undefined, version: { time: 1, seq: '42' }, after: rowOf({ id: 1 }) }) }),
    });
    const all = ['1', '2', '3'].map((sequence) => record('row', sequence));
    await run(...all);
    expect(changes()).toEqual({ applied: 3 });
    await run(...all);
    expect(changes()).toEqual({ applied: 3, superseded: 3 });
  });
});
