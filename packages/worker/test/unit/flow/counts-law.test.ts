// Whatever happens to batches on their way (retries, dead letters, filters, folding, lost leases, a slow database, an end in the middle):
// what was read and routed is what became of it, once nothing is under way.
import { autoCodec, type ChangeEvent, type Codec } from '@shardfold/changes';
import type { ShardRef, StreamRecord } from '@shardfold/consumer';
import { memorySink, rowOf } from '@shardfold/sinks/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAccounts } from '../../../src/flow/accounts.ts';
import { createPatience } from '../../../src/flow/patience.ts';
import { createRouter } from '../../../src/flow/route.ts';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import { batchOf, contextOf, heldSink, record, rowChange, type Statement, stillMachine, tableConfig, truncation, turn } from './support.ts';

const kinds = ['put', 'put', 'put', 'moved', 'patch', 'remove', 'truncate', 'filtered', 'faulty', 'two', 'ignored', 'bad'] as const;
type Payload = readonly [kind: (typeof kinds)[number], id: string, time: number];

type Step =
  | { readonly kind: 'batch'; readonly shard: number; readonly payloads: readonly Payload[] }
  | { readonly kind: 'lose' | 'again'; readonly shard: number }
  | { readonly kind: 'answer'; readonly refused: number }
  | { readonly kind: 'break' | 'wake' | 'turn' | 'letters-break' | 'letters-mend' | 'end' };

const shards = 2;
const shard = fc.nat(shards - 1);
const payload: fc.Arbitrary<Payload> = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 5 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('batch' as const), shard, payloads: fc.array(payload, { maxLength: 8, size: 'max' }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), refused: fc.nat(15) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('break' as const, 'wake' as const, 'turn' as const, 'letters-break' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('again' as const), shard }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), shard }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('letters-mend' as const, 'end' as const) }) },
);

function eventsOf([kind, id, time]: Payload): readonly ChangeEvent[] {
  const row = rowChange({ key: [['id', id]], after: rowOf({ id, keep: 'yes' }), version: { time, seq: '1' } });
  switch (kind) {
    case 'put':
      return [row];
    case 'moved':
      return [{ ...row, kind: 'modify', before: rowOf({ id: `${id} before`, keep: 'yes' }) }];
    case 'two':
      return [row, { ...row, version: { time, seq: '2' } }];
    case 'patch':
      return [{ ...row, kind: 'modify', unknown: ['more'] }];
    case 'remove':
      return [{ kind: 'remove', source: row.source, key: [['id', id]], version: row.version }];
    case 'truncate':
      return [truncation({ time, seq: '1' })];
    case 'filtered':
      return [{ ...row, after: rowOf({ id, keep: 'no' }) }];
    case 'faulty':
      return [rowChange({ kind: 'modify', key: [['id', id]], version: row.version })];
    default:
      return [];
  }
}

const codec: Codec = {
  name: 'scripted',
  about: 'what the test names',
  examples: [],
  recognises: () => true,
  decode(each) {
    const named: Payload = JSON.parse(each.text());
    if (named[0] === 'bad') return autoCodec().decode(record('no json'));
    return named[0] === 'ignored' ? { kind: 'ignored', reason: 'nothing' } : { kind: 'changes', events: [...eventsOf(named)] };
  },
};

/** The bits of `refused` say which rows. */
function reportOf({ group }: Statement, refused: number) {
  return { rejected: group.flatMap((_, index) => ((refused >> index) & 1 ? [{ index, error: { code: 'X', message: 'refused' } }] : [])) };
}

/** One holding of a shard, with the batches that failed in it: those come again. */
interface Holding {
  readonly ref: ShardRef;
  readonly lost: AbortController;
  readonly failed: (readonly StreamRecord[])[];
}

function newHolding(at: number): Holding {
  return { ref: { stream: 'orders', shardId: `shard-${at}`, key: `shard-${at}` }, lost: new AbortController(), failed: [] };
}

function world() {
  let readings = 0;
  const still = stillMachine();
  // Work takes time, so that a batch needs several turns.
  const machine = { ...still, clock: { ...still.clock, monotonicMs: () => (readings += 3) } };
  const accounts = createAccounts();
  const off: WorkerEvent[] = [];
  const end = new AbortController();
  const onEvent = (event: WorkerEvent) => void off.push(...accounts.onEvent(event));
  const held = heldSink();
  const letters = { broken: false, underWay: 0 };
  const sink = { ...memorySink({ clock: machine.clock }), ...held.sink };
  const pipeline = createPipeline({
    codec,
    route: createRouter([tableConfig({ key: ['id'], where: { keep: 'yes' } })]),
    sinks: new Map([['main', { sink, patience: createPatience({ sink: 'main', machine, onEvent }) }]]),
    async bury() {
      letters.underWay += 1;
      await turn();
      letters.underWay -= 1;
      if (letters.broken) throw new Error('No letters.');
    },
    machine,
    signal: end.signal,
    onEvent,
  });
  const under = new Set<Promise<void>>();

  function give({ ref, lost, failed }: Holding, records: readonly StreamRecord[]): void {
    const done = pipeline.process(batchOf(records), contextOf(ref, lost.signal)).catch(() => void failed.push(records));
    under.add(done);
    void done.finally(() => under.delete(done));
  }

  return { accounts, off, end, onEvent, letters, statements: held.statements, under, give, wake: still.wake, sleeping: still.sleeping };
}

test('what was read and routed is what became of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const { accounts, off, end, onEvent, letters, statements, under, give, wake, sleeping } = world();
      const holdings = Array.from({ length: shards }, (_, at) => newHolding(at));
      for (const each of steps) {
        const holding = 'shard' in each ? holdings[each.shard] : undefined;
        if (each.kind === 'batch' && holding !== undefined) {
          const records = each.payloads.map((one, at) => record(JSON.stringify(one), String(at)));
          onEvent({ kind: 'batch-fetched', shard: holding.ref, records: records.length, bytes: 1, behindLatestMs: 0 });
          give(holding, records);
        }
        if (each.kind === 'again' && holding !== undefined) for (const records of holding.failed.splice(0)) give(holding, records);
        if (each.kind === 'lose' && holding !== undefined) {
          holding.lost.abort(new Error('lost'));
          onEvent({ kind: 'shard-stopped', shard: holding.ref, reason: 'lost' });
          holdings[each.shard] = newHolding(each.shard);
        }
        if (each.kind === 'letters-break' || each.kind === 'letters-mend') letters.broken = each.kind === 'letters-break';
        if (each.kind === 'end') end.abort(new Error('over'));
        const statement = each.kind === 'answer' || each.kind === 'break' ? statements.shift() : undefined;
        if (each.kind === 'answer') await statement?.answer(statement && reportOf(statement, each.refused));
        if (each.kind === 'break') await statement?.fail(new Error('away'));
        if (each.kind === 'wake') await wake();
        if (each.kind === 'turn') await turn();
      }
      while (under.size > 0 || statements.length > 0 || sleeping() > 0 || letters.underWay > 0) {
        await statements.shift()?.answer();
        await wake();
      }
      for (const { ref } of holdings) onEvent({ kind: 'shard-stopped', shard: ref, reason: 'released' });
      expect([...off, ...accounts.judge()]).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
