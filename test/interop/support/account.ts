// Who processed what, and what each worker did besides. Pure; it waits for nothing.
import { inspect } from 'node:util';
import type { KclWorker } from './kcl-worker.ts';
import type { OurWorker } from './our-worker.ts';

export type AnyWorker = OurWorker | KclWorker;

const maxStoryLines = 40;

/** Data of the records in the order in which the worker processed them. */
export function processedBy(worker: AnyWorker): readonly string[] {
  if ('processed' in worker) return worker.processed.map((record) => record.data);
  return worker.lines.flatMap((line) => (line.kind === 'record' && line.data !== undefined ? [line.data] : []));
}

/** By shard: where the worker first began it. A sequence number where it went on from one. */
export function startsOf(worker: AnyWorker): ReadonlyMap<string, string> {
  const starts: (readonly [shard: string, from: string])[] =
    'lines' in worker
      ? worker.lines.flatMap(({ kind, shard = '', from = '' }) => (kind === 'shard-started' ? [[shard, from]] : []))
      : worker.events.flatMap((event) =>
          event.kind === 'shard-started' ? [[event.shard.shardId, event.from.kind === 'sequence' ? event.from.sequence : event.from.kind]] : [],
        );
  return new Map(starts.toReversed());
}

/** Leases it lost, with the reasons. */
export function lossesOf(worker: OurWorker): readonly string[] {
  return worker.events.flatMap((event) => (event.kind === 'lease-lost' ? [`${event.key}: ${event.reason}`] : []));
}

/** For a test that failed. */
export function storyOf(worker: AnyWorker): string {
  const told =
    'lines' in worker
      ? [...worker.lines.filter((line) => line.kind !== 'record').map((line) => JSON.stringify(line)), ...worker.errors]
      : [
          ...worker.events.filter((event) => event.kind !== 'lease-operation' && /^(lease|shard|coordinator|peers)-|-failed$/.test(event.kind)),
          worker.failure(),
        ].map((each) => inspect(each, { breakLength: Number.POSITIVE_INFINITY, depth: 4 }));
  return [`${worker.name}: ${processedBy(worker).length} records`, ...told.slice(-maxStoryLines)].join('\n  ');
}
