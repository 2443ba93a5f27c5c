// The way a record takes through this program:
//
//     shard ─ fetch ─ decode ─ route ─ coalesce ─ write ─ acknowledge ─ checkpoint
//             consumer └ changes └────── worker ──┘ sinks   └───── consumer ─────┘
//
// The consumer hands over what it fetched; when `process` resolves, it acknowledges and checkpoints. This file knows the order
// and nothing else: each stage is a file in `flow/`.
import type { Codec } from '@shardfold/changes';
import type { Machine, Processor, RecordBatch, ShardContext, StreamRecord } from '@shardfold/consumer';
import type { Sink, TargetTable } from '@shardfold/sinks';
import type { Change } from './flow/change.ts';
import { type DecodedBatch, decodeBatch } from './flow/decode.ts';
import type { Bury } from './flow/letters.ts';
import type { Patience } from './flow/patience.ts';
import type { Routed, Router } from './flow/route.ts';
import { createWriter, type Writer } from './flow/writer.ts';
import type { FlowEvent } from './observe/events.ts';

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

export function createPipeline(parts: PipelineParts): Processor {
  const writers = new Map<string, Map<TargetTable, Writer>>();

  function writerOf(sinkName: string, target: TargetTable): Writer {
    const ofSink = writers.get(sinkName) ?? new Map<TargetTable, Writer>();
    writers.set(sinkName, ofSink);
    const known = ofSink.get(target);
    if (known !== undefined) return known;
    const place = parts.sinks.get(sinkName);
    if (place === undefined) throw new Error(`Sink ${sinkName} is not configured; the configuration's check should have said so.`);
    const writer = createWriter({
      ...parts,
      ...place,
      sinkName,
      target,
      deadLetter: (change, fault, where) => parts.bury(change.record, fault, where, change.event),
    });
    ofSink.set(target, writer);
    return writer;
  }

  return {
    async process(batch, shard) {
      const decoded = decodeBatch(batch, parts.codec);
      countRecords(decoded, batch, shard);
      const plan = sortRouted(decoded.events.map(({ record, event }) => ({ record, routed: parts.route(event, record) })));
      for (const [sink, count] of plan.filtered) parts.onEvent({ kind: 'changes', sink, outcome: 'filtered', count });

      await Promise.all([
        ...decoded.faults.map(({ record, fault }) => parts.bury(record, fault, { sink: undefined, target: undefined })),
        ...plan.faults.map(({ record, routed }) => buryRouted(record, routed)),
        ...plan.truncates.map((routed) =>
          writerOf(routed.sink, routed.target)
            .truncate(routed.event.version)
            .then(() => applied(routed.sink)),
        ),
        ...[...plan.writes].map(([target, { sink, changes }]) => writerOf(sink, target).write(changes, shard.lost)),
      ]);
      measureLatency(batch, shard);
    },
  };

  function countRecords(decoded: DecodedBatch, batch: RecordBatch, shard: ShardContext): void {
    const { stream } = shard.shard;
    parts.onEvent({ kind: 'records', stream, outcome: 'decoded', count: decoded.decoded });
    parts.onEvent({ kind: 'records', stream, outcome: 'ignored', count: decoded.ignored });
    parts.onEvent({ kind: 'records', stream, outcome: 'dead_lettered', count: batch.records.length - decoded.decoded - decoded.ignored });
  }

  function applied(sink: string): void {
    parts.onEvent({ kind: 'changes', sink, outcome: 'applied', count: 1 });
  }

  async function buryRouted(record: StreamRecord, routed: RoutedFault): Promise<void> {
    await parts.bury(record, routed.fault, { sink: routed.sink, target: routed.target });
    parts.onEvent({ kind: 'changes', sink: routed.sink ?? '', outcome: 'dead_lettered', count: 1 });
  }

  function measureLatency(batch: RecordBatch, shard: ShardContext): void {
    const oldest = batch.records[0];
    if (oldest !== undefined) parts.onEvent({ kind: 'latency', stream: shard.shard.stream, ms: Math.max(0, parts.machine.clock.wallMs() - oldest.arrivalMs) });
  }
}

type RoutedFault = Extract<Routed, { kind: 'fault' }>;

/** One batch's changes, by where they go. */
interface Plan {
  readonly writes: Map<TargetTable, { readonly sink: string; readonly changes: Change[] }>;
  readonly truncates: Extract<Routed, { kind: 'truncate' }>[];
  readonly faults: { readonly record: StreamRecord; readonly routed: RoutedFault }[];
  /** Changes left out by configuration, per sink. */
  readonly filtered: Map<string, number>;
}

function sortRouted(all: readonly { readonly record: StreamRecord; readonly routed: Routed }[]): Plan {
  const plan: Plan = { writes: new Map(), truncates: [], faults: [], filtered: new Map() };
  for (const { record, routed } of all) {
    switch (routed.kind) {
      case 'write': {
        const place = plan.writes.get(routed.target) ?? { sink: routed.sink, changes: [] };
        plan.writes.set(routed.target, place);
        place.changes.push({ mutation: routed.mutation, record, event: routed.event });
        break;
      }
      case 'truncate':
        plan.truncates.push(routed);
        break;
      case 'fault':
        plan.faults.push({ record, routed });
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
