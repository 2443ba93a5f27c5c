// How much of a turn of the event loop may be used, by a clock that moves with the work and turns that come when the test says so.
import { describe, expect, test } from 'vitest';
import { createSlices } from '../../../src/flow/slices.ts';

/** What may be used of a turn, in milliseconds of this clock. */
const share = 10;
const never = () => false;
/** Everything that can go on without a turn of the event loop has. */
async function settled(): Promise<void> {
  for (let at = 0; at < 10; at += 1) await Promise.resolve();
}

function world() {
  let nowMs = 0;
  let turns: (() => void)[] = [];
  const did: string[] = [];
  const inSlices = createSlices({
    clock: { monotonicMs: () => nowMs, wallMs: () => 0 },
    timers: {
      after(_, run) {
        turns.push(run);
        return () => undefined;
      },
      sleep: () => Promise.resolve(),
    },
  });
  return {
    inSlices,
    did,
    work: (costMs: number) => (name: string) => {
      nowMs += costMs;
      did.push(name);
    },
    async turn() {
      const due = turns;
      turns = [];
      for (const run of due) run();
      await settled();
    },
  };
}

const names = (count: number, prefix = '') => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

describe('one that works long', () => {
  test('uses its share of each turn, in order, until it is through', async () => {
    const { inSlices, work, did, turn } = world();
    const done = inSlices(names(95), work(1), never);
    const shares: number[] = [];
    await settled();
    for (let before = 0; did.length > before; await turn()) {
      shares.push(did.length - before);
      before = did.length;
    }
    expect(shares).toEqual([...Array.from({ length: 9 }, () => share), 5]);
    expect(did).toEqual(names(95));
    expect(await done).toBe(true);
  });

  test('is not cut within one thing that takes longer than a share, and waits after it', async () => {
    const { inSlices, work, did, turn } = world();
    const done = inSlices(names(3), work(share * 5), never);
    const seen: number[] = [];
    for (let at = 0; at < 3; at += 1) {
      await (at === 0 ? settled() : turn());
      seen.push(did.length);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(await done).toBe(true);
  });
});

describe('several at once', () => {
  test('share one turn, and come one after the other', async () => {
    const { inSlices, work, did, turn } = world();
    const all = ['a', 'b', 'c'].map((name) => inSlices(names(8, name), work(1), never));
    await settled();
    expect(did).toEqual([...names(8, 'a'), 'b0', 'b1']);
    await turn();
    expect(did.length).toBe(2 * share);
    await turn();
    expect(await Promise.all(all)).toEqual([true, true, true]);
    expect(did).toEqual([...names(8, 'a'), ...names(8, 'b'), ...names(8, 'c')]);
  });

  test('stay in their order when the first needs several turns, and when another comes in between', async () => {
    const { inSlices, work, did, turn } = world();
    const all = [inSlices(names(25, 'a'), work(1), never), inSlices(names(3, 'b'), work(1), never)];
    await settled();
    await turn();
    all.push(inSlices(names(3, 'c'), work(1), never));
    await turn();
    await turn();
    expect(await Promise.all(all)).toEqual([true, true, true]);
    expect(did).toEqual([...names(25, 'a'), ...names(3, 'b'), ...names(3, 'c')]);
  });

  test('are not held up by one that throws', async () => {
    const { inSlices, work, did } = world();
    const broken = inSlices(
      names(3),
      () => {
        throw new Error('odd');
      },
      never,
    );
    const after = inSlices(names(2), work(1), never);
    await expect(broken).rejects.toThrow('odd');
    expect(await after).toBe(true);
    expect(did).toEqual(names(2));
  });
});

describe('what is given up', () => {
  test('in the middle ends with the share it is in', async () => {
    const { inSlices, work, did, turn } = world();
    let lost = false;
    const done = inSlices(names(30), work(1), () => lost);
    await settled();
    lost = true;
    await turn();
    expect([await done, did.length]).toEqual([false, share]);
  });

  test('before its turn in the line does nothing', async () => {
    const { inSlices, work, did, turn } = world();
    let lost = false;
    const first = inSlices(names(share + 1, 'a'), work(1), never);
    const second = inSlices(names(3, 'b'), work(1), () => lost);
    await settled();
    lost = true;
    await turn();
    expect([await first, await second]).toEqual([true, false]);
    expect(did).toEqual(names(share + 1, 'a'));
  });
});

test('little work needs no turn at all', async () => {
  const { inSlices, work } = world();
  expect(await inSlices(names(3), work(1), never)).toBe(true);
});
