// What does not answer, from events.
import { describe, expect, test } from 'vitest';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import { createEnvironment } from '../../../src/status/environment.ts';

const shard = { stream: 's', shardId: '1', key: 'k-1' };
const error = new Error('denied at http://ann:hunter2@aws');
const fetchFailed: WorkerEvent = { kind: 'fetch-failed', shard, error, retryInMs: 100 };
const fetched: WorkerEvent = { kind: 'batch-fetched', shard, records: 0, bytes: 0, behindLatestMs: 0 };
const known = { stream: 's', shard: '1', error: 'denied at http://ann:********@aws' };

describe('a shard that cannot be read', () => {
  test('is a trouble since the first time', () => {
    const environment = createEnvironment();
    environment.onEvent(fetchFailed, 1_000);
    environment.onEvent(fetchFailed, 4_000);
    expect(environment.sourceTroubles(5_000)).toEqual([{ ...known, sinceMs: 4_000 }]);
  });

  test.each<WorkerEvent>([fetched, { kind: 'shard-stopped', shard, reason: 'released' }])('is none any more after $kind', (event) => {
    const environment = createEnvironment();
    environment.onEvent(fetchFailed, 0);
    environment.onEvent(event, 1_000);
    expect(environment.sourceTroubles(1_000)).toEqual([]);
  });
});

test('a stream that cannot be listed is a trouble until the next try should have been heard of', () => {
  const environment = createEnvironment();
  environment.onEvent({ kind: 'listing-failed', stream: 's', error, retryInMs: 5_000 }, 0);
  expect(environment.sourceTroubles(34_999)).toEqual([{ ...known, shard: undefined, sinceMs: 34_999 }]);
  expect(environment.sourceTroubles(35_000)).toEqual([]);
});

test('a stream that is refused is a trouble until it is read', () => {
  const environment = createEnvironment();
  environment.onEvent({ kind: 'stream-refused', stream: 's', error }, 0);
  expect(environment.sourceTroubles(1_000_000)).toHaveLength(1);
  environment.onEvent(fetched, 1_000_000);
  expect(environment.sourceTroubles(1_000_000)).toEqual([]);
});

test('troubles have a bound: the oldest go', () => {
  const environment = createEnvironment();
  for (let index = 0; index < 2_100; index += 1)
    environment.onEvent({ ...fetchFailed, shard: { ...shard, shardId: String(index), key: String(index) } }, index);
  const troubles = environment.sourceTroubles(3_000);
  expect([troubles.length, troubles[0]?.shard]).toEqual([2_000, '100']);
});

test('the lease table is away from its first silence until it answers', () => {
  const environment = createEnvironment();
  expect(environment.leasesAway(0)).toBeUndefined();
  environment.onEvent({ kind: 'lease-table-unreachable', error }, 1_000);
  environment.onEvent({ kind: 'lease-table-unreachable', error }, 2_000);
  expect(environment.leasesAway(5_000)).toEqual({ error: known.error, sinceMs: 4_000 });
  environment.onEvent({ kind: 'lease-table-reached' }, 6_000);
  expect(environment.leasesAway(6_000)).toBeUndefined();
});

test('gaps that are certain are told for an hour', () => {
  const environment = createEnvironment();
  environment.onEvent({ kind: 'gap-found', shard, certain: false }, 0);
  environment.onEvent({ kind: 'gap-found', shard, certain: true }, 1_000);
  expect([environment.gaps(1_000), environment.gaps(3_600_999), environment.gaps(3_601_000)]).toEqual([1, 1, 0]);
});

test('the place of the dead letters, which is no sink, is away until it answers or nobody asks', () => {
  const environment = createEnvironment();
  const asked = { sink: '', ask: 1 };
  environment.onEvent({ kind: 'sink-waiting', sink: 'main', ask: 1, error, sinceMs: 0, attempt: 1 }, 0);
  expect(environment.lettersAway(0)).toBeUndefined();
  environment.onEvent({ kind: 'sink-waiting', ...asked, error, sinceMs: 500, attempt: 2 }, 1_000);
  environment.onEvent({ kind: 'sink-waiting', sink: '', ask: 2, error: new Error('later'), sinceMs: 0, attempt: 1 }, 1_100);
  expect(environment.lettersAway(5_000)).toEqual({ error: known.error, sinceMs: 4_500 });
  environment.onEvent({ kind: 'sink-recovered', ...asked }, 6_000);
  environment.onEvent({ kind: 'ask-over', ...asked }, 6_000);
  expect(environment.lettersAway(6_000)).toEqual({ error: 'later', sinceMs: 4_900 });
  environment.onEvent({ kind: 'ask-over', sink: '', ask: 2 }, 7_000);
  expect(environment.lettersAway(7_000)).toBeUndefined();
});
