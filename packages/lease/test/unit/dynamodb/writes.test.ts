// Each write of the lease protocol (part 3) as it goes over the wire, spelt out.
import { describe, expect, it } from 'vitest';
import { disown, finish, release } from '../../../src/dynamodb/writes/ending.ts';
import { cancel, request, transfer } from '../../../src/dynamodb/writes/handover.ts';
import { accept, checkpoint, renew, take } from '../../../src/dynamodb/writes/holding.ts';
import { create, remove, rewind, ring, vouch } from '../../../src/dynamodb/writes/rows.ts';
import type { Write } from '../../../src/dynamodb/writes/write.ts';
import type { Identity, Lease, Position } from '../../../src/types.ts';

const me: Identity = { worker: 'a', incarnation: 'i1' };
const next: Identity = { worker: 'b', incarnation: 'i2' };
const place: Position = { kind: 'sequence', sequence: '4959', subSequence: 3 };
const free: Lease = { key: 'k', shardId: 'k', counter: 7n, position: { kind: 'latest' }, ownerSwitches: 2n, parents: [], children: [], bell: 0n };
const held: Lease = { ...free, owner: 'a', holder: 'i1', holderCounter: 7n };
const asked: Lease = { ...held, request: { next: 'b', nextHolder: 'i2', asked: 'i1' } };
const paired: Lease = { ...held, owner: 'w4', checkpointOwner: 'a' };
const java: Lease = { ...free, owner: 'java' };

const S = (text: string) => ({ S: text });
const N = (digits: string) => ({ N: digits });
const mine = 'leaseCounter = :c AND leaseOwner = :me AND sfHolder = :inc AND attribute_not_exists(checkpointOwner)';
const pair = 'leaseCounter = :c AND sfHolder = :inc AND checkpointOwner = :me AND leaseOwner = :to';
const bump = 'leaseCounter = :next, sfCounter = :next';
const pos = 'checkpoint = :at, checkpointSubSequenceNumber = :sub, ownerSwitchesSinceCheckpoint = :zero';
const pending = 'pendingCheckpoint, pendingCheckpointSubSequenceNumber, pendingCheckpointState';
const clear = 'sfNext, sfNextHolder, sfAsked';
const nobody = 'leaseOwner, sfHolder';
const over = `${nobody}, sfCounter, sfRead`;
const until = { readMs: 1_700_000_000_123.9 };
const read = { ':read': N('1700000000123') };

const who = { ':me': S('a'), ':inc': S('i1') };
const fence = { ':c': N('7'), ':next': N('8') };
const placed = { ':at': S('4959'), ':sub': N('3'), ':zero': N('0') };
const ended = { ':at': S('SHARD_END'), ':sub': N('0'), ':zero': N('0') };

interface Golden {
  readonly write: Write;
  readonly update?: string;
  readonly condition: string;
  readonly values: Write['values'];
  readonly meant: Write['meant'];
}

const golden: Readonly<Record<string, Golden>> = {
  'take, released': {
    write: take(free, me, undefined),
    condition: 'leaseCounter = :c AND attribute_not_exists(leaseOwner)',
    update: `SET leaseOwner = :me, sfHolder = :inc, ${bump} REMOVE ${clear}, checkpointOwner, sfRead`,
    values: { ...fence, ...who },
    meant: { kind: 'begun' },
  },
  'take, from another': {
    write: take(java, me, undefined),
    condition: 'leaseCounter = :c AND leaseOwner = :owner AND attribute_not_exists(checkpointOwner)',
    update: `SET leaseOwner = :me, sfHolder = :inc, ${bump}, ownerSwitchesSinceCheckpoint = :switches REMOVE ${clear}, checkpointOwner, sfRead`,
    values: { ...fence, ...who, ':owner': S('java'), ':switches': N('3') },
    meant: { kind: 'begun' },
  },
  'take, from a pair': {
    write: take({ ...java, checkpointOwner: 'w3' }, me, undefined),
    condition: 'leaseCounter = :c AND leaseOwner = :owner AND checkpointOwner = :current',
    update: `SET leaseOwner = :me, sfHolder = :inc, ${bump}, ownerSwitchesSinceCheckpoint = :switches REMOVE ${clear}, checkpointOwner, sfRead`,
    values: { ...fence, ...who, ':owner': S('java'), ':current': S('w3'), ':switches': N('3') },
    meant: { kind: 'begun' },
  },
  'take, from our own name': {
    write: take({ ...held, holder: 'i9' }, me, undefined),
    condition: 'leaseCounter = :c AND leaseOwner = :owner AND attribute_not_exists(checkpointOwner)',
    update: `SET leaseOwner = :me, sfHolder = :inc, ${bump} REMOVE ${clear}, checkpointOwner, sfRead`,
    values: { ...fence, ...who, ':owner': S('a') },
    meant: { kind: 'begun' },
  },
  'take, of a row that names no source': {
    write: take(free, me, 'the stream'),
    condition: 'leaseCounter = :c AND attribute_not_exists(leaseOwner)',
    update: `SET leaseOwner = :me, sfHolder = :inc, ${bump}, sfSource = :source REMOVE ${clear}, checkpointOwner, sfRead`,
    values: { ...fence, ...who, ':source': S('the stream') },
    meant: { kind: 'begun' },
  },
  'take, of a row that names one': {
    write: take({ ...free, source: 'the stream' }, me, 'another'),
    condition: 'leaseCounter = :c AND attribute_not_exists(leaseOwner)',
    update: `SET leaseOwner = :me, sfHolder = :inc, ${bump} REMOVE ${clear}, checkpointOwner, sfRead`,
    values: { ...fence, ...who },
    meant: { kind: 'begun' },
  },
  'take, of a row that says how far it was read': {
    write: take({ ...free, ...until }, me, undefined),
    condition: 'leaseCounter = :c AND attribute_not_exists(leaseOwner)',
    update: `SET leaseOwner = :me, sfHolder = :inc, ${bump} REMOVE ${clear}, checkpointOwner`,
    values: { ...fence, ...who },
    meant: { kind: 'begun' },
  },
  renew: {
    write: renew(held, me, { throughputKBps: 12.5, ...until }),
    condition: mine,
    update: `SET ${bump}, throughputKBps = :rate, sfRead = :read`,
    values: { ...fence, ...who, ...read, ':rate': N('12.5') },
    meant: { kind: 'held', counter: 8n, owner: 'a', holder: 'i1' },
  },
  'renew, nothing measured': {
    write: renew(held, me, {}),
    condition: mine,
    update: `SET ${bump}`,
    values: { ...fence, ...who },
    meant: { kind: 'held', counter: 8n, owner: 'a', holder: 'i1' },
  },
  'renew, under a pair': {
    write: renew(paired, me, {}),
    condition: pair,
    update: `SET ${bump}`,
    values: { ...fence, ...who, ':to': S('w4') },
    meant: { kind: 'held', counter: 8n, owner: 'w4', checkpointOwner: 'a', holder: 'i1' },
  },
  checkpoint: {
    write: checkpoint(held, me, place, { throughputKBps: 0.12345678, ...until }),
    condition: mine,
    update: `SET ${bump}, ${pos}, throughputKBps = :rate, sfRead = :read REMOVE ${pending}`,
    values: { ...fence, ...who, ...placed, ...read, ':rate': N('0.123457') },
    meant: { kind: 'held', counter: 8n, owner: 'a', holder: 'i1', position: place },
  },
  request: {
    write: request(held, next),
    condition:
      'leaseOwner = :owner AND sfHolder = :asked AND sfCounter = leaseCounter AND attribute_not_exists(checkpointOwner) AND checkpoint <> :end AND (attribute_not_exists(sfAsked) OR sfAsked <> :asked)',
    update: 'SET sfNext = :me, sfNextHolder = :inc, sfAsked = :asked',
    values: { ':owner': S('a'), ':asked': S('i1'), ':end': S('SHARD_END'), ':me': S('b'), ':inc': S('i2') },
    meant: { kind: 'requested', next, asked: 'i1' },
  },
  transfer: {
    write: transfer(asked, me, place, until),
    condition: `${mine} AND sfNextHolder = :nextInc AND sfAsked = :inc`,
    update: `SET leaseOwner = :nextOwner, sfHolder = :nextInc, ${bump}, ${pos}, sfRead = :read REMOVE ${pending}, ${clear}`,
    values: { ...fence, ...who, ...placed, ...read, ':nextOwner': S('b'), ':nextInc': S('i2') },
    meant: { kind: 'held', counter: 8n, owner: 'b', holder: 'i2', position: place },
  },
  accept: {
    write: accept(held, me),
    condition: mine,
    update: `SET ${bump}`,
    values: { ...fence, ...who },
    meant: { kind: 'begun' },
  },
  cancel: {
    write: cancel(asked, next),
    condition: 'sfNextHolder = :inc AND sfAsked = :asked',
    update: `REMOVE ${clear}`,
    values: { ':inc': S('i2'), ':asked': S('i1') },
    meant: { kind: 'not-requested', next, asked: 'i1' },
  },
  release: {
    write: release(asked, me, place, until),
    condition: mine,
    update: `SET ${bump}, ${pos}, sfRead = :read REMOVE ${pending}, ${clear}, ${nobody}`,
    values: { ...fence, ...who, ...placed, ...read },
    meant: { kind: 'given-up', counter: 8n, position: place },
  },
  'release, under a pair': {
    write: release(paired, me, place, until),
    condition: pair,
    update: `SET leaseCounter = :next, ${pos} REMOVE ${pending}, checkpointOwner, sfHolder, sfCounter, sfRead, ${clear}`,
    values: { ...fence, ...who, ...placed, ':to': S('w4') },
    meant: { kind: 'given-up', counter: 8n, owner: 'w4', position: place },
  },
  finish: {
    write: finish(held, me, ['s1', 's2']),
    condition: mine,
    update: `SET leaseCounter = :next, ${pos}, childShardIds = :children REMOVE ${pending}, ${clear}, ${over}`,
    values: { ...fence, ...who, ...ended, ':children': { SS: ['s1', 's2'] } },
    meant: { kind: 'given-up', counter: 8n, position: { kind: 'shard-end' } },
  },
  'finish, no children': {
    write: finish(held, me, []),
    condition: mine,
    update: `SET leaseCounter = :next, ${pos} REMOVE ${pending}, ${clear}, ${over}`,
    values: { ...fence, ...who, ...ended },
    meant: { kind: 'given-up', counter: 8n, position: { kind: 'shard-end' } },
  },
  disown: {
    write: disown(java),
    condition: 'leaseCounter = :c AND checkpoint = :end',
    update: `SET leaseCounter = :next REMOVE ${clear}, ${over}`,
    values: { ...fence, ':end': S('SHARD_END') },
    meant: { kind: 'given-up', counter: 8n, position: { kind: 'shard-end' } },
  },
  remove: {
    write: remove(free),
    condition: 'leaseCounter = :c AND checkpoint = :end AND attribute_not_exists(leaseOwner)',
    values: { ':c': N('7'), ':end': S('SHARD_END') },
    meant: { kind: 'absent' },
  },
  rewind: {
    write: rewind(free, { kind: 'trim-horizon' }),
    condition: 'leaseCounter = :c AND attribute_not_exists(leaseOwner)',
    update: `SET leaseCounter = :next, ${pos} REMOVE ${pending}, sfRead`,
    values: { ...fence, ':at': S('TRIM_HORIZON'), ':sub': N('0'), ':zero': N('0') },
    meant: { kind: 'moved', counter: 8n, position: { kind: 'trim-horizon' } },
  },
  ring: {
    write: ring('k', ['a', 'b']),
    condition: 'attribute_exists(leaseKey)',
    update: 'SET sfFreed = :freed ADD sfBell :one',
    values: { ':one': N('1'), ':freed': { SS: ['a', 'b'] } },
    meant: { kind: 'present' },
  },
  'ring without names': {
    write: ring('k', undefined),
    condition: 'attribute_exists(leaseKey)',
    update: 'REMOVE sfFreed ADD sfBell :one',
    values: { ':one': N('1') },
    meant: { kind: 'present' },
  },
  vouch: {
    write: vouch('k', 'still'),
    condition: 'attribute_exists(leaseKey)',
    update: 'SET sfPeers = :peers',
    values: { ':peers': S('still') },
    meant: { kind: 'present' },
  },
};

describe('the writes', () => {
  it.each(Object.entries(golden))('%s', (_name, { write, update, condition, values, meant }) => {
    expect(write.key).toBe('k');
    expect(write.condition).toBe(condition);
    expect(write.kind === 'update' ? write.update : undefined).toBe(update);
    expect(write.values).toEqual(values);
    expect(write.meant).toEqual(meant);
  });

  it('create', () => {
    const created = { key: 'k', shardId: 'k', position: { kind: 'trim-horizon' }, parents: ['p'], hashRange: { start: '0', end: '9' } } as const;
    expect(create({ ...created, children: ['c2', 'c1'], source: 'the stream' })).toEqual({
      kind: 'put',
      key: 'k',
      condition: 'attribute_not_exists(leaseKey)',
      values: {},
      meant: { kind: 'present' },
      item: {
        leaseKey: S('k'),
        leaseCounter: N('0'),
        ownerSwitchesSinceCheckpoint: N('0'),
        checkpoint: S('TRIM_HORIZON'),
        checkpointSubSequenceNumber: N('0'),
        parentShardId: { SS: ['p'] },
        childShardIds: { SS: ['c1', 'c2'] },
        sfSource: S('the stream'),
        startingHashKey: S('0'),
        endingHashKey: S('9'),
        entityType: S('LEASE'),
      },
    });
  });

  it('transfer and finish under a pair yield as release does', () => {
    expect(transfer(paired, me, place, {})).toEqual(release(paired, me, place, {}));
    expect(finish(paired, me, [])).toEqual(release(paired, me, { kind: 'shard-end' }, {}));
  });

  it('a request to a row that nobody of ours holds names nobody, so that its condition fails', () => {
    expect(request(java, me).values[':asked']).toEqual(S('-'));
    expect(transfer(held, me, place, {}).values[':nextInc']).toEqual(S('-'));
  });

  it('never remove the marks that belong to the table', () => {
    for (const [name, { write }] of Object.entries(golden)) {
      const removed = write.kind === 'update' ? (write.update.split('REMOVE')[1] ?? '') : '';
      expect(removed.replace(/ ADD .*/, ''), name).not.toMatch(/sfBell|sfSource|sfPeers/);
    }
  });

  it('are all conditional, and carry no value that they do not use (DynamoDB refuses those)', () => {
    for (const [name, { write }] of Object.entries(golden)) {
      const spoken = `${write.condition} ${write.kind === 'update' ? write.update : ''}`;
      expect(write.condition, name).not.toBe('');
      expect(new Set(spoken.match(/:\w+/g)), name).toEqual(new Set(Object.keys(write.values)));
    }
  });

  it('those that make a holder, and the holder’s own, know whose they are', () => {
    const repeated = Object.entries(golden).flatMap(([name, { write }]) => (write.me === undefined ? [] : [name.split(',')[0]]));
    expect([...new Set(repeated)].sort()).toEqual(['accept', 'checkpoint', 'finish', 'release', 'renew', 'take', 'transfer']);
  });
});
