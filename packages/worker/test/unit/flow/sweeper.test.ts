// When a table is swept: behind its deletes, again while there is something to do, and never twice at once.
import { createVirtualTime } from '@shardfold/consumer/testing';
import type { SweepReport } from '@shardfold/sinks';
import { at, put, remove, textKey } from '@shardfold/sinks/testing';
import { expect, test } from 'vitest';
import { createSweeper } from '../../../src/flow/sweeper.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';
import { turn } from './support.ts';

const nothing: SweepReport = { healed: 0, forgotten: 0 };
const gone = [remove(textKey('a'), at(1))];
const stored = [put(textKey('a'), at(1), {})];

function world(answer: () => Promise<SweepReport> = async () => nothing) {
  const time = createVirtualTime(turn);
  const machine = time.machine(1);
  const sweptMs: number[] = [];
  const events: FlowEvent[] = [];
  const process = new AbortController();
  const sweeper = createSweeper({
    sinkName: 'main',
    target: { name: 'orders' },
    machine,
    signal: process.signal,
    sweep() {
      sweptMs.push(time.nowMs());
      return answer();
    },
    onEvent: (event) => events.push(event),
  });
  return { time, machine, sweeper, sweptMs, events, process };
}

test('within ten seconds after a delete, once for many of them; rows that are stored ask for nothing', async () => {
  const { time, sweeper, sweptMs, events } = world();
  sweeper.written(stored);
  await time.advance(60_000);
  expect(sweptMs).toEqual([]);
  for (let second = 0; second < 4; second += 1) {
    sweeper.written(gone);
    await time.advance(1_000);
  }
  await time.advance(60_000);
  expect(sweptMs).toEqual([65_000]);
  expect(events).toEqual([]);
});

test('what an earlier process left is looked for, and what is old from hour to hour', async () => {
  const { time, sweeper, sweptMs } = world();
  sweeper.opened();
  await time.advance(3 * 3_600_000);
  expect(sweptMs).toEqual([5_000, 3_605_000, 7_205_000]);
});

test('again while there is something to do, which is told', async () => {
  const left = [
    { healed: 2, forgotten: 0 },
    { healed: 0, forgotten: 10_000 },
  ];
  const { time, sweeper, sweptMs, events } = world(async () => left.shift() ?? nothing);
  sweeper.written(gone);
  await time.advance(60_000);
  expect(sweptMs).toEqual([5_000, 10_000, 15_000]);
  expect(events).toEqual([
    { kind: 'table-swept', sink: 'main', target: 'orders', healed: 2, forgotten: 0 },
    { kind: 'table-swept', sink: 'main', target: 'orders', healed: 0, forgotten: 10_000 },
  ]);
});

test('again soon after a round that ended at its limit, also where it found nothing, and then from hour to hour', async () => {
  const left: SweepReport[] = [
    { ...nothing, more: true },
    { healed: 0, forgotten: 1, more: true },
    { ...nothing, more: true },
  ];
  const { time, sweeper, sweptMs, events } = world(async () => left.shift() ?? nothing);
  sweeper.opened();
  await time.advance(3_600_000);
  expect(sweptMs).toEqual([5_000, 10_000, 15_000, 20_000]);
  expect(events).toEqual([{ kind: 'table-swept', sink: 'main', target: 'orders', healed: 0, forgotten: 1 }]);
  await time.advance(3_600_000);
  expect(sweptMs).toEqual([5_000, 10_000, 15_000, 20_000, 3_620_000]);
});

test('one at a time; a delete that comes meanwhile has a sweep of its own', async () => {
  const sweeps: PromiseWithResolvers<SweepReport>[] = [];
  const { time, sweeper, sweptMs } = world(() => {
    const sweep = Promise.withResolvers<SweepReport>();
    sweeps.push(sweep);
    return sweep.promise;
  });
  sweeper.written(gone);
  await time.advance(5_000);
  sweeper.written(gone);
  await time.advance(30_000);
  expect(sweptMs).toEqual([5_000]);
  sweeps[0]?.resolve(nothing);
  await time.advance(30_000);
  expect(sweptMs).toEqual([5_000, 40_000]);
});

test('a failure is told and tried again; a process that ends sweeps no more and leaves no timer', async () => {
  const error = new Error('locked');
  const { time, machine, sweeper, sweptMs, events, process } = world(() => Promise.reject(error));
  sweeper.written(gone);
  await time.advance(10_000);
  expect(sweptMs).toEqual([5_000, 10_000]);
  expect(events[0]).toEqual({ kind: 'sweep-failed', sink: 'main', target: 'orders', error });
  process.abort(new Error('over'));
  expect(machine.armed()).toBe(0);
  sweeper.written(gone);
  await time.advance(60_000);
  expect(sweptMs).toHaveLength(2);
});

test('of a table that is closed there are no more, and nothing waits for one', async () => {
  const { time, sweeper, sweptMs, process } = world();
  sweeper.opened();
  sweeper.close();
  sweeper.written(gone);
  await time.advance(7_200_000);
  expect(sweptMs).toEqual([]);
  process.abort();
});
