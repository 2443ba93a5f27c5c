// The first dashboard: is anything wrong. It names no shard and no worker.
import { type Dashboard, fleet, grown, ofStream } from './panel.ts';

const writes = 'shardfold_sink_write_duration_seconds_count';

export const overview: Dashboard = {
  uid: 'shardfold-overview',
  title: 'Overview',
  description: 'Is anything wrong: ownership, lag, writing, and what was thrown away. The other dashboards say which, why and who.',
  variables: ['stream'],
  rows: [
    {
      question: 'Is everything owned?',
      panels: [
        {
          title: 'Workers',
          kind: 'stat',
          description: 'Workers that answer Prometheus. Fewer than you ask for: look at the pods, then at their logs.',
          unit: 'short',
          queries: [{ expr: `count(shardfold_build_info{${fleet}}) or vector(0)`, legend: 'workers' }],
          badBelow: 1,
          alert: 'ShardfoldNoWorkers',
          width: 4,
        },
        {
          title: 'Shards that nobody reads',
          kind: 'stat',
          description: 'Open shards without an owner. A few seconds of it are a take-over; if it stays, look at Leases for who should have them.',
          unit: 'short',
          queries: [{ expr: `sum(max by (namespace, app) (shardfold_shards_unowned{${fleet}}))`, legend: 'unowned' }],
          badFrom: 1,
          alert: 'ShardfoldShardsUnowned',
          width: 4,
        },
        {
          title: 'Open shards',
          kind: 'stat',
          description: 'Open shards in the lease table. After a reshard it changes: see that workers and maxReplicaCount still fit.',
          unit: 'short',
          queries: [{ expr: `sum(max by (namespace, app) (shardfold_shards_known{${fleet}}))`, legend: 'open' }],
          alert: 'ShardfoldNotRunning',
          width: 4,
        },
        {
          title: 'Age of the oldest position',
          kind: 'stat',
          description: 'How old is what the last shard still has to do. Compare with the retention of the stream; Shards names the shard.',
          unit: 's',
          queries: [{ expr: `time() - min(shardfold_shard_checkpoint_timestamp_seconds{${ofStream}})`, legend: 'age' }],
          badFrom: 300,
          alert: 'ShardfoldBehind',
          width: 4,
        },
        {
          title: 'Statements that fail',
          kind: 'stat',
          description: 'Share of the statements to the databases. Above a half for minutes: the database is away or refuses; Sinks says which.',
          unit: 'percentunit',
          queries: [
            {
              // Nothing to write is no failure.
              expr: `sum(rate(${writes}{${fleet}, outcome="failed"}[$__rate_interval])) / (sum(rate(${writes}{${fleet}}[$__rate_interval])) > 0) or 0 * sum(rate(${writes}{${fleet}}[$__rate_interval]))`,
              legend: 'failed',
            },
          ],
          badFrom: 0.5,
          alert: 'ShardfoldSinkFailing',
          width: 4,
        },
        {
          title: 'Dead letters in this time',
          kind: 'stat',
          description: 'Records and changes that could not be applied. Look at them with `shardfold dlq list`, mend the cause, replay.',
          unit: 'short',
          queries: [
            {
              expr: `sum(increase(shardfold_records_total{${ofStream}, outcome="dead_lettered"}[$__range])) + sum(increase(shardfold_changes_total{${fleet}, outcome="dead_lettered"}[$__range]))`,
              legend: 'dead letters',
            },
          ],
          badFrom: 1,
          alert: 'ShardfoldDeadLetters',
          width: 4,
        },
      ],
    },
    {
      question: 'Are we late?',
      panels: [
        {
          title: 'Arrival to acknowledgement',
          kind: 'heatmap',
          description: "From a record's arrival in the stream to the database's word. A band that climbs: too few workers, or a slow database.",
          unit: 's',
          queries: [{ expr: `sum by (le) (increase(shardfold_end_to_end_latency_seconds_bucket{${fleet}}[$__rate_interval]))`, legend: '{{le}}' }],
          alert: 'ShardfoldBehind',
          width: 12,
        },
        {
          title: 'Lag of the worst shard',
          kind: 'timeseries',
          description: 'Behind the tip as of the last read, and the age of the oldest saved position. Only the second grows: reading waits for the database.',
          unit: 's',
          queries: [
            { expr: `max by (stream) (shardfold_shard_behind_latest_seconds{${ofStream}})`, legend: '{{stream}}: behind the tip' },
            { expr: `time() - min by (stream) (shardfold_shard_checkpoint_timestamp_seconds{${ofStream}})`, legend: '{{stream}}: oldest position' },
          ],
          badFrom: 300,
          alert: 'ShardfoldBehind',
          width: 12,
        },
      ],
    },
    {
      question: 'Are we reading and writing?',
      panels: [
        {
          title: 'Records read',
          kind: 'timeseries',
          description: 'After de-aggregation. Zero with producers at work: look at Shards and at the log for the stream.',
          unit: 'reqps',
          queries: [{ expr: `sum by (stream) (rate(shardfold_fetch_records_total{${ofStream}}[$__rate_interval]))`, legend: '{{stream}}' }],
          width: 8,
        },
        {
          title: 'Changes by what became of them',
          kind: 'timeseries',
          description: 'Superseded: an older version came after a newer one, which is harmless. Dead-lettered: act. Abandoned: read again by the next owner.',
          unit: 'reqps',
          queries: [{ expr: `sum by (outcome) (rate(shardfold_changes_total{${fleet}}[$__rate_interval]))`, legend: '{{outcome}}' }],
          stacked: true,
          width: 8,
        },
        {
          title: 'CPU by worker',
          kind: 'timeseries',
          description: 'A worker uses one core at most. Near 1 while the lag grows: more workers, up to one a shard.',
          unit: 'cores',
          queries: [
            {
              expr: `rate(process_cpu_seconds_total{${fleet}}[$__rate_interval]) and on (namespace, app, instance) shardfold_build_info{${fleet}}`,
              legend: '{{instance}}',
            },
          ],
          badFrom: 0.9,
          width: 8,
        },
      ],
    },
    {
      question: 'Is anything thrown away?',
      panels: [
        {
          title: 'Dead letters by reason',
          kind: 'timeseries',
          description: 'Error codes, ours in capitals, others the database’s. One reason that keeps coming: its producer or its table changed.',
          unit: 'short',
          queries: [{ expr: `sum by (sink, reason) (${grown(`shardfold_dead_letters_total{${fleet}}`)})`, legend: '{{sink}} {{reason}}' }],
          alert: 'ShardfoldDeadLetters',
          width: 12,
        },
        {
          title: 'Shards that the stream forgot a part of',
          kind: 'timeseries',
          description: 'Each is missing data: the log says from when to when. Bring it from elsewhere, and raise the retention.',
          unit: 'short',
          queries: [{ expr: `sum by (stream) (${grown(`shardfold_source_gaps_total{${ofStream}}`)})`, legend: '{{stream}}' }],
          badFrom: 1,
          alert: 'ShardfoldDataMissing',
          width: 12,
        },
      ],
    },
  ],
};
