// The third dashboard: why. It knows nothing of leases.
import { type Dashboard, fleet, grown } from './panel.ts';

const write = 'shardfold_sink_write_duration_seconds';

export const sinks: Dashboard = {
  uid: 'shardfold-sinks',
  title: 'Sinks',
  description: 'Why we are late: how long the databases take, what they refuse.',
  variables: [],
  rows: [
    {
      question: 'Do the databases take what we write?',
      panels: [
        {
          title: 'Statements',
          kind: 'timeseries',
          description: 'Failed ones are tried again with growing pauses; the worker keeps its shards. Look at the database and at the log.',
          unit: 'reqps',
          queries: [{ expr: `sum by (sink, outcome) (rate(${write}_count{${fleet}}[$__rate_interval]))`, legend: '{{sink}} {{outcome}}' }],
          alert: 'ShardfoldSinkFailing',
          width: 12,
        },
        {
          title: 'Share of statements that fail',
          kind: 'timeseries',
          description: 'Some during a failover are normal. All of them: address, credentials, disk, read-only?',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (sink) (rate(${write}_count{${fleet}, outcome="failed"}[$__rate_interval])) / sum by (sink) (rate(${write}_count{${fleet}}[$__rate_interval]))`,
              legend: '{{sink}}',
            },
          ],
          badFrom: 0.5,
          alert: 'ShardfoldSinkFailing',
          width: 12,
        },
      ],
    },
    {
      question: 'Are they quick?',
      panels: [
        {
          title: 'Duration of a statement',
          kind: 'heatmap',
          description: 'Two bands are two kinds of tables or a lock. A band that climbs: indexes, vacuum, a disk that is full of work.',
          unit: 's',
          queries: [{ expr: `sum by (le) (increase(${write}_bucket{${fleet}, outcome="ok"}[$__rate_interval]))`, legend: '{{le}}' }],
          width: 12,
        },
        {
          title: 'Duration, median and the slowest hundredth',
          kind: 'timeseries',
          description: 'By sink. Above ten seconds, statements run into time limits: look for locks and missing indexes on the key.',
          unit: 's',
          queries: [
            { expr: `histogram_quantile(0.5, sum by (sink, le) (rate(${write}_bucket{${fleet}, outcome="ok"}[$__rate_interval])))`, legend: '{{sink}} p50' },
            { expr: `histogram_quantile(0.99, sum by (sink, le) (rate(${write}_bucket{${fleet}, outcome="ok"}[$__rate_interval])))`, legend: '{{sink}} p99' },
          ],
          badFrom: 10,
          width: 12,
        },
        {
          title: 'Rows in a statement',
          kind: 'timeseries',
          description: 'Grows by itself when the database is slow. Few rows with much lag: many tables, or few distinct keys.',
          unit: 'short',
          queries: [
            {
              expr: `sum(rate(shardfold_sink_group_rows_sum{${fleet}}[$__rate_interval])) / sum(rate(shardfold_sink_group_rows_count{${fleet}}[$__rate_interval]))`,
              legend: 'mean',
            },
            { expr: `histogram_quantile(0.99, sum by (le) (rate(shardfold_sink_group_rows_bucket{${fleet}}[$__rate_interval])))`, legend: 'p99' },
          ],
          width: 12,
        },
        {
          title: 'Arrival to acknowledgement, median and the slowest hundredth',
          kind: 'timeseries',
          description: 'Compare with the duration of a statement: the rest is waiting in the stream and in memory.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.5, sum by (le) (rate(shardfold_end_to_end_latency_seconds_bucket{${fleet}}[$__rate_interval])))`,
              legend: 'p50',
            },
            {
              expr: `histogram_quantile(0.99, sum by (le) (rate(shardfold_end_to_end_latency_seconds_bucket{${fleet}}[$__rate_interval])))`,
              legend: 'p99',
            },
          ],
          badFrom: 300,
          alert: 'ShardfoldBehind',
          width: 12,
        },
      ],
    },
    {
      question: 'What becomes of the changes?',
      panels: [
        {
          title: 'Changes by outcome',
          kind: 'timeseries',
          description: 'Applied is the work. Much superseded: producers send out of order, or much is read again. Filtered is as configured.',
          unit: 'reqps',
          queries: [{ expr: `sum by (sink, outcome) (rate(shardfold_changes_total{${fleet}}[$__rate_interval]))`, legend: '{{sink}} {{outcome}}' }],
          stacked: true,
          width: 12,
        },
        {
          title: 'Dead letters by reason',
          kind: 'timeseries',
          description: 'Look at one with `shardfold dlq show ID`, mend the cause, `shardfold dlq replay`.',
          unit: 'short',
          queries: [{ expr: `sum by (sink, reason) (${grown(`shardfold_dead_letters_total{${fleet}}`)})`, legend: '{{sink}} {{reason}}' }],
          alert: 'ShardfoldDeadLetters',
          width: 12,
        },
      ],
    },
  ],
};
