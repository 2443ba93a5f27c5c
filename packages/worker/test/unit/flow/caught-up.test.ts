// When a run that ends at the tip is done. One line, one fleet.
import type { ConsumerStatus, ShardStatus } from '@shardfold/consumer';
import { expect, test } from 'vitest';
import { isCaughtUp } from '../../../src/flow/caught-up.ts';
import { shardStatus } from '../../support/shard-status.ts';

function status(...shards: readonly Partial<ShardStatus>[]): ConsumerStatus {
  return { worker: 'w', state: 'running', reached: true, settled: true, loops: [], inFlightBytes: 0, shards: shards.map((shard) => shardStatus('x', shard)) };
}

const mine = { held: true, owner: 'w' };
const done = { ...mine, caughtUp: true };

test.each<[string, readonly Partial<ShardStatus>[], boolean]>([
  ['no row yet', [], false],
  ['ours at the tip', [done], true],
  ['ours on its way', [mine], false],
  ['one of ours on its way', [done, mine], false],
  ["another's", [{ owner: 'other' }], true],
  ["ours at the tip, another's", [done, { owner: 'other' }], true],
  ['ours until a moment ago, and not read since', [{ owner: 'w' }], false],
  ["nobody's", [{}], false],
  ["nobody's beside ours", [done, {}], false],
  ['finished, so nobody has it', [{ caughtUp: true, position: { kind: 'shard-end' } }, done], true],
])('%s', (_, shards, caughtUp) => {
  expect(isCaughtUp(status(...shards))).toBe(caughtUp);
});

test('a dead worker’s shard is nobody’s to finish until somebody else has it: the view must have settled', () => {
  expect(isCaughtUp({ ...status({ owner: 'other' }), settled: false })).toBe(false);
});
