// Two workers as processes of their own on one stream: what they promise when one of them is killed, and that nothing goes
// uncounted when none is.
import type { EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { until } from '../support/until.ts';
import { sumOf, type WorkerProcess } from '../support/worker-process.ts';

const records = 20_000;
const keys = 2_000;
let stack: EmbeddedStack;
let bed: FleetBed;

beforeAll(async () => {
  stack = await startStack();
});

afterEach(() => bed.end());
afterAll(() => stack.stop());

async function held(worker: WorkerProcess): Promise<number> {
  return (await worker.status()).shards.filter((shard) => shard.held).length;
}

async function shared(a: WorkerProcess, b: WorkerProcess): Promise<boolean> {
  return (await held(a)) === shardCount / 2 && (await held(b)) === shardCount / 2;
}

async function rowCount(table: string): Promise<number> {
  const { rows } = await bed.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM "${table}"`);
  return rows[0]?.n ?? 0;
}

describe('two workers on one stream', () => {
  test('converge to the source when one of them is killed in the middle', async () => {
    bed = await fleetBed(stack);
    const one = bed.start('one');
    const two = bed.start('two');
    await until('both to share the shards', () => shared(one, two));
    const sending = bed.feed({ records, keys, seed: 7, ratePerSecond: 5_000 });
    await until('a part of the rows', async () => bed.sent.length > records / 2 && (await rowCount('orders')) > 100);
    one.signal('SIGKILL');
    expect(await one.exited).toBe('SIGKILL');
    await sending;
    await until('the survivor to hold every shard', async () => (await held(two)) === shardCount);
    let left: readonly string[] = ['not looked yet'];
    await until('the tables to equal the oracle', async () => {
      left = await bed.differences();
      return left.length === 0;
    }).catch(() => undefined);
    expect(left).toEqual([]);
    expect(bed.sent.length).toBeGreaterThanOrEqual(records);
    two.signal('SIGTERM');
    expect(await two.exited).toBe(0);
  });

  test('account for every record and every change', async () => {
    bed = await fleetBed(stack);
    const workers = [bed.start('one'), bed.start('two')] as const;
    await until('both to share the shards', () => shared(...workers));
    await bed.feed({ records, keys, seed: 8 });
    const total = async (name: string, ...labels: string[]) => {
      const each = await Promise.all(workers.map(async (worker) => sumOf(await worker.metrics(), name, ...labels)));
      return each.reduce((sum, value) => sum + value, 0);
    };
    await until('the tables to equal the oracle', async () => (await bed.differences()).length === 0);
    const outcomes = ['applied', 'superseded', 'unresolved', 'filtered', 'dead_lettered', 'abandoned'];
    await until(
      'every change to have an outcome',
      async () =>
        (await total('shardfold_changes_total')) >= (await total('shardfold_records_total', 'outcome="decoded"')) &&
        (await total('shardfold_fetch_records_total')) >= bed.sent.length,
    );
    const fetched = await total('shardfold_fetch_records_total');
    expect(fetched).toBe(bed.sent.length);
    expect(await total('shardfold_records_total')).toBe(fetched);
    expect(await total('shardfold_records_total', 'outcome="decoded"')).toBe(fetched);
    const byOutcome = await Promise.all(outcomes.map((outcome) => total('shardfold_changes_total', `outcome="${outcome}"`)));
    expect(byOutcome.reduce((sum, value) => sum + value, 0)).toBe(fetched);
    const [applied = 0, superseded = 0, ...others] = byOutcome;
    expect(others).toEqual([0, 0, 0, 0]);
    expect(superseded).toBeGreaterThan(records * 0.05);
    expect(applied).toBeGreaterThan(0);
    for (const worker of workers) worker.signal('SIGTERM');
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0]);
  });
});
