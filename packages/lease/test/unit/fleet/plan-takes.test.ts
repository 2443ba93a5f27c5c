import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/fleet/observe.ts';
import type { Lease } from '../../../src/types.ts';
import { keyFirstFor, named, nowMs, plan, takenKeys } from './one-plan.ts';
import { durationMs } from './planned-fleet.ts';
import { finished, javas, me, other, ours, released, seen, third } from './rows.ts';

describe('expiry', () => {
  const row = ours(keyFirstFor(me, [me, other], 's'), other);
  it.each([
    [durationMs - 1, []],
    [durationMs, [row.key]],
    [durationMs + 1, [row.key]],
  ])('a counter that stood still for %i ms', (stillForMs, taken) => {
    expect(takenKeys([row], {}, stillForMs)).toEqual(taken);
  });

  it('counts from the first sight of this counter under this owner', () => {
    const first = observe(new Map(), [row], 1000);
    expect(observe(first, [row], 5000).get(row.key)?.sinceMs).toBe(1000);
    expect(observe(first, [{ ...row, counter: 8n, holderCounter: 8n }], 5000).get(row.key)?.sinceMs).toBe(5000);
    expect(observe(first, [{ ...row, owner: 'third', holder: 'third-1' }], 5000).get(row.key)?.sinceMs).toBe(5000);
    expect(observe(first, [], 5000).size).toBe(0);
  });

  it('never takes what this process holds, whatever a late replica shows', () => {
    expect(takenKeys([ours('s', me)], {}, 20_000)).toEqual([]);
    expect(takenKeys([ours('s', other)], { held: new Set(['s']) }, 20_000)).toEqual([]);
  });

  it('treats its own name under another incarnation as a stranger', () => {
    const before = ours('s', { worker: 'me', incarnation: 'me-0' });
    expect(takenKeys([before], { held: new Set() }, durationMs - 1)).toEqual([]);
    expect(takenKeys([before], { held: new Set() }, durationMs)).toEqual(['s']);
  });

  it('is told from the time of the scan, however long ago that was', () => {
    const at = (scannedMs: number) => ({ observations: seen([row], nowMs, scannedMs), scannedMs });
    expect(takenKeys([row], { ...at(nowMs + durationMs - 1), nowMs: nowMs + 5 * durationMs })).toEqual([]);
    expect(takenKeys([row], { ...at(nowMs + durationMs), nowMs: nowMs + durationMs })).toEqual([row.key]);
  });

  describe('where another comes first', () => {
    const key = keyFirstFor(third, [me, third], 'x');
    const expired = ours(key, other);
    /** The plan `waitedMs` after the first that showed the lease as expired; it had stood still for much longer. */
    const later = (waitedMs: number, rows: readonly Lease[]) => {
      const observations = new Map([...observe(new Map(), rows, nowMs), ...seen([expired], nowMs - 6 * durationMs, nowMs)]);
      const { memory } = plan(rows, { observations });
      return plan(rows, { observations, memory, nowMs: nowMs + waitedMs });
    };
    const few = [expired, ours('t', third), ours('u', me)];
    const mine = named(8, (name) => ours(name, me));
    const crowd = named(60, (name) => ours(`${name}-of-the-crowd`, { worker: name, incarnation: `${name}-1` }));

    it('is taken half a second after it was found so', () => {
      expect(later(499, few).takes).toEqual([]);
      expect(later(500, few).takes).toEqual([{ lease: expired, why: 'expired' }]);
    });

    it('is taken then without regard to balance in a small fleet, later in a large one', () => {
      expect(later(500, [...few, ...mine]).takes).toHaveLength(1);
      const large = [...few, ...mine, ...crowd];
      // 62 workers, a twentieth of a second for each.
      expect(later(3099, large).takes).toEqual([]);
      expect(later(3100, large).takes).toHaveLength(1);
    });

    it('is waited for anew once it was seen to live again', () => {
      const { memory } = plan(few, { observations: seen(few, nowMs - durationMs, nowMs) });
      expect([...memory.expiredMs.keys()]).toContain(key);
      const alive = plan([{ ...expired, counter: 8n, holderCounter: 8n }, ...few.slice(1)], { memory });
      expect(alive.memory.expiredMs.size).toBe(0);
    });
  });
});

describe('the moment at which a plan would change by itself', () => {
  it('is the soonest expiry of what others hold', () => {
    expect(plan([ours('s', other)], {}, 4000).wakeAtMs).toBe(nowMs + 6000);
    expect(plan([ours('s', me)], {}, 4000).wakeAtMs).toBeUndefined();
    // A row that names this process, which took it too late to keep it, expires like another's.
    expect(plan([ours('s', me)], { held: new Set() }, 4000).wakeAtMs).toBe(nowMs + 6000);
    expect(plan([ours('s', other, finished)], {}, 4000).wakeAtMs).toBeUndefined();
  });

  it('is never sooner than a tenth of a second, however many moments lie before it', () => {
    const rows = named(1000, (key) => ours(key, other));
    const observations = new Map(rows.flatMap((row, at) => [...seen([row], nowMs - durationMs + 1 + at / 10, nowMs)]));
    let atMs = nowMs;
    let looks = 0;
    // Without a scan in between: nothing expires, and what was reached wakes nobody again.
    for (let wakeAtMs: number | undefined = atMs; wakeAtMs !== undefined; looks += 1) {
      atMs = wakeAtMs;
      wakeAtMs = plan(rows, { observations, nowMs: atMs }).wakeAtMs;
      if (wakeAtMs !== undefined) expect(wakeAtMs - atMs).toBeGreaterThanOrEqual(100);
    }
    expect(looks).toBeLessThanOrEqual(3);
  });

  it('is that at which an expired lease is left to nobody any more, and then none', () => {
    const key = keyFirstFor(third, [me, third], 'x');
    const rows = [ours(key, other), ours('t', third)];
    const observations = new Map([...observe(new Map(), rows, nowMs), ...seen(rows.slice(0, 1), nowMs - durationMs, nowMs)]);
    const first = plan(rows, { observations });
    expect(first.wakeAtMs).toBe(nowMs + 500);
    expect(plan(rows, { observations, memory: first.memory, nowMs: nowMs + 500 }).wakeAtMs).toBe(nowMs + durationMs);
    expect(plan(rows, { observations, memory: first.memory, nowMs: nowMs + 2 * durationMs }).wakeAtMs).toBeUndefined();
  });
});

describe('released leases', () => {
  const mineFirst = keyFirstFor(me, [me, other], 'm');
  const theirsFirst = keyFirstFor(other, [me, other], 't');
  const live = ours('live', other);
  const even = [live, ours('mine', me)];

  it('are taken at once by the worker that comes first, by others after half a second', () => {
    expect(takenKeys([released(mineFirst), ...even])).toEqual([mineFirst]);
    expect(takenKeys([released(theirsFirst), ...even], {}, 499)).toEqual([]);
    expect(takenKeys([released(theirsFirst), ...even], {}, 500)).toEqual([theirsFirst]);
    expect(plan([released(theirsFirst), ...even], {}, 200).wakeAtMs).toBe(100_000 + 300);
  });

  it('go to those below their share, whoever comes first: nothing moves on a moment later', () => {
    const key = (at: number) => keyFirstFor(other, [me, other], `below${at}-`);
    // Four of two workers: two each.
    expect(takenKeys([released(key(0)), live, ours('live2', other), ours('mine', me)])).toEqual([key(0)]);
    const mineOnly = [ours('mine', me), ours('mine2', me), live];
    expect(takenKeys([released(mineFirst), ...mineOnly], {}, 499)).toEqual([]);
    // Six of two: the first goes to whom it is meant for, and with it that one has its three.
    const both = [key(1), key(2)].sort();
    expect(takenKeys([...both.map((each) => released(each)), live, ours('live2', other), ours('mine', me), ours('mine2', me)])).toEqual(both.slice(1));
  });

  it('are left to others by a worker that has its share and one more, until they stood for the duration', () => {
    const rows = [released(theirsFirst), live, ...named(4, (key) => ours(key, me))];
    expect(takenKeys(rows, {}, 600)).toEqual([]);
    const long = seen(rows.slice(0, 1), 100_000 - durationMs, 100_000);
    const fresh = observe(new Map(), rows.slice(1), 100_000);
    expect(takenKeys(rows, { observations: new Map([...long, ...fresh]) })).toEqual([theirsFirst]);
  });

  it('are not left to the worker that was seen to release them', () => {
    const before = observe(new Map(), [ours(theirsFirst, other), live], 99_000);
    const row = released(theirsFirst, { counter: 8n });
    expect(takenKeys([row, live], { observations: observe(before, [row, live], 100_000) })).toEqual([theirsFirst]);
  });

  it('are left to others beyond the share, what it takes at the same time counted', () => {
    const rows = Array.from({ length: 12 }, (_, at) => released(keyFirstFor(other, [me, other], `f${at}-`)));
    // Eighteen of two workers, of which the other has six: nine, and one more.
    expect(takenKeys([...rows, ...named(6, (key) => ours(key, other))], {}, 500)).toHaveLength(10);
  });

  it('are not left to a Java worker, whatever its name', () => {
    const keys = Array.from({ length: 20 }, (_, at) => `s${at}`);
    expect(takenKeys([...keys.map((key) => released(key)), javas('live', 'java')])).toEqual(keys.toSorted());
  });

  it('are taken up to the worker’s maximum', () => {
    expect(takenKeys(named(5, released), { maxPerWorker: 3 })).toHaveLength(3);
    expect(takenKeys(named(5, released), { maxPerWorker: 0 })).toEqual([]);
  });

  it('are all taken by a lone worker, and none that is finished', () => {
    expect(takenKeys([...named(4, released), released('end', finished)])).toEqual(['s0', 's1', 's2', 's3']);
  });

  it('are counted as unowned', () => {
    expect(plan([released('a'), ours('b', other), released('c', finished), released('d', { parents: ['b'] })]).unowned).toEqual(['a']);
  });
});
