// A shard reader on a stream in memory, a stub of its lease and virtual time, with everything it says and does written down.
import type { ChildShard } from '@shardfold/lease';
import { createByteBudget } from '../../src/memory/byte-budget.ts';
import { readShard, type ShardReader, type ShardReaderParts } from '../../src/shard/shard-reader.ts';
import { memoryStream } from '../../src/testing/memory-stream.ts';
import type { ConsumerEvent, Processor } from '../../src/types.ts';
import { leaseStub } from './held-lease.ts';
import { shard } from './records.ts';
import { virtualTime } from './time.ts';

export const maxRecordsPerBatch = 2;
export const child: ChildShard = { shardId: 'shardId-000000000001', parents: [shard.shardId] };

export function readingOf(processor: Processor, more: Partial<ShardReaderParts> = {}) {
  const time = virtualTime();
  const machine = time.machine(1);
  const budget = createByteBudget(1_000_000);
  const stream = memoryStream({ name: shard.stream, budget, clock: machine.clock, maxRecordsPerBatch });
  const lease = leaseStub();
  const events: ConsumerEvent[] = [];
  const start = (): ShardReader =>
    readShard({
      held: lease.held,
      shard,
      start: { kind: 'trim-horizon' },
      onGap: 'stop',
      forEver: false,
      retentionMs: () => undefined,
      retentionNowMs: async () => undefined,
      timeOf: () => undefined,
      stillHas: async () => false,
      source: stream.source,
      processor,
      failure: { policy: 'retry' },
      machine,
      maxInFlight: 1,
      checkpoint: { intervalMs: 5_000, records: 1_000 },
      children: async () => [],
      onEvent: (event) => events.push(event),
      ...more,
    });
  return {
    time,
    machine,
    budget,
    lease,
    events,
    start,
    put: (...payloads: readonly string[]) => stream.put(shard.shardId, payloads),
    close: (children: readonly ChildShard[]) => stream.close(shard.shardId, children),
    /** Events of one kind. */
    of: <Kind extends ConsumerEvent['kind']>(kind: Kind) => events.filter((event): event is Extract<ConsumerEvent, { kind: Kind }> => event.kind === kind),
  };
}

/** A processor that waits for a word from the test before each batch is done. */
export function gatedProcessor() {
  const began: string[][] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const processor: Processor = {
    process(batch) {
      const gate = Promise.withResolvers<void>();
      began.push(batch.records.map((record) => record.text()));
      gates.push(gate);
      return gate.promise;
    },
  };
  return { processor, began, gate: (index: number) => gates[index] ?? Promise.withResolvers<void>() };
}
