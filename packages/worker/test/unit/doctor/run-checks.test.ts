// How checks are run: so many at once, each for so long, and none brings the others down.
import { expect, test } from 'vitest';
import type { Finding } from '../../../src/doctor/finding.ts';
import { type Check, checksAtOnceMax, checkTimeMaxMs, runChecks } from '../../../src/doctor/run-checks.ts';
import { turn } from '../flow/support.ts';

const never = new AbortController().signal;

/** Timers that fire when the test says so. */
function handTimers() {
  const waiting = new Map<() => void, number>();
  return {
    waiting,
    fire: () => {
      for (const run of [...waiting.keys()]) run();
    },
    timers: {
      after(delayMs: number, run: () => void) {
        waiting.set(run, delayMs);
        return () => void waiting.delete(run);
      },
      sleep: () => Promise.resolve(),
    },
  };
}

const fine = (id: string): Finding => ({ id, severity: 'ok', what: id });

test('findings come in the order of the checks, whichever is done first, and never too many run at once', async () => {
  let running = 0;
  let most = 0;
  const checks = Array.from(
    { length: 20 },
    (_, at): Check => ({
      id: String(at),
      about: 'it',
      async run() {
        running += 1;
        most = Math.max(most, running);
        for (let turns = 20 - at; turns > 0; turns -= 1) await turn();
        running -= 1;
        return [fine(String(at))];
      },
    }),
  );
  const found = await runChecks(checks, handTimers().timers, never);
  expect(found.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
  expect(most).toBe(checksAtOnceMax);
});

test('one that throws, and one that never answers, are findings; the latter is told to stop', async () => {
  const { timers, waiting, fire } = handTimers();
  let stopped = false;
  const checks: readonly Check[] = [
    { id: 'a', about: 'it', run: () => Promise.reject(new Error('at postgres://u:hunter2@h')) },
    {
      id: 'b',
      about: 'the sea',
      run: (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            stopped = true;
          });
        }),
    },
    { id: 'c', about: 'it', run: async () => [fine('c')] },
  ];
  const running = runChecks(checks, timers, never);
  await turn();
  expect([...waiting.values()]).toEqual([checkTimeMaxMs]);
  fire();
  const found = await running;
  expect(found.map(({ id, severity }) => [id, severity])).toEqual([
    ['a.failed', 'fault'],
    ['b.late', 'fault'],
    ['c', 'ok'],
  ]);
  expect(found[1]?.what).toContain('the sea');
  expect(JSON.stringify(found)).not.toContain('hunter2');
  expect(stopped).toBe(true);
  expect(waiting.size).toBe(0);
});

test('a stop ends them all', async () => {
  const stop = new AbortController();
  const checks = ['a', 'b'].map((id): Check => ({ id, about: 'it', run: async () => [fine(id)] }));
  stop.abort(new Error('stop'));
  await expect(runChecks(checks, handTimers().timers, stop.signal)).rejects.toThrow('stop');
});
