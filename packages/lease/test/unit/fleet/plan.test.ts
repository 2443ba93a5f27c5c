import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/fleet/observe.ts';
import { workerId } from '../../../src/fleet/ownership.ts';
import { type PlanInput, planLeases } from '../../../src/fleet/plan.ts';
import { rendezvousFirst } from '../../../src/fleet/rendezvous.ts';
import type { Identity, Lease } from '../../../src/types.ts';
import { askedBy, finished, javas, me, other, ours, released, third } from './rows.ts';

const durationMs = 10_000;

function plan(rows: readonly Lease[], over: Partial<PlanInput> = {}, seenForMs = 0) {
  const nowMs = 100_000;
  return planLeases({
    rows,
    broken: [],
    observations: observe(new Map(), rows, nowMs - seenForMs),
    scannedMs: nowMs,
    nowMs,
    me,
    held: new Set(rows.filter((row) => row.holder === me.incarnation).map((row) => row.key)),
    asked: new Set(),
    spared: new Set(),
    maxPerWorker: 1000,
    durationMs,
    parentsOf: () => [],
    ...over,
  });
}

const keysOf = (leases: readonly { readonly key: string }[]) => leases.map((lease) => lease.key).sort();
const takenKeys = (rows: readonly Lease[], over: Partial<PlanInput> = {}, seenForMs = 0) => keysOf(plan(rows, over, seenForMs).takes.map((take) => take.lease));

/** The first key made of `stem` and a number for which `who` comes first. */
function keyFirstFor(who: Identity, among: readonly Identity[], stem: string): string {
  for (let at = 0; ; at += 1) if (rendezvousFirst(among.map(workerId), `${stem}${at}`) === workerId(who)) return `${stem}${at}`;
}
const named = (count: number, make: (key: string) => Lease) => Array.from({ length: count }, (_, at) => make(`s${at}`));

describe('what a worker asks for', () => {
  const held = (count: number, by: Identity, stem: string) => Array.from({ length: count }, (_, at) => ours(`${stem}${at}`, by));
  it.each([
    ['nothing when it is alone', held(4, me, 'a'), 0],
    ['half of a lone holder at once', held(4, other, 'a'), 2],
    ['what is missing to its floor', [...held(1, me, 'm'), ...held(3, other, 'a')], 1],
    ['nothing at its floor, though another has more', [...held(1, me, 'm'), ...held(2, other, 'a')], 0],
    ['nothing where there are more workers than leases', held(1, other, 'a'), 0],
    ['one in place of a lease promised away', [askedBy(ours('m0', me), other), ours('m1', me), ours('o0', other), ours('o1', other)], 1],
  ])('%s', (_, rows, count) => {
    expect(plan(rows).requests).toHaveLength(count);
  });

  it('asks the fullest first and leaves each its floor', () => {
    const requests = plan([...held(6, other, 'o'), ...held(3, third, 't')]).requests;
    expect(requests.map((row) => row.owner)).toEqual(['other', 'other', 'other']);
  });

  it('counts a lease asked for as the asker’s, and the asker as a worker', () => {
    const rows = [askedBy(ours('a', other), third), askedBy(ours('b', other), third), ours('c', other), ours('d', other), ours('e', other), ours('f', other)];
    expect(plan(rows).workers).toBe(3);
    const { requests } = plan(rows);
    expect(requests).toHaveLength(2);
    expect(requests.every((row) => row.request === undefined)).toBe(true);
  });

  it('takes a request made to an earlier holder for debris', () => {
    const debris = { next: 'third', nextHolder: 'third-1', asked: 'gone' };
    expect(plan([ours('a', other, { request: debris }), ours('b', other)]).workers).toBe(2);
  });

  it('asks for nothing spared, finished, or more than it may hold', () => {
    const rows = held(4, other, 'o');
    expect(plan(rows, { spared: new Set(['o0', 'o1', 'o2']) }).requests.map((row) => row.key)).toEqual(['o3']);
    expect(plan(rows, { maxPerWorker: 1 }).requests).toHaveLength(1);
    expect(plan([...rows.slice(0, 2), ours('o8', other, finished), ours('o9', other, finished)]).requests).toHaveLength(1);
  });

  it('leaves each holder its floor while free leases still wait for another', () => {
    const free = Array.from({ length: 4 }, (_, at) => released(keyFirstFor(other, [me, other], `f${at}-`)));
    expect(plan([...free, ...held(2, other, 'o')])).toMatchObject({ takes: [], requests: [] });
  });

  it('does not ask twice while an answer is out', () => {
    expect(plan(held(4, other, 'o'), { asked: new Set(['o1', 'o2']) }).requests).toEqual([]);
  });
});

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
    expect(takenKeys([before], { held: new Set() }, durationMs + 500)).toEqual(['s']);
  });

  it('says when the plan would change by itself', () => {
    expect(plan([ours('s', other)], {}, 4000).wakeAtMs).toBe(100_000 + 6000);
    expect(plan([ours('s', me)], {}, 4000).wakeAtMs).toBeUndefined();
  });

  it('takes expired leases without regard to balance, half a second late where another comes first', () => {
    const key = keyFirstFor(third, [me, third], 'x');
    const rows = [ours(key, other), ours('t', third), ...named(6, (name) => ours(name, me))];
    const nowMs = 100_000;
    const dead = observe(new Map(), rows.slice(0, 1), nowMs - durationMs - 499);
    const fresh = observe(new Map(), rows.slice(1), nowMs);
    expect(plan(rows, { observations: new Map([...dead, ...fresh]) }).takes).toEqual([]);
    const later = observe(new Map(), rows.slice(0, 1), nowMs - durationMs - 500);
    expect(keysOf(plan(rows, { observations: new Map([...later, ...fresh]) }).takes.map((take) => take.lease))).toEqual([key]);
  });
});

describe('released leases', () => {
  const mineFirst = keyFirstFor(me, [me, other], 'm');
  const theirsFirst = keyFirstFor(other, [me, other], 't');
  const live = ours('live', other);

  it('are taken at once by the worker that comes first, by others after half a second', () => {
    expect(takenKeys([released(mineFirst), live])).toEqual([mineFirst]);
    expect(takenKeys([released(theirsFirst), live], {}, 499)).toEqual([]);
    expect(takenKeys([released(theirsFirst), live], {}, 500)).toEqual([theirsFirst]);
    expect(plan([released(theirsFirst), live], {}, 200).wakeAtMs).toBe(100_000 + 300);
  });

  it('are left to others by a worker that has its share and one more, until they stood for the duration', () => {
    const rows = [released(theirsFirst), live, ...named(4, (key) => ours(key, me))];
    expect(takenKeys(rows, {}, 600)).toEqual([]);
    const long = observe(new Map(), rows.slice(0, 1), 100_000 - durationMs);
    const fresh = observe(new Map(), rows.slice(1), 100_000);
    expect(takenKeys(rows, { observations: new Map([...long, ...fresh]) })).toEqual([theirsFirst]);
  });

  it('are not left to the worker that was seen to release them', () => {
    const before = observe(new Map(), [ours(theirsFirst, other), live], 99_000);
    const row = released(theirsFirst, { counter: 8n });
    expect(takenKeys([row, live], { observations: observe(before, [row, live], 100_000) })).toEqual([theirsFirst]);
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

describe('parents before children', () => {
  const child = released('child', { parents: ['p', 'q'] });
  it.each([
    ['a parent under way', [ours('p', me)], []],
    ['one finished, one under way', [released('p', finished), ours('q', me)], []],
    ['both finished', [released('p', finished), released('q', finished)], ['child']],
    ['one finished, one without a row', [released('p', finished)], ['child']],
    ['no parents’ rows', [], ['child']],
  ])('%s', (_, parents, taken) => {
    expect(takenKeys([...parents, child])).toEqual(taken);
  });

  it('looks past a parent without a row to the shards before it', () => {
    const rows = [ours('root', me), released('p', finished), child];
    expect(takenKeys(rows, { parentsOf: (_stream, shardId) => (shardId === 'q' ? ['root'] : []) })).toEqual([]);
  });

  it('holds also for an expired child', () => {
    expect(takenKeys([ours('p', me), ours('child', other, { parents: ['p'] })], {}, 20_000)).toEqual([]);
  });
});

describe('beside live Java workers', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => javas(`j${at}`, 'java'));
  it('steals one lease at a time up to the floor', () => {
    const { takes, requests } = plan(many(4));
    expect(takes.map((take) => take.why)).toEqual(['steal']);
    expect(requests).toEqual([]);
    expect(plan([...many(2), ours('m0', me), ours('m1', me)]).takes).toEqual([]);
    expect(plan([...many(3), ours('m0', me), ours('m1', me)]).takes).toEqual([]);
  });

  it('counts their finished leases as they do', () => {
    const rows = [...many(2), javas('e0', 'java', finished), javas('e1', 'java', finished), ours('m', me)];
    expect(plan(rows).takes).toHaveLength(1);
    expect(plan([...many(2), ours('m', me)]).takes).toHaveLength(0);
  });

  it('knows a voided mark for theirs, also under our name', () => {
    const row = ours('s', me, { counter: 9n });
    expect(plan([row], { held: new Set() }).workers).toBe(2);
  });
});
