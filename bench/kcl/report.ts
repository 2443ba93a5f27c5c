// The figures of both systems as markdown. Pure.
import type { Rates, RigTimes } from './scenarios.ts';

/** All that was seen of a system. */
export interface Seen {
  readonly name: string;
  readonly rigs: readonly RigTimes[];
  /** One worker, 64 shards. */
  readonly manyShards: Rates;
}

interface Row {
  readonly title: string;
  /** Milliseconds. */
  readonly of: (rig: RigTimes) => readonly number[];
}

const rows: readonly Row[] = [
  { title: 'process start → first record, empty lease table', of: (rig) => [rig.firstRecordMs] },
  { title: 'process start → a record of each shard, empty lease table', of: (rig) => [rig.everyShardMs] },
  { title: 'a second worker starts → it reads 4 of 8 shards', of: (rig) => rig.joinMs },
  { title: 'SIGTERM of one of two → the heir reads a shard', of: (rig) => rig.stop.fromSignal },
  { title: '… → the heir reads all', of: (rig) => [Math.max(...rig.stop.fromSignal)] },
  { title: '… the same from the release of the shard', of: (rig) => rig.stop.fromRelease },
  { title: 'SIGKILL of one of two → the heir reads a shard', of: (rig) => rig.crash.fromSignal },
  { title: '… → the heir reads all', of: (rig) => [Math.max(...rig.crash.fromSignal)] },
];

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, each) => sum + each, 0) / middle.length;
}

function spread(timesMs: readonly number[]): string {
  const [min, middle, max] = [Math.min(...timesMs), median(timesMs), Math.max(...timesMs)].map((ms) =>
    Number.isFinite(ms) ? (ms / 1000).toFixed(2) : 'not seen',
  );
  return timesMs.length === 0 ? '–' : `${min} / **${middle}** / ${max} (${timesMs.length})`;
}

function ratio(ours: number, theirs: number): string {
  const times = theirs / ours;
  return Number.isFinite(times) ? `${times.toFixed(times < 10 ? 1 : 0)} ×` : '–';
}

export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function timesTable(seen: readonly Seen[]): string {
  const body = rows.map(({ title, of }) => {
    const each = seen.map(({ rigs }) => rigs.flatMap(of));
    const medians = each.map(median);
    return [title, ...each.map(spread), ratio(medians[0] ?? Number.NaN, medians[1] ?? Number.NaN)];
  });
  return table(['seconds: min / median / max (n)', ...seen.map(({ name }) => name), 'ratio'], body);
}

const total = (rates: Rates) => [...rates.values()].reduce((sum, rate) => sum + rate, 0);

/** By operation, of the rig in the middle. */
function fewShards(rigs: readonly RigTimes[]): Rates {
  const sorted = rigs.map((rig) => rig.rates).sort((a, b) => total(a) - total(b));
  return sorted[Math.floor(sorted.length / 2)] ?? new Map();
}

export function ratesTable(seen: readonly Seen[]): string {
  const columns = [...seen.map(({ rigs }) => fewShards(rigs)), ...seen.map(({ manyShards }) => manyShards)];
  const operations = [...new Set(columns.flatMap((rates) => [...rates.keys()]))].filter((name) => columns.some((rates) => (rates.get(name) ?? 0) > 0)).sort();
  const line = (title: string, rates: readonly number[]) => [title, ...rates.map((rate) => rate.toFixed(2))];
  const head = [8, 64].flatMap((shards) => seen.map(({ name }) => `${name}, ${shards} shards`));
  return table(
    ['DynamoDB requests a second', ...head],
    [
      ...operations.map((name) =>
        line(
          name,
          columns.map((rates) => rates.get(name) ?? 0),
        ),
      ),
      line('all', columns.map(total)),
    ],
  );
}
