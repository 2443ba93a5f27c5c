// The fourth dashboard: who. It knows nothing of records and rows.
import { type Dashboard, fleet, ofShard } from './panel.ts';

const operations = 'shardfold_lease_operations_total';

export const leases: Dashboard = {
  uid: 'shardfold-leases',
  title: 'Leases',
  description: 'Who has which shard, how often that changes, and whether the lease table answers.',
  variables: ['stream', 'shard'],
  rows: [
    {
      question: 'Who has what?',
      panels: [
        {
          title: 'Shards by worker',
          kind: 'timeseries',
          description: 'Even, but for one. A worker with none while others have many: its log says what keeps it.',
          unit: 'short',
          queries: [{ expr: `shardfold_shards_owned{${fleet}}`, legend: '{{instance}}' }],
          stacked: true,
          width: 12,
        },
        {
          title: 'Owners by shard',
          kind: 'state-timeline',
          description:
            'A line for each shard and worker that had it. In a roll-out each shard moves once or twice; changes on a quiet day are to be explained.',
          unit: 'short',
          queries: [
            { expr: `count by (stream, shard, instance) (shardfold_shard_behind_latest_seconds{${ofShard}})`, legend: '{{stream}} {{shard}}: {{instance}}' },
          ],
          width: 12,
        },
        {
          title: 'Shards that nobody reads',
          kind: 'timeseries',
          description: 'Short peaks are take-overs. What stays: is there a worker with room (lease.maxPerWorker), and does the lease table answer?',
          unit: 'short',
          queries: [{ expr: `max by (namespace, app) (shardfold_shards_unowned{${fleet}})`, legend: '{{namespace}} {{app}}' }],
          badFrom: 1,
          alert: 'ShardfoldShardsUnowned',
          width: 12,
        },
        {
          title: 'State of the workers',
          kind: 'timeseries',
          description: 'Workers by state. Draining longer than shutdown.drain: the log says what it waits for.',
          unit: 'short',
          queries: [{ expr: `sum by (state) (shardfold_worker_state{${fleet}})`, legend: '{{state}}' }],
          stacked: true,
          width: 6,
        },
        {
          title: 'Versions',
          kind: 'timeseries',
          description: 'Two at once are a roll-out. If it stays so, look at the pods that do not get ready.',
          unit: 'short',
          queries: [{ expr: `count by (version) (shardfold_build_info{${fleet}})`, legend: '{{version}}' }],
          alert: 'ShardfoldRolloutStuck',
          stacked: true,
          width: 6,
        },
      ],
    },
    {
      question: 'Do they move?',
      panels: [
        {
          title: 'Leases taken and handed over',
          kind: 'timeseries',
          description: 'None on a quiet day. Many without a roll-out: workers that restart, or a machine that pauses.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (operation) (increase(${operations}{${fleet}, operation=~"take|accept|release|transfer", outcome="applied"}[$__rate_interval]))`,
              legend: '{{operation}}',
            },
          ],
          width: 8,
        },
        {
          title: 'Leases lost',
          kind: 'timeseries',
          description: 'One is harmless. Fenced or taken: the process paused or could not renew. Give it CPU, look for pauses, or raise lease.duration.',
          unit: 'short',
          queries: [{ expr: `sum by (reason) (increase(shardfold_lease_losses_total{${fleet}}[$__rate_interval]))`, legend: '{{reason}}' }],
          badFrom: 3,
          alert: 'ShardfoldLeasesLost',
          width: 8,
        },
        {
          title: 'Time to give a shard up',
          kind: 'timeseries',
          description: 'From the wish to the release. Near shutdown.drain (25 s): the database is too slow for it, or too much is in memory.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le) (increase(shardfold_drain_duration_seconds_bucket{${fleet}}[$__range])))`,
              legend: 'p99 of this time',
            },
          ],
          badFrom: 25,
          width: 8,
        },
      ],
    },
    {
      question: 'Does the lease table answer?',
      panels: [
        {
          title: 'Operations by outcome',
          kind: 'timeseries',
          description: 'Stale: another worker was first, which is normal. Failed: network, permissions or throttling; the log has the words.',
          unit: 'reqps',
          queries: [{ expr: `sum by (outcome) (rate(${operations}{${fleet}}[$__rate_interval]))`, legend: '{{outcome}}' }],
          alert: 'ShardfoldLeaseTableFailing',
          width: 12,
        },
        {
          title: 'Share of operations that fail',
          kind: 'timeseries',
          description: 'Above a fifth for minutes, leases begin to run out and their shards stop. They come back by themselves.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum(rate(${operations}{${fleet}, outcome="failed"}[$__rate_interval])) / sum(rate(${operations}{${fleet}}[$__rate_interval]))`,
              legend: 'failed',
            },
          ],
          badFrom: 0.2,
          alert: 'ShardfoldLeaseTableFailing',
          width: 12,
        },
      ],
    },
  ],
};
