// Virtual time: the order of events, clocks that are wrong, machines that stand still.
import { describe, expect, test } from 'vitest';
import { createVirtualTime, type VirtualTime } from '../../src/testing/virtual-machine.ts';

function virtualTime(): VirtualTime {
  return createVirtualTime(() => new Promise((resolve) => void setImmediate(resolve)));
}

describe('timers', () => {
  test('fire in the order of their times, and of their making where these are equal', async () => {
    const time = virtualTime();
    const machine = time.machine(1);
    const fired: number[] = [];
    const delays = Array.from({ length: 1000 }, (_, at) => (at * 7919) % 500);
    delays.forEach((delay, at) => void machine.timers.after(delay, () => fired.push(at)));
    await time.advance(1000);
    expect(fired).toEqual(delays.map((_, at) => at).sort((a, b) => (delays[a] ?? 0) - (delays[b] ?? 0) || a - b));
    expect(machine.armed()).toBe(0);
  });

  test('that are cancelled do not fire, however many there are', async () => {
    const time = virtualTime();
    const machine = time.machine(1);
    const fired: number[] = [];
    const cancels = Array.from({ length: 2000 }, (_, at) => machine.timers.after(at, () => fired.push(at)));
    cancels.forEach((cancel, at) => void (at % 100 === 0 ? undefined : cancel()));
    expect(machine.armed()).toBe(20);
    await time.advance(3000);
    expect(fired).toEqual(Array.from({ length: 20 }, (_, at) => at * 100));
  });

  test('let everything that follows from one happen before the next', async () => {
    const time = virtualTime();
    const machine = time.machine(1);
    const seen: string[] = [];
    const follow = async (): Promise<void> => {
      for (let step = 0; step < 20; step += 1) await undefined;
      seen.push('followed');
    };
    machine.timers.after(1, () => void follow());
    machine.timers.after(1, () => seen.push('next'));
    await time.advance(1);
    expect(seen).toEqual(['followed', 'next']);
  });
});

test('a clock that runs fast fires early by true time and on time by its own', async () => {
  const time = virtualTime();
  const machine = time.machine(1, { offsetMs: 1000, rate: 1.25, wallMs: 5000 });
  const fired: number[] = [];
  machine.timers.after(100, () => fired.push(time.nowMs(), machine.clock.monotonicMs()));
  await time.advance(100);
  expect(fired).toEqual([80, 1100]);
  machine.jumpWall(-300);
  expect([machine.clock.wallMs(), machine.clock.monotonicMs()]).toEqual([4825, 1125]);
});

describe('a machine that stands still', () => {
  test('frozen: its clock runs on, and what fell due fires at once when it thaws', async () => {
    const time = virtualTime();
    const machine = time.machine(1);
    const fired: string[] = [];
    machine.timers.after(10, () => fired.push(`timer ${time.nowMs()}`));
    machine.deliver(20, () => fired.push(`letter ${time.nowMs()}`));
    machine.freeze();
    await time.advance(100);
    expect([fired, machine.clock.monotonicMs(), machine.isFrozen()]).toEqual([[], 100, true]);
    machine.thaw();
    await time.advance(0);
    expect([fired, machine.thawedMs()]).toEqual([['timer 100', 'letter 100'], 100]);
  });

  test('suspended: its clock stands, and its timers are as far away as before', async () => {
    const time = virtualTime();
    const machine = time.machine(1);
    const fired: string[] = [];
    machine.timers.after(50, () => fired.push(`timer ${time.nowMs()}`));
    machine.deliver(20, () => fired.push(`letter ${time.nowMs()}`));
    await time.advance(10);
    machine.suspend();
    await time.advance(100);
    expect([fired, machine.clock.monotonicMs()]).toEqual([[], 10]);
    machine.thaw();
    await time.advance(100);
    expect(fired).toEqual(['letter 110', 'timer 150']);
  });

  test('a timer that is cancelled meanwhile does not fire', async () => {
    const time = virtualTime();
    const machine = time.machine(1);
    const fired: string[] = [];
    const cancel = machine.timers.after(10, () => fired.push('timer'));
    machine.freeze();
    await time.advance(20);
    cancel();
    machine.thaw();
    await time.advance(20);
    expect([fired, machine.armed()]).toEqual([[], 0]);
  });
});

test('a sleep ends early with the reason of its signal', async () => {
  const time = virtualTime();
  const machine = time.machine(1);
  const abort = new AbortController();
  const slept = machine.timers.sleep(100, abort.signal).catch((error: unknown) => error);
  machine.timers.after(10, () => abort.abort('enough'));
  await time.advance(10);
  expect([await slept, machine.armed()]).toEqual(['enough', 0]);
});
