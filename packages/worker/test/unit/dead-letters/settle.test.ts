// A store after a replay that was cut short at any call: no letter that failed again is ever nowhere, and doing it again mends it.
import type { DeadLetter, DeadLetterStore } from '@shardfold/sinks';
import { memorySink } from '@shardfold/sinks/testing';
import { expect, test } from 'vitest';
import type { Replayed } from '../../../src/dead-letters/replay.ts';
import { settle } from '../../../src/dead-letters/settle.ts';
import { letter, never } from './support.ts';

const failure = { stage: 'write', code: 'AGAIN', message: 'It failed again.', place: { sink: 'main', target: 'orders' } } as const;
const by = { nowMs: 7, worker: 'person', signal: never };

/** Every change before the `cut`th happens, that one does not. */
function cutAt(store: DeadLetterStore, cut: number): DeadLetterStore {
  let calls = 0;
  const counted = <Arguments extends unknown[], Answer>(change: (...all: Arguments) => Promise<Answer>) => {
    return async (...all: Arguments): Promise<Answer> => {
      calls += 1;
      if (calls === cut) throw new Error('cut');
      return change(...all);
    };
  };
  return { ...store, put: counted(store.put), discard: counted(store.discard) };
}

function results(letters: Iterable<DeadLetter>) {
  return [...letters].map((each): Replayed => {
    const text = Buffer.from(each.raw).toString();
    return text === 'fails' ? { letter: each, became: 'failed', failure } : { letter: each, became: text === 'left out' ? 'filtered' : 'done' };
  });
}

test.each([1, 2, 3, 4, 5, 6])('cut short at change %i', async (cut) => {
  const memory = memorySink({ clock: { wallMs: () => 0 } });
  const store = memory.deadLetters();
  await store.put([letter('a', 'lands'), letter('b', 'fails'), letter('c', 'fails')], never);
  await settle(results(memory.letters.values()), { ...by, store: cutAt(store, cut) }).catch(() => undefined);
  const kept = [...memory.letters.keys()].join(' ');
  expect(kept).toMatch(/b/);
  expect(kept).toMatch(/c/);
  expect(await settle(results(memory.letters.values()), { ...by, store })).toEqual(['b', 'c']);
  expect([...memory.letters.keys()].sort()).toEqual(['b', 'c']);
  for (const { attempts, errorCode, failedAtMs, worker, sink, target } of memory.letters.values()) {
    expect(attempts).toBeGreaterThan(1);
    expect([errorCode, failedAtMs, worker, sink, target]).toEqual(['AGAIN', 7, 'person', 'main', 'orders']);
  }
});

test('what was filtered stays as it was', async () => {
  const memory = memorySink({ clock: { wallMs: () => 0 } });
  const store = memory.deadLetters();
  const leftOut = letter('a', 'left out');
  await store.put([leftOut], never);
  expect(await settle(results(memory.letters.values()), { ...by, store })).toEqual([]);
  expect([...memory.letters.values()]).toEqual([leftOut]);
});
