// The part of the suite that goes through the Java KCL's own rules for conditional writes (W1 to W20), with a worker of ours in
// the place of one of the writers. Where only Java writes so (its leader, its evictions), the row is what Java leaves, and the
// late write of our worker must meet it.
import { describe, expect, it } from 'vitest';
import type { Item } from '../../rows/decode.ts';
import type { Lease, LeaseStore, Written } from '../../types.ts';
import { at, fresh, horizon, insist, type LeaseTableUnderTest, leaseOf, me, never, other } from './harness.ts';

type After = Partial<Record<keyof Lease, unknown>>;

interface Vector {
  readonly name: string;
  /** Undefined: no row. */
  readonly row: Item | undefined;
  /** `seen`: as worker A last knew it, of counter 7. */
  readonly act: (store: LeaseStore, seen: Lease) => Promise<Written>;
  readonly answer: 'applied' | 'stale';
  /** What is in the row then; 'unchanged': the item is what it was. */
  readonly after: After | 'unchanged';
  /** Attributes that must be gone. */
  readonly without?: readonly string[];
}

const key = fresh.key;
const S = (text: string) => ({ S: text });
const N = (digits: number) => ({ N: String(digits) });
const bare = (counter: number, switches = 0): Item => ({
  leaseKey: S(key),
  leaseCounter: N(counter),
  ownerSwitchesSinceCheckpoint: N(switches),
  checkpoint: S('TRIM_HORIZON'),
  checkpointSubSequenceNumber: N(0),
});
/** Of worker A, by our last write of counter `mark`. */
const ofA = (counter: number, switches = 0, mark = counter): Item => ({
  ...bare(counter, switches),
  leaseOwner: S(me.worker),
  sfHolder: S(me.incarnation),
  sfCounter: N(mark),
});
const pair = { leaseOwner: S(other.worker), checkpointOwner: S(me.worker) };
const pending = { pendingCheckpoint: S('5'), pendingCheckpointSubSequenceNumber: N(0), pendingCheckpointState: { B: new Uint8Array([1, 2]) } };

const seenByA: Lease = {
  key,
  shardId: key,
  owner: me.worker,
  holder: me.incarnation,
  counter: 7n,
  holderCounter: 7n,
  position: horizon,
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
};
const place = at('4959', 1);

async function asItStands(store: LeaseStore): Promise<Lease> {
  const row = await store.read(key, never);
  if (row === undefined) throw new Error('The row is gone.');
  return row;
}
const renewal: Vector['act'] = (store, seen) => insist(seen, (over) => store.renew(over, me, {}, never));
const saving: Vector['act'] = (store, seen) => insist(seen, (over) => store.checkpoint(over, me, place, {}, never));
const awareRenewal: Vector['act'] = (store, seen) => store.renew({ ...seen, owner: other.worker, checkpointOwner: me.worker }, me, {}, never);
const taking: Vector['act'] = async (store) => store.take(await asItStands(store), other, {}, never);
const lost = { answer: 'stale', after: 'unchanged' } as const;
const done = 'applied' as const;

const vectors: readonly Vector[] = [
  {
    name: 'W1: a new row starts at 0',
    row: undefined,
    act: (store) => store.create(fresh, never),
    answer: done,
    after: { counter: 0n, ownerSwitches: 0n },
    without: ['leaseOwner'],
  },
  { name: 'W2: a row that exists is left alone', row: ofA(7), act: (store) => store.create(fresh, never), answer: done, after: 'unchanged' },
  { name: 'W3: a renewal moves the counter by one', row: ofA(7), act: renewal, answer: done, after: { counter: 8n, owner: me.worker } },
  { name: 'W4: a renewal that had landed', row: ofA(8), act: renewal, answer: done, after: 'unchanged' },
  {
    name: 'W5: two counters on, both ours: attempts of this incarnation, which nobody heard of (the KCL calls it lost)',
    row: ofA(9),
    act: renewal,
    answer: done,
    after: { counter: 10n, owner: me.worker },
  },
  { name: 'W5: two counters on, by Java', row: ofA(9, 0, 7), act: renewal, ...lost },
  { name: 'W6: taken by Java', row: { ...ofA(8, 1, 7), leaseOwner: S('java') }, act: renewal, ...lost },
  {
    name: 'W7: a renewal learns of a hand-over and lands',
    row: { ...ofA(7), ...pair },
    act: renewal,
    answer: done,
    after: { counter: 8n, owner: other.worker, checkpointOwner: me.worker, holderCounter: 8n },
  },
  {
    name: 'W8: a renewal that had landed during a hand-over (the KCL calls it lost)',
    row: { ...ofA(8), ...pair },
    act: awareRenewal,
    answer: done,
    after: 'unchanged',
  },
  {
    name: 'W9: a take from another owner',
    row: { ...bare(7), leaseOwner: S('java') },
    act: taking,
    answer: done,
    after: { owner: other.worker, counter: 8n, ownerSwitches: 1n },
  },
  { name: 'W10: a take from nobody', row: bare(7, 2), act: taking, answer: done, after: { owner: other.worker, counter: 8n, ownerSwitches: 2n } },
  { name: 'W11: a leader gave the row to B, whatever its counter', row: { ...ofA(8, 1, 7), leaseOwner: S('w2') }, act: renewal, ...lost },
  { name: 'W11: likewise, and B is a worker of our name', row: ofA(8, 0, 7), act: saving, ...lost },
  { name: 'W12: a leader was refused because C has the row', row: { ...bare(7), leaseOwner: S('w3') }, act: renewal, ...lost },
  {
    name: 'W13: a leader began a hand-over; A saves on',
    row: { ...ofA(7), ...pair },
    act: saving,
    answer: done,
    after: { counter: 8n, owner: other.worker, checkpointOwner: me.worker, position: place },
  },
  {
    name: 'W14: A ends the hand-over',
    row: { ...ofA(7), ...pair },
    act: (store, seen) => store.release({ ...seen, owner: other.worker, checkpointOwner: me.worker }, me, place, {}, never),
    answer: done,
    after: { counter: 8n, owner: other.worker, position: place },
    without: ['checkpointOwner', 'sfHolder', 'sfCounter'],
  },
  { name: 'W14: somebody of Java ended the hand-over', row: { ...ofA(8, 0, 7), leaseOwner: S(other.worker) }, act: awareRenewal, ...lost },
  { name: 'W15: evicted during a hand-over: B owns it', row: { ...ofA(8, 0, 7), leaseOwner: S(other.worker) }, act: renewal, ...lost },
  { name: 'W16: evicted: nobody owns it', row: withoutOwner(ofA(8, 0, 7)), act: saving, ...lost },
  {
    name: 'W16: what was evicted is taken as what was released',
    row: withoutOwner(ofA(8, 2, 7)),
    act: taking,
    answer: done,
    after: { counter: 9n, ownerSwitches: 2n, holder: other.incarnation },
  },
  {
    name: 'W17: a checkpoint drops what was prepared',
    row: { ...ofA(7, 3), ...pending },
    act: saving,
    answer: done,
    after: { counter: 8n, position: place, ownerSwitches: 0n },
    without: Object.keys(pending),
  },
  { name: 'W18: Java prepared a checkpoint: the position stands, our mark does not', row: { ...ofA(8, 3, 7), ...pending }, act: saving, ...lost },
  {
    name: 'W19: a checkpoint during a hand-over',
    row: { ...ofA(7), ...pair },
    act: saving,
    answer: done,
    after: { counter: 8n, position: place, checkpointOwner: me.worker },
  },
  { name: 'W20: children of a row that is not there', row: undefined, act: (store, seen) => store.finish(seen, me, ['c1'], never), ...lost },
];

function withoutOwner({ leaseOwner: _owner, ...rest }: Item): Item {
  return rest;
}

/** W1 to W20. */
export function vectorSuite(table: () => LeaseTableUnderTest): void {
  describe('the Java KCL’s rules', () => {
    it.each(vectors)('$name', async ({ row, act, answer, after, without = [] }) => {
      if (row !== undefined) await table().put(row);
      const before = await table().get(key);
      const written = await act(table().store, seenByA);
      expect(written.outcome).toBe(answer);
      const item = await table().get(key);
      if (after === 'unchanged') expect(item).toEqual(before);
      else expect(await table().rival.read(key, never)).toMatchObject(after);
      for (const name of without) expect(item).not.toHaveProperty(name);
      if (written.outcome === 'applied') expect(leaseOf(written)).toEqual(await table().rival.read(key, never));
    });
  });
}
