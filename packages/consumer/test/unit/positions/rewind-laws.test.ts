// Over any history of puts, reshards, workers and clean-ups: a rewind has everything from its time on read again, passes over nothing that was
// unread, and keeps the order of each key.
import fc from 'fast-check';
import { test } from 'vitest';
import { leaseDesk, never } from '../../support/lease-desk.ts';
import { type MemoryWorker, memoryFleet, minuteMs, startMs, stream } from '../../support/memory-fleet.ts';

const keys = 4;
const hashOf = (key: number) => ((2n ** 128n / BigInt(keys)) * BigInt(key) + 1n).toString();

type Step =
  | { readonly kind: 'put'; readonly key: number; readonly count: number }
  | { readonly kind: 'reshard'; readonly pick: number; readonly merge: boolean }
  | { readonly kind: 'pass'; readonly minutes: number }
  /** A worker comes, reads what there is or only begins to, and goes or dies. */
  | { readonly kind: 'work'; readonly all: boolean; readonly dies: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), key: fc.nat(keys - 1), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reshard' as const), pick: fc.nat(10), merge: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 7 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('work' as const), all: fc.boolean(), dies: fc.boolean() }) },
);

interface Put {
  readonly text: string;
  readonly key: number;
  readonly arrivalMs: number;
}

function history(fleet: ReturnType<typeof memoryFleet>) {
  const put: Put[] = [];
  const seen = new Set<string>();
  const { kinesis, time } = fleet;
  kinesis.retain(stream, 24 * 60 * minuteMs);

  function reshard(pick: number, merge: boolean): void {
    const open = kinesis.openShards(stream);
    const at = pick % open.length;
    const [left, right] = [open[at], open[at + 1]];
    if (merge && left !== undefined && right !== undefined) kinesis.merge(stream, left.shardId, right.shardId);
    else if (left !== undefined && open.length < 5) kinesis.split(stream, left.shardId);
  }

  async function work(worker: MemoryWorker, all: boolean, dies: boolean): Promise<void> {
    if (all) await fleet.until(() => put.every(({ text }) => seen.has(text) || worker.seen.includes(text)));
    else await time.advance(700);
    // Finished shards are cleared away after five minutes.
    if (all && put.length % 2 === 0) await time.advance(7 * minuteMs);
    await (dies ? worker.crash() : worker.stop());
    for (const text of worker.seen) seen.add(text);
  }

  return {
    put,
    seen,
    async take(step: Step): Promise<void> {
      if (step.kind === 'pass') await time.advance(step.minutes * minuteMs);
      else if (step.kind === 'reshard') reshard(step.pick, step.merge);
      else if (step.kind === 'work') await work(fleet.start(), step.all, step.dies);
      else {
        for (let count = 0; count < step.count; count += 1) {
          const record = { text: `${put.length}`, key: step.key, arrivalMs: startMs + time.nowMs() };
          kinesis.put(stream, { partitionKey: `${step.key}`, explicitHashKey: hashOf(step.key), data: record.text });
          put.push(record);
        }
      }
    },
  };
}

test('a rewind skips nothing and keeps the order of each key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), fc.nat(100), fc.boolean(), async (steps, pick, toTheOldest) => {
      const fleet = memoryFleet();
      const { put, seen, take } = history(fleet);
      for (const each of steps) await take(each);
      await fleet.time.advance(minuteMs);

      const { desk, after, rows } = leaseDesk(fleet);
      const atMs = put[pick % Math.max(1, put.length)]?.arrivalMs ?? startMs;
      const aim = toTheOldest ? ({ kind: 'trim-horizon' } as const) : ({ kind: 'timestamp', atMs } as const);
      const plan = await after(desk.planRewind(aim, undefined, await rows(), {}, never));
      await after(desk.carryOut(plan, {}, never));

      const wanted = put.filter(({ text, arrivalMs }) => toTheOldest || arrivalMs >= atMs || !seen.has(text));
      const worker = fleet.start();
      await fleet.until(() => wanted.every(({ text }) => worker.seen.includes(text)));
      await fleet.time.advance(minuteMs);
      await worker.stop();
      for (let key = 0; key < keys; key += 1) {
        const order = worker.seen.map(Number).filter((at) => put[at]?.key === key);
        if (order.some((at, index) => at < (order[index - 1] ?? 0))) throw new Error(`Key ${key} came as ${order.join(' ')}.`);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
