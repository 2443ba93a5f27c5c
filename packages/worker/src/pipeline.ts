// The way a record takes through this program:
//
//     shard ─ fetch ─ decode ─ route ─ coalesce ─ write ─ acknowledge ─ checkpoint
//             consumer └ changes └────── worker ──┘ sinks   └───── consumer ─────┘
//
// The consumer hands over what it fetched; when `process` resolves, it acknowledges and checkpoints. This file knows the order
// and nothing else: each stage is a file in `flow/`.
import type { Codec } from '@shardfold/changes';
import type { Machine, RecordBatch, ShardContext, StreamRecord } from '@shardfold/consumer';
import type { Sink, TargetTable } from '@shardfold/sinks';
import { createKeylessNotice } from './flow/keyless.ts';
import { type Burial, type Bury, buryAll } from './flow/letters.ts';
import type { Patience } from './flow/patience.ts';
import { createPlanner, type Plan } from './flow/plan.ts';
import { createRecent } from './flow/recent.ts';
import type { Router } from './flow/route.ts';
import { createSlices } from './flow/slices.ts';
import { createWriter, type Writer } from './flow/writer.ts';
import type { ChangeOutcome, FlowEvent, RecordOutcome } from './observe/events.ts';

export interface PipelineParts {
  readonly codec: Codec;
  readonly route: Router;
  readonly sinks: ReadonlyMap<string, { readonly sink: Sink; readonly patience: Patience }>;
  readonly bury: Bury;
  readonly machine: Machine;
  /** The process's: aborted when a stop has taken too long. */
  readonly signal: AbortSignal;
  onEvent(event: FlowEvent): void;
}

/** The consumer's `Processor`. */
export interface Pipeline {
  process(batch: RecordBatch, shard: ShardContext): Promise<void>;
}

/** Tables with a writer; one that has been quiet for the longest time loses it, and with it its sweeps, when there are more. */
const writersMax = 10_000;

export function createPipeline(parts: PipelineParts): Pipeline {
  const writers = createRecent<TargetTable, Writer>(writersMax, { mayForget: (writer) => writer.idle(), forgotten: (writer) => writer.close() });
  const sayOnce = createKeylessNotice(parts.onEvent);
  const inSlices = createSlices(parts.machine);
  /** Records of batches that failed. Those come again while their lease stays, and have their outcome already. */
  const counted = new WeakSet<StreamRecord>();

  function writerOf(sinkName: string, target: TargetTable): Writer {
    const known = writers.get(target);
    if (known !== undefined) return known;
    const place = parts.sinks.get(sinkName);
    if (place === undefined) throw new Error(`Sink ${sinkName} is not configured; the configuration's check should have said so.`);
    const writer = createWriter({
      ...parts,
      ...place,
      sinkName,
      target,
      deadLetter: ({ record, event, mutation }, fault, where, lost) =>
        parts.bury({ record, event, fault, place: where, key: mutation.kind === 'append' ? undefined : mutation.key }, lost),
    });
    writers.set(target, writer);
    return writer;
  }

  return {
    async process(batch, shard) {
      const plan = await decodeAndRoute(batch, shard);
      try {
        await carryOut(plan, shard);
      } catch (error) {
        for (const record of batch.records) counted.add(record);
        throw error;
      }
      measureLatency(batch, shard);
    },
  };

  /** Rejects when the lease goes, or the process ends, before all of it is decoded; nothing has become of it then. */
  async function decodeAndRoute({ records }: RecordBatch, shard: ShardContext): Promise<Plan> {
    const { plan, add } = createPlanner(parts.codec, parts.route, (record) => counted.has(record));
    if (!(await inSlices(records, add, () => shard.lost.aborted || parts.signal.aborted))) {
      countRecords(shard, 'abandoned', records.filter((record) => !counted.has(record)).length);
      for (const record of records) counted.add(record);
      throw shard.lost.aborted ? shard.lost.reason : parts.signal.reason;
    }
    countRecords(shard, 'decoded', plan.records.decoded);
    countRecords(shard, 'ignored', plan.records.ignored);
    for (const [sink, count] of plan.routed) parts.onEvent({ kind: 'changes-routed', sink, count });
    for (const [sink, count] of plan.filtered) countChanges(sink, 'filtered', count);
    sayOnce(plan);
    return plan;
  }

  async function carryOut(plan: Plan, shard: ShardContext): Promise<void> {
    await Promise.all([
      buryUndecodable(plan.undecodable, shard),
      buryUnroutable(plan.unroutable, shard),
      ...plan.truncates.map((routed) => truncate(routed, shard)),
      ...[...plan.writes].map(([target, { sink, changes }]) => writerOf(sink, target).write(changes, shard.lost)),
    ]);
  }

  function countRecords({ shard }: ShardContext, outcome: RecordOutcome, count: number): void {
    if (count > 0) parts.onEvent({ kind: 'records', shard, outcome, count });
  }

  function countChanges(sink: string, outcome: ChangeOutcome, count: number): void {
    parts.onEvent({ kind: 'changes', sink, outcome, count });
  }

  async function buryUndecodable(burials: readonly Burial[], shard: ShardContext): Promise<void> {
    const bury = (burial: Burial) => parts.bury(burial, shard.lost);
    // Looked up before the batch can fail: a letter that is still on its way then has its outcome later.
    const first = new Set(burials.filter(({ record }) => !counted.has(record)));
    await buryAll(burials, bury, (burial, buried) => {
      if (first.has(burial)) countRecords(shard, buried ? 'dead_lettered' : 'abandoned', 1);
    });
  }

  async function buryUnroutable(burials: readonly Burial[], { lost }: ShardContext): Promise<void> {
    const bury = (burial: Burial) => parts.bury(burial, lost);
    await buryAll(burials, bury, ({ place }, buried) => countChanges(place.sink ?? '', buried ? 'dead_lettered' : 'abandoned', 1));
  }

  async function truncate({ sink, target, event }: Plan['truncates'][number], { lost }: ShardContext): Promise<void> {
    let outcome: ChangeOutcome = 'abandoned';
    try {
      await writerOf(sink, target).truncate(event.version, lost);
      outcome = 'applied';
    } finally {
      countChanges(sink, outcome, 1);
    }
  }

  function measureLatency(batch: RecordBatch, shard: ShardContext): void {
    const oldest = batch.records[0];
    if (oldest !== undefined) parts.onEvent({ kind: 'latency', stream: shard.shard.stream, ms: Math.max(0, parts.machine.clock.wallMs() - oldest.arrivalMs) });
  }
}
