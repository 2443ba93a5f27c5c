// When a run that ends at the tip is done. One line, one fleet.
import type { ConsumerStatus, Lease, ShardStatus } from '@shardfold/consumer';
import { expect, test } from 'vitest';
import { isCaughtUp, shardsDone } from '../../../src/flow/caught-up.ts';
import { shardStatus } from '../../support/shard-status.ts';

const startMs = 1_700_000_000_000;

/** The row of one shard, as a worker of ours left it. */
function lease(id: string): Lease {
  const position = { kind: 'trim-horizon' } as const;
  return { key: `key-${id}`, shardId: id, counter: 7n, ownerSwitches: 0n, position, parents: [], children: [], bell: 0n, holder: 'h', holderCounter: 7n };
}

function status(...shards: readonly Partial<ShardStatus>[]): ConsumerStatus {
  return {
    worker: 'w',
    state: 'running',
    reached: true,
    settled: true,
    leases: [lease('x')],
    loops: [],
    inFlightBytes: 0,
    shards: shards.map((shard) => shardStatus('x', shard)),
  };
}

const mine = { held: true, owner: 'w' };
const done = { ...mine, caughtUp: true };
/** Another's that is processed up to the start of this run. */
const read = { owner: 'other', readMs: startMs };

test.each<[string, readonly Partial<ShardStatus>[], boolean]>([
  ['no row yet', [], false],
  ['ours at the tip', [done], true],
  ['ours on its way', [mine], false],
  ['one of ours on its way', [done, mine], false],
  ["another's that is read until this run began", [read], true],
  ["another's that is read until later", [{ ...read, readMs: startMs + 1 }], true],
  ["another's that was read until before", [{ ...read, readMs: startMs - 1 }], false],
  ["another's that was never read", [{ owner: 'other' }], false],
  ["another's that was read, whose owner has stopped renewing", [{ ...read, unowned: true }], false],
  ["ours at the tip, another's done", [done, read], true],
  ["ours at the tip, another's on its way", [done, { owner: 'other' }], false],
  ['ours until a moment ago, and not read since', [{ owner: 'w' }], false],
  ["nobody's", [{}], false],
  ["nobody's beside ours", [done, {}], false],
  ['finished, so nobody has it', [{ caughtUp: true, position: { kind: 'shard-end' } }, done], true],
])('%s', (_, shards, caughtUp) => {
  expect(isCaughtUp(status(...shards), startMs)).toBe(caughtUp);
});

test('a dead worker’s shard is nobody’s to finish until somebody else has it: the view must have settled', () => {
  expect(isCaughtUp({ ...status(read), settled: false }, startMs)).toBe(false);
});

const { holder: _holder, holderCounter: _counter, ...javas } = lease('x');

test.each<[string, Lease, boolean]>([
  ['a Java worker that never was ours', javas, true],
  ['a Java worker that went on from ours', { ...lease('x'), counter: 8n }, true],
  ['one of ours', lease('x'), false],
])("another's row that does not say until when it was read, of %s", (_, row, caughtUp) => {
  expect(isCaughtUp({ ...status({ owner: 'other' }), leases: [row] }, startMs)).toBe(caughtUp);
});

test('so many are done', () => expect(shardsDone(status(done, mine, read, {}), startMs)).toBe(2));
