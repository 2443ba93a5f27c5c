// One batch from its bytes to its outcome, with the codec, the router and a sink in memory: what is written, what is counted,
// what is buried, and when `process` answers.
import { autoCodec, type Codec } from '@shardfold/changes';
import type { RecordBatch, ShardContext, StreamRecord } from '@shardfold/consumer';
import { SinkError } from '@shardfold/sinks';
import { type MemorySink, memorySink, rowOf } from '@shardfold/sinks/testing';
import { describe, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/config.ts';
import { type Bury, createLetters } from '../../../src/flow/letters.ts';
import { createPatience } from '../../../src/flow/patience.ts';
import { createRouter } from '../../../src/flow/route.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import { heldSink, record, rowChange, stillMachine, tableConfig, tally, truncation, turn } from './support.ts';

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

function create({
  rules = [tableConfig()],
  codec = autoCodec(),
  main,
  bury: over = (bury) => bury,
  workMs = () => 0,
}: {
  rules?: readonly TableConfig[];
  codec?: Codec;
  main?: (sink: MemorySink) => Partial<MemorySink>;
  bury?: (bury: Bury) => Bury;
  /** What the work has taken so far, by the clock. */
  workMs?: () => number;
} = {}) {
  const still = stillMachine();
  const machine = { ...still, clock: { ...still.clock, monotonicMs: () => still.clock.monotonicMs() + workMs() } };
  const events: FlowEvent[] = [];
  const process = new AbortController();
  const onEvent = (event: FlowEvent) => events.push(event);
  const memory = memorySink({ clock: machine.clock });
  const sink = { ...memory, ...main?.(memory) };
  const patience = createPatience({ sink: 'main', machine, onEvent });
  const bury = over(createLetters({ application: 'app', worker: 'w', machine, signal: process.signal, store: sink.deadLetters(), patience, onEvent }));
  const sinks = new Map([['main', { sink, patience }]]);
  const processor = createPipeline({ codec, route: createRouter(rules), sinks, bury, machine, signal: process.signal, onEvent });
  const lost = new AbortController();
  const shard: ShardContext = {
    shard: record().shard,
    lease: { counter: 1n },
    lost: lost.signal,
    drain: new AbortController().signal,
    acknowledge: () => undefined,
    checkpoint: async () => undefined,
    prepared: undefined,
    prepareCheckpoint: async () => ({ commit: async () => undefined }),
  };
  const run = (...records: readonly StreamRecord[]) => {
    const batch: RecordBatch = { records, retainedBytes: 1, behindLatestMs: 0, release: () => undefined };
    return processor.process(batch, shard);
  };
  return { memory, machine, events, process, lost, run, records: () => tally(events, 'records'), changes: () => tally(events, 'changes') };
}

/** Reads what a test names: the payload is the name of an event. */
function scripted(events: Readonly<Record<string, ReturnType<typeof rowChange> | ReturnType<typeof truncation>>>): Codec {
  return {
    name: 'scripted',
    about: 'what a test names',
    examples: [],
    recognises: () => true,
    decode: (each) => {
      const event = events[each.text()];
      return event === undefined ? { kind: 'ignored', reason: 'unknown' } : { kind: 'changes', events: [event] };
    },
  };
}

describe('a batch', () => {
  test('is written, and every record and change of it is counted once', async () => {
    const { run, memory, records, changes, events } = create({ rules: [tableConfig({ where: { keep: 'yes' } })] });
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
    expect(events.filter(({ kind }) => kind === 'dead-letter').map((event) => ('reason' in event ? event.reason : ''))).toEqual(
      expect.arrayContaining(['NOT_JSON', 'NUL']),
    );
    expect(events.filter(({ kind }) => kind === 'latency')).toEqual([{ kind: 'latency', stream: 'orders', ms: 0 }]);
  });

  test('again changes nothing: the rows are superseded, the letters are the same', async () => {
    const { run, memory, changes } = create();
    await run(insert('a', 1), record('no json', '2'));
    await run(insert('a', 1), record('no json', '2'));
    expect([memory.rows('orders').length, memory.letters.size]).toEqual([1, 1]);
    expect(changes()).toEqual({ applied: 1, superseded: 1 });
  });

  test('that failed and comes again, while its lease stays, has each record counted once', async () => {
    let isBroken = true;
    const { run, records, changes } = create({
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
    const { run, lost, records, changes, memory } = create({ codec: slow, workMs: () => costMs });
    const batch = Array.from({ length: 12 }, (_, at) => insert(`row ${at}`, at));
    const ended = expect(run(...batch)).rejects.toThrow('lost');
    await turn();
    expect(records()).toEqual({});
    lost.abort(new Error('lost'));
    await ended;
    expect([records(), changes(), memory.rows('orders')]).toEqual([{ abandoned: 12 }, {}, []]);
  });

  test('with nothing in it is done', async () => {
    const { run, records } = create();
    await run();
    expect(records()).toEqual({});
  });
});

describe('a dead letter', () => {
  test('of a record that nobody reads holds its bytes', async () => {
    const { run, memory } = create();
    await run(record('no json', '7'));
    expect([...memory.letters.values()]).toEqual([
      expect.objectContaining({ stage: 'decode', errorCode: 'NOT_JSON', application: 'app', worker: 'w', stream: 'orders', shard: 'shard-1', sequence: '7' }),
    ]);
    const [letter] = memory.letters.values();
    expect(Buffer.from(letter?.raw ?? []).toString()).toBe('no json');
    expect([letter?.sink, letter?.target, letter?.key, letter?.event]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('of a row that the database refuses holds key, target and event', async () => {
    const { run, memory } = create();
    await run(insert('a', 1, { text: { S: '\u0000' } }));
    const [letter] = memory.letters.values();
    expect(letter).toMatchObject({ stage: 'write', errorCode: 'NUL', sink: 'main', target: 'orders', key: '{"id":"a"}' });
    expect(JSON.parse(letter?.event ?? '')).toMatchObject({ kind: 'insert', after: { id: 'a' } });
  });

  test('of a change that has no way holds target and event; two of one record are two', async () => {
    const twice: Codec = {
      ...scripted({}),
      decode: () => ({ kind: 'changes', events: ['1', '2'].map((seq) => rowChange({ kind: 'modify', version: { time: 1, seq } })) }),
    };
    const { run, memory, changes } = create({ codec: twice });
    await run(record());
    const [letter] = memory.letters.values();
    expect(letter).toMatchObject({ stage: 'route', errorCode: 'ROW_WITHOUT_IMAGE', sink: 'main', target: 'orders', key: '{"id":1}' });
    expect(JSON.parse(letter?.event ?? '')).toMatchObject({ kind: 'modify' });
    expect(memory.letters.size).toBe(2);
    expect(changes()).toEqual({ dead_lettered: 2 });
  });
});

describe('while the database is away', () => {
  const away = new SinkError('SINK_UNREACHABLE', 'Away.', { retryable: true });

  /** Everything that a batch may have to wait for. */
  function blocked() {
    let down = true;
    let asked = 0;
    const ask = () => {
      asked += 1;
      if (down) throw away;
    };
    const codec = scripted({ row: rowChange({ kind: 'modify' }), truncate: truncation() });
    const reading: Codec = { ...codec, decode: (each) => (each.text() === 'bad' ? autoCodec().decode(record('no json')) : codec.decode(each)) };
    const world = create({
      codec: reading,
      main: (memory) => ({
        table: async (target) => {
          ask();
          return memory.table(target, new AbortController().signal);
        },
        deadLetters: () => ({
          ...memory.deadLetters(),
          async put(letters, signal) {
            ask();
            await memory.deadLetters().put(letters, signal);
          },
          count: async () => 0,
        }),
      }),
    });
    return {
      ...world,
      mend() {
        down = false;
      },
      asked: () => asked,
    };
  }

  test.each(['bad', 'row', 'truncate'])('%s is not acknowledged and counts as nothing, until it is back', async (payload) => {
    const { run, machine, mend, records, changes } = blocked();
    let over = false;
    const done = run(record(payload)).finally(() => {
      over = true;
    });
    await turn();
    expect([over, records().dead_lettered, changes()]).toEqual([false, undefined, {}]);
    mend();
    await machine.wake();
    await done;
    expect([records(), changes()]).toEqual(
      payload === 'bad' ? [{ dead_lettered: 1 }, {}] : [{ decoded: 1 }, payload === 'row' ? { dead_lettered: 1 } : { applied: 1 }],
    );
  });

  test.each(['bad', 'row', 'truncate'])('%s is abandoned at once when the lease goes, and no longer waited for', async (payload) => {
    const { run, machine, lost, records, changes } = blocked();
    const ended = expect(run(record(payload))).rejects.toThrow('lost');
    await turn();
    lost.abort(new Error('lost'));
    await ended;
    await turn();
    expect(machine.sleeping()).toBe(0);
    expect([records(), changes()]).toEqual(payload === 'bad' ? [{ abandoned: 1 }, {}] : [{ decoded: 1 }, { abandoned: 1 }]);
  });

  test('few letters are tried at once, and each has its outcome', async () => {
    const { run, machine, asked, lost, records } = blocked();
    const ended = expect(run(...Array.from({ length: 100 }, (_, index) => record('bad', String(index))))).rejects.toThrow('lost');
    await turn();
    expect([asked(), machine.sleeping()]).toEqual([8, 8]);
    lost.abort(new Error('lost'));
    await ended;
    expect(records()).toEqual({ abandoned: 100 });
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
  const { run, changes } = create({ codec: scripted(appended), main: () => sink });
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
    const { run, events } = create({
      rules: [tableConfig({ keyless })],
      codec: scripted({ first: rowChange({ key: undefined, after: rowOf({ id: 1 }) }), second: rowChange({ key: undefined, after: rowOf({ id: 1 }) }) }),
    });
    await run(record('first', '1'), record('second', '2'));
    await run(record('second', '3'));
    expect(events.filter(({ kind }) => kind === 'table-without-key')).toMatchObject([{ keyless }]);
  });

  test('keeps rows that share their place in the source’s log, as those of one COPY do; a replay of the stream adds none', async () => {
    const { run, changes } = create({ codec: scripted({ row: rowChange({ key: undefined, version: { time: 1, seq: '42' }, after: rowOf({ id: 1 }) }) }) });
    const all = ['1', '2', '3'].map((sequence) => record('row', sequence));
    await run(...all);
    expect(changes()).toEqual({ applied: 3 });
    await run(...all);
    expect(changes()).toEqual({ applied: 3, superseded: 3 });
  });
});
