// The figures of all systems as one markdown table. Pure.
import { median, table } from '../kcl/report.ts';
import type { Run } from './measure.ts';

/** All that was seen of a system with so many shards. */
export interface Seen {
  readonly id: string;
  readonly name: string;
  readonly comparedWith: string;
  readonly shards: number;
  readonly runs: readonly Run[];
  /** Milliseconds to the first record on an empty lease table, where that was measured. */
  readonly newTableMs: readonly number[];
}

const megabyte = 1024 * 1024;
const nothing = '–';

const thousands = (number: number) => `${(number / 1000).toFixed(number < 100_000 ? 1 : 0)}k`;
const seconds = (times: readonly number[]) => (times.length === 0 ? nothing : `${(median(times) / 1000).toFixed(2)} s (${times.length})`);

function spread(numbers: readonly number[]): string {
  return `**${thousands(median(numbers))}** (${thousands(Math.min(...numbers))}–${thousands(Math.max(...numbers))})`;
}

const windowsOf = ({ runs }: Seen) => runs.flatMap(({ windows }) => windows);
const perCpuSecond = (seen: Seen) => median(windowsOf(seen).map(({ recordsPerCpuSecond }) => recordsPerCpuSecond));

function ratio(seen: Seen, all: readonly Seen[]): string {
  const ours = all.find(({ id, shards }) => id === seen.comparedWith && shards === seen.shards);
  if (ours === undefined || ours === seen) return nothing;
  return `${(perCpuSecond(ours) / perCpuSecond(seen)).toFixed(1)} ×`;
}

/** `bufferBytes`: our byte budget, which is taken off our memory. */
export function throughputTable(all: readonly Seen[], bufferBytes: number): string {
  const head = [
    'shards',
    'system',
    'records/s',
    'records per CPU-second',
    'ours is',
    'peak RSS',
    'event loop p99',
    'first record, existing table',
    'new table',
    'n',
  ];
  const rows = all.map((seen) => {
    const windows = windowsOf(seen);
    const peak = Math.max(...seen.runs.map(({ peakBytes }) => peakBytes));
    const delays = windows.flatMap(({ loopDelayMs }) => (loopDelayMs === undefined ? [] : [loopDelayMs]));
    const above = seen.comparedWith === seen.id ? ` (budget + ${((peak - bufferBytes) / megabyte).toFixed(0)})` : '';
    return [
      String(seen.shards),
      seen.name,
      thousands(median(windows.map(({ recordsPerSecond }) => recordsPerSecond))),
      spread(windows.map(({ recordsPerCpuSecond }) => recordsPerCpuSecond)),
      ratio(seen, all),
      `${(peak / megabyte).toFixed(0)} MB${above}`,
      delays.length === 0 ? nothing : `${median(delays).toFixed(1)} ms`,
      seconds(seen.runs.map(({ firstRecordMs }) => firstRecordMs)),
      seconds(seen.newTableMs),
      String(windows.length),
    ];
  });
  return table(head, rows);
}
