import { describe, expect, it } from 'vitest';
import type { Take } from '../../../src/fleet/plan.ts';
import { takeLease } from '../../../src/fleet/take-lease.ts';
import { createMemoryTable, type StoreCall } from '../../../src/testing/index.ts';
import type { Lease } from '../../../src/types.ts';
import { never, storeOn, times, unreachable, virtualTime, type Weather } from './fleet.ts';
import { finished, javas, me, other, ours, released, third } from './rows.ts';

/** Carries out a take that was planned over `planned` when the table holds `there`. */
async function taking(why: Take['why'], planned: Lease, there: Lease | undefined, weather: Weather = {}) {
  const time = virtualTime();
  const machine = time.machine(3);
  const table = createMemoryTable();
  if (there !== undefined) table.apply(there.key, { kind: 'becomes', lease: there, settled: false });
  const calls: StoreCall[] = [];
  const tools = { store: storeOn(table, machine, weather, calls), identity: me, machine, times, sources: new Map(), onEvent: () => undefined };
  let settledMs: number | undefined;
  const taken = takeLease({ lease: planned, why }, tools, never).finally(() => {
    settledMs = time.nowMs();
  });
  await time.advance(60_000);
  return { won: await taken, sent: calls.map((call) => call.operation), settledMs };
}

const moved = { counter: 8n, holderCounter: 8n };

describe('a take', () => {
  it.each<[string, Take['why'], Lease, Lease | undefined, boolean]>([
    ['an expired lease that still stands', 'expired', ours('s', other), ours('s', other), true],
    ['one whose counter moved after the plan', 'expired', ours('s', other), ours('s', other, moved), false],
    ['one that another has at the same counter', 'expired', ours('s', other), ours('s', third), false],
    ['one finished meanwhile', 'expired', ours('s', other), ours('s', other, finished), false],
    ['one deleted meanwhile', 'expired', ours('s', other), undefined, false],
    ['a Java worker’s, though it moved', 'steal', javas('s', 'java'), javas('s', 'java', { counter: 9n }), true],
    ['another Java worker’s', 'steal', javas('s', 'java'), javas('s', 'java-2'), false],
  ])('of %s', async (_, why, planned, there, expected) => {
    const { won, sent } = await taking(why, planned, there);
    expect(won !== undefined).toBe(expected);
    // What does not stand is not even tried.
    expect(sent).toEqual(expected ? ['read', 'take'] : ['read']);
  });

  it('of a released lease needs no second look, and fails by its condition', async () => {
    expect(await taking('released', released('s'), released('s'))).toMatchObject({ won: { firstSendMs: 0 }, sent: ['take'] });
    expect((await taking('released', released('s'), ours('s', other, moved))).won).toBeUndefined();
  });

  it('says who had it', async () => {
    expect((await taking('expired', ours('s', other), ours('s', other))).won?.from).toBe('other');
  });

  it('is repeated while nobody answers, and given up at the fence', async () => {
    const { won, sent, settledMs } = await taking('released', released('s'), released('s'), { before: unreachable });
    expect(won).toBeUndefined();
    expect(sent.length).toBeGreaterThan(5);
    expect(settledMs).toBeLessThanOrEqual(times.fenceMs + 100);
  });

  it('whose answer was lost counts from its first sending', async () => {
    let failures = 0;
    const { won } = await taking('released', released('s'), released('s'), { after: () => (failures++ < 2 ? unreachable() : undefined) });
    // Each attempt is a new holding: nobody knows when the one before it arrived.
    expect(won).toMatchObject({ firstSendMs: 0, lease: { owner: 'me', counter: 9n } });
  });
});
