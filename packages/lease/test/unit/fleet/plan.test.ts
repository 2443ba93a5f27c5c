import { describe, expect, it } from 'vitest';
import { LeaseError } from '../../../src/errors.ts';
import { workerId } from '../../../src/fleet/ownership.ts';
import type { Identity, Lease } from '../../../src/types.ts';
import { keyFirstFor, nowMs, plan, takenKeys } from './one-plan.ts';
import { durationMs } from './planned-fleet.ts';
import { askedBy, finished, javas, me, other, ours, released, seen, third } from './rows.ts';

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

  it('is one lease while it is new, and what is missing later', () => {
    const over = { patientUntilMs: nowMs + 500 };
    const rows = [...held(4, other, 'o'), ...held(4, third, 't')];
    const first = plan(rows, over);
    expect([first.requests.length, first.wakeAtMs]).toEqual([1, nowMs + 500]);
    const joined = [...held(1, me, 'm'), ...held(4, other, 'o'), ...held(3, third, 't')];
    expect(plan(joined, over).requests).toEqual([]);
    expect(plan(joined, { patientUntilMs: nowMs }).requests).toHaveLength(1);
    // Nor does it even out what others have too much of.
    const uneven = [...held(1, me, 'm'), ...held(3, other, 'o')];
    const later = { memory: plan(uneven, { nowMs: nowMs - 60_000, scannedMs: nowMs - 60_000 }).memory };
    expect(plan(uneven, { ...over, ...later }).requests).toEqual([]);
    expect(plan(uneven, later).requests).toHaveLength(1);
  });

  it('new or not, it takes what somebody gives up', () => {
    const rows = [...held(4, other, 'o'), ...held(4, third, 't'), ...held(1, me, 'm'), released('f0'), released('f1'), released('f2')];
    expect(takenKeys(rows, { patientUntilMs: nowMs + 500 })).toEqual(['f0', 'f1', 'f2']);
  });

  it('counts a lease asked for as the asker’s, and the asker as a worker', () => {
    const rows = [askedBy(ours('a', other), third), askedBy(ours('b', other), third), ours('c', other), ours('d', other), ours('e', other), ours('f', other)];
    expect(plan(rows).members).toHaveLength(3);
    const { requests } = plan(rows);
    expect(requests).toHaveLength(2);
    expect(requests.every((row) => row.request === undefined)).toBe(true);
  });

  it('takes a request made to an earlier holder for debris', () => {
    const debris = { next: 'third', nextHolder: 'third-1', asked: 'gone' };
    expect(plan([ours('a', other, { request: debris }), ours('b', other)]).members).toHaveLength(2);
  });

  it('asks for nothing spared, finished, or more than it may hold', () => {
    const rows = held(4, other, 'o');
    expect(plan(rows, { spared: new Set(['o0', 'o1', 'o2']) }).requests.map((row) => row.key)).toEqual(['o3']);
    expect(plan(rows, { maxPerWorker: 1 }).requests).toHaveLength(1);
    expect(plan([...rows.slice(0, 2), ours('o8', other, finished), ours('o9', other, finished)]).requests).toHaveLength(1);
  });

  it('leaves each holder its floor while free leases still wait for another', () => {
    const free = Array.from({ length: 4 }, (_, at) => released(keyFirstFor(other, [me, other], `f${at}-`)));
    // Six of two workers: one of the free ones is the other's third.
    const { takes, requests } = plan([...free, ...held(2, other, 'o')]);
    expect([takes.length, requests]).toEqual([3, []]);
  });

  it('asks for no lease that would make it heavier than its holder was, however few it has', () => {
    const rates = (count: number, kbps: number) => held(count, other, 'o').map((row) => ({ ...row, throughputKBps: kbps }));
    const mine = (kbps: number) => ours('m', me, { throughputKBps: kbps });
    expect(plan([mine(500), ...rates(9, 10)]).requests).toEqual([]);
    // With what each costs by itself: 60 beside nine of 20, then 80 beside eight, 100 beside seven, 120 beside six.
    expect(plan([mine(50), ...rates(9, 10)]).requests).toHaveLength(3);
  });

  it('leaves to others below their share what is theirs', () => {
    const needy = [me, ...['n1', 'n2', 'n3'].map((worker): Identity => ({ worker, incarnation: `${worker}-1` }))];
    const rows = [
      ...needy.flatMap((one) => held(1, one, one.worker)),
      ...held(5, other, 'o'),
      ...held(5, third, 't'),
      ...held(3, { worker: 'x', incarnation: 'x-1' }, 'x'),
    ];
    // Seventeen of seven would be two each: four are missing, of the three each that two have above it.
    const requests = needy.flatMap((self) => plan(rows, { me: self, held: new Set([`${self.worker}0`]) }).requests);
    expect(requests).toHaveLength(4);
    expect(['other', 'third'].map((owner) => requests.filter((row) => row.owner === owner).length)).toEqual([2, 2]);
  });

  it('takes no more from a worker than it has above the share, though more is missing', () => {
    const rows = [...held(6, other, 'o'), ...held(4, third, 't')];
    const requests = plan(rows, { spared: new Set(['o0', 'o1', 'o2', 'o3', 'o4']) }).requests;
    expect(requests.map((row) => row.owner).sort()).toEqual(['other', 'third']);
  });

  it('begins elsewhere than others who join at the same time', () => {
    const donors = Array.from({ length: 10 }, (_, at): Identity => ({ worker: `d${at}`, incarnation: `d${at}-1` }));
    const rows = donors.flatMap((donor) => held(10, donor, donor.worker));
    const spared = Array.from({ length: 20 }, (_, at) => {
      const requests = plan(rows, { me: { worker: `j${at}`, incarnation: `j${at}-1` } }).requests;
      expect(requests).toHaveLength(9);
      return donors.filter((donor) => !requests.some((row) => row.owner === donor.worker)).map((donor) => donor.worker);
    });
    expect(new Set(spared.flat()).size).toBeGreaterThan(5);
  });

  it('stays within its maximum with what it takes in the same plan', () => {
    const rows = [released(keyFirstFor(me, [me, other], 'f')), ...held(5, other, 'o')];
    const counts = (maxPerWorker: number) => [plan(rows, { maxPerWorker }).takes.length, plan(rows, { maxPerWorker }).requests.length];
    expect([counts(10), counts(2)]).toEqual([
      [1, 2],
      [1, 1],
    ]);
  });

  it('leaves to a 3.x leader what that is handing over', () => {
    const rows = held(4, other, 'o').map((row) => ({ ...row, checkpointOwner: 'third' }));
    expect(plan(rows).requests).toEqual([]);
    expect(plan([...rows.slice(1), ...held(1, other, 'x')]).requests.map((row) => row.key)).toEqual(['x0']);
  });

  it('does not ask twice while an answer is out', () => {
    const late = held(8, other, 'o');
    // Three more are missing; a late view does not show the request yet.
    expect(plan(late, { asked: new Set(['o0']), spared: new Set(['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7']) }).requests).toEqual([]);
    expect(plan(held(4, other, 'o'), { asked: new Set(['o1', 'o2']) }).requests).toEqual([]);
  });
});

describe('members', () => {
  const dead = ours('dead', other);
  const rest = [ours('elsewhere', other), ours('t', third)];
  /** Read a while ago, and not since: that they have not expired proves nothing. */
  const sight = (lastSignMs: number) =>
    new Map([
      ...seen([dead], nowMs - durationMs, nowMs),
      ...seen(rest.slice(0, 1), lastSignMs, lastSignMs),
      ...seen(rest.slice(1), nowMs - 20_000, nowMs - 20_000),
    ]);

  it('are without the worker whose lease expired and of whom no sign came since', () => {
    const { members } = plan([dead, ...rest], { observations: sight(nowMs - durationMs) });
    expect(members.toSorted()).toEqual([me, third].map(workerId).toSorted());
  });

  it('are never without this worker, which may have taken a lease too late to keep it', () => {
    expect(plan([ours('s', me)], { held: new Set() }, 3 * durationMs).members).toEqual([workerId(me)]);
  });

  it('are with it while another lease of its moves', () => {
    expect(plan([dead, ...rest], { observations: sight(nowMs - durationMs + 1) }).members).toHaveLength(3);
  });
});

describe('parents before children', () => {
  const child = released('child', { parents: ['p', 'q'] });
  const unreadable = { key: 'q', error: new LeaseError('ROW_BROKEN', 'The row cannot be read (test).') };
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

  it('holds up what follows a shard whose row cannot be read', () => {
    const rows = [released('p', finished), child];
    expect(takenKeys(rows, { broken: [unreadable] })).toEqual([]);
    expect(takenKeys(rows, { broken: [{ ...unreadable, key: 'r' }] })).toEqual(['child']);
    // Also where the unreadable one is further back, and in a table of several streams.
    expect(takenKeys(rows, { broken: [{ ...unreadable, key: 'root' }], parentsOf: (_, shardId) => (shardId === 'q' ? ['root'] : []) })).toEqual([]);
    const ofStream = rows.map((row) => ({ ...row, key: `acc:s:1:${row.shardId}`, stream: 'acc:s:1' }));
    expect(takenKeys(ofStream, { broken: [{ ...unreadable, key: 'acc:s:1:q' }] })).toEqual([]);
    expect(takenKeys(ofStream, { broken: [{ ...unreadable, key: 'acc:other:1:q' }] })).toEqual(['acc:s:1:child']);
  });

  it('waits, while the stream’s listing is not known, for a parent without a row', () => {
    const unknown = { parentsOf: () => undefined };
    expect(takenKeys([child], unknown)).toEqual([]);
    expect(takenKeys([released('p', finished), child], unknown)).toEqual([]);
    expect(takenKeys([released('p', finished), released('q', finished), child], unknown)).toEqual(['child']);
    expect(takenKeys([released('p'), child], unknown)).toEqual(['p']);
  });

  it('tells the shards of several streams apart', () => {
    const inStream = (stream: string, row: Lease) => ({ ...row, key: `${stream}:${row.shardId}`, stream });
    const rows = [inStream('a:s:1', ours('p', me)), inStream('a:s:1', child), inStream('b:t:1', released('p', finished)), inStream('b:t:1', child)];
    expect(takenKeys(rows)).toEqual(['b:t:1:child']);
  });

  it('does not take a parent for read that a late listing does not show', () => {
    const listed = (...shardIds: string[]) => ({
      isListed: (_: string | undefined, shardId: string) => shardIds.includes(shardId),
      isPlaced: (row: Lease) => shardIds.includes(row.shardId),
    });
    expect(takenKeys([child], listed())).toEqual([]);
    expect(takenKeys([child], listed('p', 'q'))).toEqual([]);
    // One that has been begun proves that they were read, also when the stream forgot it meanwhile.
    expect(takenKeys([{ ...child, position: { kind: 'sequence', sequence: '7', subSequence: 0 } }], listed())).toEqual(['child']);
    expect(takenKeys([child], listed('child'))).toEqual(['child']);
    expect(takenKeys([released('p', finished), released('q', finished), child], listed())).toEqual(['child']);
  });

  it('waits for a parent that the stream still has, as long as nobody has held the child', () => {
    const fresh = { ...child, counter: 0n };
    expect(takenKeys([fresh])).toEqual([]);
    expect(takenKeys([{ ...fresh, position: { kind: 'at-timestamp' } }])).toEqual(['child']);
    expect(takenKeys([{ ...fresh, counter: 1n }])).toEqual(['child']);
    expect(takenKeys([fresh], { isListed: (_stream, shardId) => shardId === 'child' })).toEqual(['child']);
    expect(takenKeys([released('p', finished), released('q', finished), fresh])).toEqual(['child']);
  });

  it('takes a parent for read that another child of it has left behind, as a sync does', () => {
    const fresh = { ...child, counter: 0n };
    const begun = (shardId: string, ...parents: string[]) => ours(shardId, other, { parents, position: { kind: 'sequence', sequence: '7', subSequence: 0 } });
    expect(takenKeys([fresh, begun('sibling', 'p')])).toEqual([]);
    expect(takenKeys([fresh, begun('sibling', 'p', 'q')])).toEqual(['child']);
    // The sibling's own row is cleared away, its child's tells the same.
    const family = { parentsOf: (_: string | undefined, shardId: string) => (shardId === 'sibling' ? ['p', 'q'] : []) };
    expect(takenKeys([fresh, begun('nephew', 'sibling')], family)).toEqual(['child']);
    // A row of the sibling that cannot be read hides whether it is over.
    expect(takenKeys([fresh, begun('nephew', 'sibling')], { ...family, broken: [{ ...unreadable, key: 'sibling' }] })).toEqual([]);
    expect(takenKeys([ours('p', other), fresh, begun('sibling', 'p', 'q')])).toEqual([]);
  });

  it('is not held up by a listing that leads back to itself', () => {
    expect(takenKeys([child], { parentsOf: (_, shardId) => (shardId === 'p' ? ['q'] : ['p']) })).toEqual(['child']);
  });

  it('holds also for an expired child', () => {
    expect(takenKeys([ours('p', me), ours('child', other, { parents: ['p'] })], {}, 20_000)).toEqual([]);
  });
});

describe('beside live Java workers', () => {
  it('takes no child from them that waits for its parents, as their workers do', () => {
    const others = [javas('j0', 'java'), javas('j1', 'java')];
    const waiting = { ...javas('child', 'java'), parents: ['j0'] };
    const stolen = (rows: readonly Lease[]) => plan(rows).takes.map((take) => take.lease.key);
    expect(stolen([...others, waiting]).includes('child')).toBe(false);
    expect(stolen([javas('child', 'java'), { ...javas('k', 'java'), parents: ['child'] }])).toEqual(['child']);
  });

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
    expect(plan([row], { held: new Set() }).members).toHaveLength(2);
  });
});
