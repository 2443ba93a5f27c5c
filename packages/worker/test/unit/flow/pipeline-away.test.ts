// What a batch does while the database is away: nothing of it is acknowledged or counted before its time.
import { autoCodec, type Codec } from '@shardfold/changes';
import { SinkError } from '@shardfold/sinks';
import { describe, expect, test } from 'vitest';
import { pipelineWorld, scripted } from './pipeline-support.ts';
import { record, rowChange, truncation, turn } from './support.ts';

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
    const world = pipelineWorld({
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
