// The list of metrics: name, help, labels, buckets. It observes nothing.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Milliseconds to minutes: a statement of one row, one of a thousand, one that waits for a lock. */
const writeBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** From a tenth of a second to a day behind. */
const latencyBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400];
const rowBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];
const drainBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];

export type Series = ReturnType<typeof createSeries>;

export function createSeries(registers: Registry[]) {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `shardfold_${name}`, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name: `shardfold_${name}`, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, buckets: number[], labelNames: readonly Label[] = []) =>
    new Histogram({ name: `shardfold_${name}`, help, buckets, labelNames, registers });
  return {
    buildInfo: gauge('build_info', 'What is running; always 1.', ['version', 'node']),
    workerState: gauge('worker_state', '1 for the state the worker is in, 0 for the others; it starts until the lease table has answered.', ['state']),
    shardsOwned: gauge('shards_owned', 'Open shards that this worker reads.'),
    shardsKnown: gauge('shards_known', 'Open shards in the lease table.'),
    shardsUnowned: gauge('shards_unowned', 'Open shards in the lease table that nobody reads.'),
    fetchRecords: counter('fetch_records_total', 'Records read, after de-aggregation.', ['stream']),
    fetchBytes: counter('fetch_bytes_total', 'Bytes of the records read, with what keeping them costs; answers without records count nothing.', ['stream']),
    gaps: counter('source_gaps_total', 'Shards of which the stream forgot records before they were read.', ['stream']),
    shardBehind: gauge('shard_behind_latest_seconds', 'How far the last read of a shard was behind its tip.', ['stream', 'shard']),
    shardCheckpoint: gauge('shard_checkpoint_timestamp_seconds', 'What arrived at a shard before this time is processed, and its position saved.', [
      'stream',
      'shard',
    ]),
    changes: counter('changes_total', 'Changes of decoded records by what became of them.', ['sink', 'outcome']),
    records: counter('records_total', 'Records by what became of them.', ['stream', 'outcome']),
    countsOff: counter('counts_off_total', 'Drains at which what was read or routed was not what became of it; a defect of the program.', ['of']),
    latency: histogram('end_to_end_latency_seconds', "From a record's arrival in the stream to its acknowledgement.", latencyBuckets),
    sinkWrite: histogram(
      'sink_write_duration_seconds',
      'Duration of one statement with its group of rows; also of an attempt to open the sink that failed.',
      writeBuckets,
      ['sink', 'outcome'],
    ),
    groupRows: histogram('sink_group_rows', 'Rows in one statement.', rowBuckets),
    leaseOperations: counter('lease_operations_total', 'Conditional writes of the lease table, by what became of them.', ['operation', 'outcome']),
    leaseLosses: counter('lease_losses_total', 'Leases that were not given up by this worker.', ['reason']),
    checkpointSaves: counter('checkpoint_saves_total', 'Positions saved.', ['outcome']),
    inflightBytes: gauge('inflight_bytes', 'Bytes of records in memory.'),
    deadLetters: counter('dead_letters_total', 'Records and changes that could not be applied.', ['sink', 'reason']),
    drain: histogram('drain_duration_seconds', 'How long a shard took from the wish to give it up until it was given up.', drainBuckets),
  };
}
