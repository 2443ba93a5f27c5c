// The end of a run: what is closed is waited for, and what never closes holds up nobody.
import { expect, test } from 'vitest';
import { goodbye } from '../../../src/flow/goodbye.ts';
import { turn } from './support.ts';

/** Time that stands until a test moves it. */
function create() {
  const due: { readonly atMs: number; readonly run: () => void }[] = [];
  let nowMs = 0;
  const timers = {
    after(delayMs: number, run: () => void) {
      const one = { atMs: nowMs + delayMs, run };
      due.push(one);
      return () => void due.splice(due.indexOf(one), 1);
    },
    sleep: () => Promise.reject(new Error('Nothing sleeps here.')),
  };
  return {
    timers,
    waiting: () => due.length,
    async at(toMs: number) {
      nowMs = toMs;
      for (const { run } of due.filter(({ atMs }) => atMs <= nowMs)) run();
      await turn();
    },
  };
}

const silent = new Promise<void>(() => undefined);

/** With what the leases take (2 s at most) it has to stay within the 5 s that `shutdown.grace` leaves after the drain. */
const leftMs = 3_000;

test('a server that never answers is left in time', async () => {
  const time = create();
  let over = false;
  const left = goodbye([Promise.resolve(), silent], time).then(() => (over = true));
  await time.at(2_000);
  expect(over).toBe(false);
  await time.at(leftMs);
  expect(over).toBe(true);
  await left;
});

test('what closes, or cannot be closed, is waited for and no longer', async () => {
  const time = create();
  await goodbye([Promise.resolve(), Promise.reject(new Error('It was gone already.')), undefined], time);
  expect(time.waiting()).toBe(0);
});
