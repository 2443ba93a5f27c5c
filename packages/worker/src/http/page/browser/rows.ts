// Which shards the table shows, and in which order. Pure.
import { span } from './format.ts';
import type { ShardView } from './wire.ts';

export const sortKeys = ['state', 'shard', 'owner', 'lag', 'age', 'flight', 'rate'] as const;
export type SortKey = (typeof sortKeys)[number];
export const filters = ['all', 'look', 'late', 'unowned', 'here', 'done'] as const;
export type Filter = (typeof filters)[number];

export interface Wish {
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly filter: Filter;
  /** Part of a shard's, worker's or stream's name. */
  readonly text: string;
  /** From 0. */
  readonly page: number;
}

export interface Shown {
  readonly rows: readonly ShardView[];
  /** Of all that pass the filter, from 0. */
  readonly first: number;
  readonly matching: number;
  readonly page: number;
  readonly pages: number;
}

export const rowsPerPage = 50;

/** What wants a person's eye comes first. */
export function severity({ state, trouble, lastError, isLate }: ShardView): number {
  if (state === 'unowned') return 0;
  if (trouble !== null || lastError !== null) return 1;
  if (isLate) return 2;
  return state === 'done' ? 4 : 3;
}

export function stateWords(shard: ShardView): string {
  switch (shard.state) {
    case 'running':
      return 'reading';
    case 'unowned':
      return shard.unownedMs === null ? 'nobody' : `nobody for ${span(shard.unownedMs)}`;
    case 'after-parents':
      return 'after its parents';
    case 'retrying':
      return shard.trouble === null ? 'retrying' : `retrying, ${shard.trouble.attempts} × in ${span(shard.trouble.sinceMs)}`;
    default:
      return shard.state;
  }
}

const passes: Readonly<Record<Filter, (shard: ShardView) => boolean>> = {
  all: ({ state }) => state !== 'done',
  look: (shard) => severity(shard) < 3,
  late: ({ isLate }) => isLate,
  unowned: ({ state }) => state === 'unowned',
  here: ({ held }) => held,
  done: ({ state }) => state === 'done',
};

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What is not known counts as less than nothing. */
const values: Readonly<Record<SortKey, (shard: ShardView) => number | string>> = {
  state: severity,
  shard: ({ shard }) => shard,
  owner: ({ owner }) => owner ?? '',
  lag: ({ lagMs }) => lagMs ?? -1,
  age: ({ ageMs }) => ageMs ?? -1,
  flight: ({ inFlightRecords }) => inFlightRecords,
  rate: ({ recordsPerSecond }) => recordsPerSecond,
};

function compare(a: ShardView, b: ShardView, { sort, descending }: Wish): number {
  const [left, right] = [values[sort](a), values[sort](b)];
  const by = typeof left === 'number' && typeof right === 'number' ? left - right : compareText(String(left), String(right));
  return (descending ? -by : by) || compareText(a.stream, b.stream) || compareText(a.shard, b.shard);
}

/** A page that is not there any more becomes the last one. */
export function shownRows(shards: readonly ShardView[], wish: Wish): Shown {
  const text = wish.text.trim().toLowerCase();
  const named = ({ shard, owner, stream }: ShardView) => text === '' || [shard, owner ?? '', stream].some((name) => name.toLowerCase().includes(text));
  const matching = shards.filter((shard) => passes[wish.filter](shard) && named(shard)).sort((a, b) => compare(a, b, wish));
  const pages = Math.max(1, Math.ceil(matching.length / rowsPerPage));
  const page = Math.min(Math.max(0, wish.page), pages - 1);
  const first = page * rowsPerPage;
  return { rows: matching.slice(first, first + rowsPerPage), first, matching: matching.length, page, pages };
}
