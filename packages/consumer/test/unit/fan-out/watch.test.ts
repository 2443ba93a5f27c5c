// The watchdog of a subscription, in virtual time.
import { describe, expect, test } from 'vitest';
import { startWatch } from '../../../src/fan-out/watch.ts';
import { virtualTime } from '../../support/time.ts';

function watching() {
  const time = virtualTime();
  const machine = time.machine(1);
  const over: string[] = [];
  const watch = startWatch(machine, { stallMs: 30_000, heldMs: 10_000 }, (why) => over.push(`${why} at ${time.nowMs()}`));
  return { time, machine, over, watch };
}

describe('a watch', () => {
  test('is over once, when nothing came for long', async () => {
    const { time, over, machine } = watching();
    await time.advance(29_999);
    expect(over).toEqual([]);
    await time.advance(500_000);
    expect([over, machine.armed()]).toEqual([['stalled at 30000'], 0]);
  });

  test('counts from what came last, with one timer', async () => {
    const { time, over, watch, machine } = watching();
    for (let second = 0; second < 100; second += 1) {
      await time.advance(1_000);
      watch.heard();
      expect(machine.armed()).toBe(1);
    }
    await time.advance(40_000);
    expect(over).toEqual(['stalled at 130000']);
  });

  test('is over when nothing was taken for long, whatever comes', async () => {
    const { time, over, watch } = watching();
    await time.advance(5_000);
    watch.hold();
    await time.advance(9_000);
    watch.heard();
    await time.advance(20_000);
    expect(over).toEqual(['held at 15000']);
  });

  test('counts anew when something is taken again', async () => {
    const { time, over, watch } = watching();
    watch.hold();
    await time.advance(9_000);
    watch.resume();
    await time.advance(29_999);
    expect(over).toEqual([]);
    await time.advance(1);
    expect(over).toEqual(['stalled at 39000']);
  });

  test('does nothing any more once it is stopped or over', async () => {
    const { time, over, watch, machine } = watching();
    watch.stop();
    watch.hold();
    watch.resume();
    await time.advance(100_000);
    expect([over, machine.armed()]).toEqual([[], 0]);
    const late = watching();
    await late.time.advance(30_000);
    late.watch.hold();
    await late.time.advance(100_000);
    expect([late.over.length, late.machine.armed()]).toEqual([1, 0]);
  });
});
