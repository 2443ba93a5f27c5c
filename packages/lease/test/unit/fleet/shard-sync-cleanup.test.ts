import { describe, expect, it } from 'vitest';
import { restMs } from '../../../src/fleet/cleanup.ts';
import { encodeLease } from '../../../src/rows/encode.ts';
import { createFleet, owned, times, unreachable } from './fleet.ts';
import { finished, javas, released } from './rows.ts';
import { began, calls, keys, kind, listing, minuteMs } from './split.ts';

describe('rows of finished shards', () => {
  /** A worker that has read the parent and holds both children; `checkpoint` saves a position in them. */
  async function afterReshard(names: readonly string[] = ['a']) {
    const fleet = createFleet(listing);
    fleet.table.put(encodeLease(released('p', { ...finished, children: ['q', 'r'] })));
    for (const shardId of ['q', 'r']) fleet.table.put(encodeLease(released(shardId, { parents: ['p'] })));
    const workers = names.map((name) => fleet.start(name));
    await fleet.until(() => workers.reduce((sum, worker) => sum + owned(worker), 0) === 2, 30_000);
    const checkpoint = async (...shardIds: readonly string[]) => {
      const saved = workers.flatMap((worker) =>
        [...worker.reading.values()].filter((held) => shardIds.includes(held.lease.key)).map((held) => held.checkpoint(began)),
      );
      await fleet.time.advance(1000);
      await Promise.all(saved);
    };
    return { fleet, workers, checkpoint };
  }

  it('are removed when their children have begun, by one worker, and do not come back', async () => {
    const { fleet, workers, checkpoint } = await afterReshard(['a', 'b']);
    await checkpoint('q', 'r');
    await fleet.time.advance(restMs - 10_000);
    expect(keys(fleet)).toEqual(['p', 'q', 'r']);
    await fleet.until(() => fleet.table.lease('p') === undefined, 2 * minuteMs);
    await fleet.time.advance(5 * minuteMs);
    expect(keys(fleet)).toEqual(['q', 'r']);
    expect(workers.flatMap((worker) => kind(worker, 'lease-removed').map((event) => event.key))).toEqual(['p']);
    expect(workers.flatMap((worker) => calls(worker, 'remove'))).toEqual(['p']);
    expect(workers.flatMap((worker) => calls(worker, 'create'))).toEqual([]);
    expect(workers.flatMap((worker) => kind(worker, 'lease-lost'))).toEqual([]);
  });

  it('stay while a child has not begun', async () => {
    const { fleet, checkpoint } = await afterReshard();
    await checkpoint('q');
    await fleet.time.advance(restMs + 5 * minuteMs);
    expect(keys(fleet)).toEqual(['p', 'q', 'r']);
  });

  it('stay when a child is found rewound at the last moment', async () => {
    const { fleet, workers, checkpoint } = await afterReshard();
    await checkpoint('q', 'r');
    let looks = 0;
    for (const worker of workers) {
      worker.weather.before = (call) => {
        if (call.operation !== 'read' || call.key !== 'r') return undefined;
        looks += 1;
        const row = fleet.table.lease('r');
        if (row !== undefined) fleet.table.put(encodeLease({ ...row, position: { kind: 'trim-horizon' } }));
        return undefined;
      };
    }
    await fleet.until(() => looks > 0, restMs + 5 * minuteMs);
    await fleet.time.advance(100);
    expect([keys(fleet), workers.flatMap((worker) => calls(worker, 'remove'))]).toEqual([['p', 'q', 'r'], []]);
  });

  it('stay when the table does not answer, until it does', async () => {
    const { fleet, workers, checkpoint } = await afterReshard();
    await checkpoint('q', 'r');
    let failures = 3;
    for (const worker of workers) worker.weather.before = (call) => (call.operation === 'remove' && failures-- > 0 ? unreachable() : undefined);
    await fleet.until(() => fleet.table.lease('p') === undefined, restMs + 5 * minuteMs);
    expect([failures < 0, workers.map((worker) => worker.failure)]).toEqual([true, [undefined]]);
  });

  it('pass on what is known of a KCL 3.x fleet', async () => {
    const { fleet, checkpoint } = await afterReshard();
    const row = fleet.table.lease('p');
    if (row !== undefined) fleet.table.put(encodeLease({ ...row, peersSeen: 'still' }));
    await checkpoint('q', 'r');
    await fleet.until(() => fleet.table.lease('p') === undefined, restMs + 5 * minuteMs);
    expect(fleet.table.leases().map((each) => each.peersSeen)).toEqual(['still', undefined]);
  });

  it('lose an owner who is gone, and then go', async () => {
    const fleet = createFleet(listing);
    fleet.table.put(encodeLease(javas('p', 'java', finished)));
    for (const shardId of ['q', 'r']) fleet.table.put(encodeLease(released(shardId, { parents: ['p'], position: began })));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 5000);
    expect(fleet.table.lease('p')?.owner).toBe('java');
    await fleet.until(() => fleet.table.lease('p')?.owner === undefined, times.durationMs + 2 * minuteMs);
    expect([calls(a, 'disown'), keys(fleet)]).toEqual([['p'], ['p', 'q', 'r']]);
    await fleet.until(() => fleet.table.lease('p') === undefined, restMs + 2 * minuteMs);
    await fleet.time.advance(minuteMs);
    expect(keys(fleet)).toEqual(['q', 'r']);
  });
});
