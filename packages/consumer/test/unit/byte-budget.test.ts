// The bound on bytes in memory: what is granted, who waits, and that nothing is lost.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createByteBudget, type Reservation } from '../../src/memory/byte-budget.ts';
import { turn } from '../support/time.ts';

const never = new AbortController().signal;

describe('what is granted', () => {
  test.each([
    { name: 'all that is wanted', used: 0, wanted: 40, minimum: 10, granted: 40 },
    { name: 'what is free', used: 70, wanted: 40, minimum: 10, granted: 30 },
    { name: 'exactly the minimum', used: 90, wanted: 40, minimum: 10, granted: 10 },
    { name: 'more than there is, when all is free', used: 0, wanted: 400, minimum: 300, granted: 300 },
    { name: 'nothing while less than the minimum is free', used: 91, wanted: 40, minimum: 10, granted: undefined },
    { name: 'nothing oversize while anything is used', used: 1, wanted: 400, minimum: 300, granted: undefined },
  ])('$name', async ({ used, wanted, minimum, granted }) => {
    const budget = createByteBudget(100);
    if (used > 0) await budget.reserve({ wanted: used, minimum: used }, never);
    let got: number | undefined;
    void budget.reserve({ wanted, minimum }, never).then((grant) => {
      got = grant.granted;
    });
    await turn();
    expect(got).toBe(granted);
    expect(budget.used()).toBe(used + (granted ?? 0));
  });
});

test('who needs much is not overtaken by who needs little', async () => {
  const budget = createByteBudget(100);
  const first = await budget.reserve({ wanted: 60, minimum: 60 }, never);
  const order: string[] = [];
  const much = budget.reserve({ wanted: 80, minimum: 80 }, never).then((grant) => order.push('much') && grant);
  const little = budget.reserve({ wanted: 10, minimum: 10 }, never).then((grant) => order.push('little') && grant);
  await turn();
  expect(order).toEqual([]);
  first.reservation.release();
  await Promise.all([much, little]);
  expect(order).toEqual(['much', 'little']);
  expect(budget.used()).toBe(90);
});

test('who leaves the line lets the next one go on', async () => {
  const budget = createByteBudget(100);
  await budget.reserve({ wanted: 60, minimum: 60 }, never);
  const leaving = new AbortController();
  const reason = new Error('leaves');
  const much = budget.reserve({ wanted: 80, minimum: 80 }, leaving.signal);
  const little = budget.reserve({ wanted: 10, minimum: 10 }, never);
  leaving.abort(reason);
  await expect(much).rejects.toBe(reason);
  expect((await little).granted).toBe(10);
  expect(budget.used()).toBe(70);
});

test('an aborted signal reserves nothing; an abort after the grant takes nothing back', async () => {
  const budget = createByteBudget(100);
  await expect(budget.reserve({ wanted: 10, minimum: 10 }, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  expect(budget.used()).toBe(0);
  const later = new AbortController();
  await budget.reserve({ wanted: 10, minimum: 10 }, later.signal);
  later.abort();
  expect(budget.used()).toBe(10);
});

test('a correction downward lets the next one in; after the release neither counts', async () => {
  const budget = createByteBudget(100);
  const { reservation } = await budget.reserve({ wanted: 100, minimum: 10 }, never);
  const next = budget.reserve({ wanted: 50, minimum: 50 }, never);
  reservation.resize(20);
  expect((await next).granted).toBe(50);
  reservation.release();
  reservation.release();
  reservation.resize(70);
  expect(budget.used()).toBe(50);
});

type Step =
  | { readonly kind: 'reserve'; readonly wanted: number; readonly minimum: number }
  | { readonly kind: 'release' | 'abort'; readonly which: number }
  | { readonly kind: 'shrink'; readonly which: number; readonly share: number };

const total = 100;
/** Who wants much waits for as much at least. */
const leastShare = Math.floor(total / 16);
const which = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('reserve' as const), wanted: fc.integer({ min: 1, max: 150 }), minimum: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('shrink' as const), which, share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
);

interface Asked {
  readonly number: number;
  readonly controller: AbortController;
  readonly minimum: number;
  state: 'waiting' | 'aborted' | 'released' | { readonly reservation: Reservation; bytes: number };
}

test('law: at most the total or one oversize grant is used, the line is kept, all released is nothing used', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const budget = createByteBudget(total);
      const asked: Asked[] = [];
      const grants: number[] = [];
      const holding = () => asked.flatMap((each) => (typeof each.state === 'object' ? [{ each, state: each.state }] : []));
      const carryOut = (what: Step): void => {
        if (what.kind === 'reserve') {
          const controller = new AbortController();
          const entry: Asked = { number: asked.length, controller, minimum: Math.max(what.minimum, Math.min(what.wanted, leastShare)), state: 'waiting' };
          asked.push(entry);
          budget.reserve(what, controller.signal).then(
            ({ granted, reservation }) => {
              grants.push(entry.number);
              expect(granted).toBeGreaterThanOrEqual(what.minimum);
              expect(granted).toBeLessThanOrEqual(Math.max(what.wanted, what.minimum));
              entry.state = { reservation, bytes: granted };
            },
            () => {
              entry.state = 'aborted';
            },
          );
          return;
        }
        if (what.kind === 'abort') {
          const waiting = asked.filter((each) => each.state === 'waiting');
          waiting[what.which % Math.max(1, waiting.length)]?.controller.abort(new Error('leaves'));
          return;
        }
        const held = holding();
        const chosen = held[what.which % Math.max(1, held.length)];
        if (chosen === undefined) return;
        if (what.kind === 'shrink') {
          chosen.state.bytes = Math.floor(chosen.state.bytes * what.share);
          chosen.state.reservation.resize(chosen.state.bytes);
        } else {
          chosen.state.reservation.release();
          chosen.each.state = 'released';
        }
      };
      const check = (): void => {
        const held = holding();
        const sum = held.reduce((bytes, { state }) => bytes + state.bytes, 0);
        expect(budget.used()).toBe(sum);
        if (sum > total) expect(held.filter(({ state }) => state.bytes > 0)).toHaveLength(1);
        expect(grants).toEqual(grants.toSorted((left, right) => left - right));
        const head = asked.find((each) => each.state === 'waiting');
        if (head !== undefined) expect(total - sum < head.minimum && sum > 0, 'who is first in line waits only while it must').toBe(true);
      };
      for (const each of steps) {
        carryOut(each);
        await Promise.resolve();
        await Promise.resolve();
        check();
      }
      for (let held = holding(); held.length > 0; held = holding()) {
        for (const { each, state } of held) {
          state.reservation.release();
          each.state = 'released';
        }
        await turn();
      }
      expect(asked.filter((each) => each.state === 'waiting')).toEqual([]);
      expect(budget.used()).toBe(0);
    }),
    { numRuns: 200 },
  );
});
