// The way a record takes through this program:
//
//     shard ─ fetch ─ decode ─ route ─ coalesce ─ write ─ acknowledge ─ checkpoint
//             consumer └ changes └────── worker ──┘ sinks   └───── consumer ─────┘
//
// The consumer hands over what it fetched; when `process` resolves, it acknowledges and checkpoints. This file knows the order
// and nothing else: each stage is a file in `flow/`.
import type { ChangeEvent, Codec, SourceTable } from '@shardfold/changes';
import type { Machine, RecordBatch, ShardContext, StreamRecord } from '@shardfold/consumer';
import type { Sink, TargetTable } from '@shardfold/sinks';
import type { Change } from './flow/change.ts';
import { type DecodedBatch, decodeBatch } from './flow/decode.ts';
import { type Burial, type Bury, buryAll } from './flow/letters.ts';
import type { Patience } from './flow/patience.ts';
import { createRecent } from './flow/recent.ts';
import type { Routed, Router } from './flow/route.ts';
import { createWriter, type Writer } from './flow/writer.ts';
import type { ChangeOutcome, FlowEvent } from './observe/events.ts';

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
      deadLetter: ({ record, event }, fault, where, lost) => parts.bury({ record, event, fault, place: where }, lost),
    });
    writers.set(target, writer);
    return writer;
  }

  return {
    async process(batch, shard) {
      const decoded = decodeBatch(batch, parts.codec);
      countRecords(decoded, shard);
      const plan = sortRouted(decoded.events.map(({ record, event }) => ({ record, event, routed: parts.route(event, record) })));
      sayOnce(plan);
      for (const [sink, count] of plan.filtered) parts.onEvent({ kind: 'changes', sink, outcome: 'filtered', count });

      await Promise.all([
        buryUndecodable(decoded, shard),
        buryUnroutable(plan.faults, shard),
        ...plan.truncates.map((routed) => truncate(routed, shard)),
        ...[...plan.writes].map(([target, { sink, changes }]) => writerOf(sink, target).write(changes, shard.lost)),
      ]);
      measureLatency(batch, shard);
    },
  };

  function countRecords(decoded: DecodedBatch, shard: ShardContext): void {
    const { stream } = shard.shard;
    parts.onEvent({ kind: 'records', stream, outcome: 'decoded', count: decoded.decoded });
    parts.onEvent({ kind: 'records', stream, outcome: 'ignored', count: decoded.ignored });
  }

  function countChange(sink: string, outcome: ChangeOutcome): void {
    parts.onEvent({ kind: 'changes', sink, outcome, count: 1 });
  }

  async function buryUndecodable({ faults }: DecodedBatch, { shard, lost }: ShardContext): Promise<void> {
    const burials = faults.map((each) => ({ ...each, event: undefined, place: { sink: undefined, target: undefined } }));
    const bury = (burial: Burial) => parts.bury(burial, lost);
    await buryAll(burials, bury, (_, buried) => {
      parts.onEvent({ kind: 'records', stream: shard.stream, outcome: buried ? 'dead_lettered' : 'abandoned', count: 1 });
    });
  }

  async function buryUnroutable(burials: readonly Burial[], { lost }: ShardContext): Promise<void> {
    const bury = (burial: Burial) => parts.bury(burial, lost);
    await buryAll(burials, bury, ({ place }, buried) => countChange(place.sink ?? '', buried ? 'dead_lettered' : 'abandoned'));
  }

  async function truncate({ sink, target, event }: Plan['truncates'][number], { lost }: ShardContext): Promise<void> {
    let outcome: ChangeOutcome = 'abandoned';
    try {
      await writerOf(sink, target).truncate(event.version, lost);
      outcome = 'applied';
    } finally {
      countChange(sink, outcome);
    }
  }

  function measureLatency(batch: RecordBatch, shard: ShardContext): void {
    const oldest = batch.records[0];
    if (oldest !== undefined) parts.onEvent({ kind: 'latency', stream: shard.shard.stream, ms: Math.max(0, parts.machine.clock.wallMs() - oldest.arrivalMs) });
  }
}

/** One batch's changes, by where they go. */
interface Plan {
  readonly writes: Map<TargetTable, { readonly sink: string; readonly changes: Change[] }>;
  readonly truncates: Extract<Routed, { kind: 'truncate' }>[];
  readonly faults: Burial[];
  /** Changes left out by configuration, per sink. */
  readonly filtered: Map<string, number>;
}

/** Source tables named so far; beyond it, a table is not told of. */
const keylessTablesMax = 1_000;

/** Tells of a table without a key at its first row, once, since its rows are kept in another way than a person expects. */
function createKeylessNotice(onEvent: (event: FlowEvent) => void): (plan: Plan) => void {
  const told = new Set<string>();
  const tell = (source: SourceTable, keyless: 'append' | 'dead-letter') => {
    const name = JSON.stringify([source.database, source.schema, source.table]);
    if (told.has(name) || told.size >= keylessTablesMax) return;
    told.add(name);
    onEvent({ kind: 'table-without-key', source, keyless });
  };
  return ({ writes, faults }) => {
    for (const { changes } of writes.values()) {
      const appended = changes.find(({ mutation }) => mutation.kind === 'append');
      if (appended !== undefined) tell(appended.event.source, 'append');
    }
    for (const { fault, event } of faults) if (fault.code === 'ROW_WITHOUT_KEY' && event !== undefined) tell(event.source, 'dead-letter');
  };
}

function sortRouted(all: readonly { readonly record: StreamRecord; readonly event: ChangeEvent; readonly routed: Routed }[]): Plan {
  const plan: Plan = { writes: new Map(), truncates: [], faults: [], filtered: new Map() };
  for (const { record, event, routed } of all) {
    switch (routed.kind) {
      case 'write': {
        const place = plan.writes.get(routed.target) ?? { sink: routed.sink, changes: [] };
        plan.writes.set(routed.target, place);
        place.changes.push({ mutation: routed.mutation, record, event: routed.event });
        if (routed.left !== undefined) place.changes.push({ ...routed.left, record });
        break;
      }
      case 'truncate':
        plan.truncates.push(routed);
        break;
      case 'fault':
        plan.faults.push({ record, fault: routed.fault, place: routed, event });
        break;
      case 'filtered':
        plan.filtered.set(routed.sink, (plan.filtered.get(routed.sink) ?? 0) + 1);
        break;
      default:
        routed satisfies never;
    }
  }
  return plan;
}
