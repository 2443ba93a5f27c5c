// What the log lines of a fleet say of a roll-out: who read which shard when, how long it lay, how often a record was read. It starts
// nothing.
import type { LogLine } from '../../test/support/worker-process.ts';

/** A worker's name and what it logged, at level debug. */
export interface Book {
  readonly worker: string;
  readonly lines: readonly LogLine[];
}

export interface Custody {
  readonly worker: string;
  readonly shard: string;
  readonly fromMs: number;
  /** Infinity while it is held. */
  readonly toMs: number;
}

const at = (line: LogLine): number => Date.parse(String(line.time));

/** Of each worker and shard, from the first line of its reading to the line of its end. */
export function custodies(books: readonly Book[]): readonly Custody[] {
  const found: Custody[] = [];
  for (const { worker, lines } of books) {
    const open = new Map<string, number>();
    for (const line of lines) {
      const shard = String(line.shard);
      if (line.event === 'shard-started') open.set(shard, at(line));
      const fromMs = open.get(shard);
      if (line.event !== 'shard-stopped' || fromMs === undefined) continue;
      found.push({ worker, shard, fromMs, toMs: at(line) });
      open.delete(shard);
    }
    for (const [shard, fromMs] of open) found.push({ worker, shard, fromMs, toMs: Number.POSITIVE_INFINITY });
  }
  return found.sort((a, b) => a.fromMs - b.fromMs);
}

export interface Moves {
  /** By shard, how often another worker began to read it. */
  readonly count: ReadonlyMap<string, number>;
  /** Milliseconds between one reader's end and the next one's beginning. */
  readonly gapsMs: readonly number[];
}

export function movesOf(held: readonly Custody[]): Moves {
  const count = new Map<string, number>();
  const gapsMs: number[] = [];
  const last = new Map<string, Custody>();
  for (const custody of held) {
    const before = last.get(custody.shard);
    last.set(custody.shard, custody);
    count.set(custody.shard, before === undefined ? 0 : (count.get(custody.shard) ?? 0) + 1);
    if (before !== undefined) gapsMs.push(custody.fromMs - before.toMs);
  }
  return { count, gapsMs };
}

/** Records in all reads together. */
export function recordsRead(books: readonly Book[]): number {
  let sum = 0;
  for (const { lines } of books) for (const { event, records } of lines) if (event === 'batch-fetched' && typeof records === 'number') sum += records;
  return sum;
}

/** Ends of leases that nobody asked for, and ends other than a release. */
export function unwanted(books: readonly Book[]): readonly string[] {
  return books.flatMap(({ worker, lines }) =>
    lines.filter(({ event, reason }) => event === 'lease-lost' || (event === 'shard-stopped' && reason !== 'released')).map(({ msg }) => `${worker}: ${msg}`),
  );
}

/** Milliseconds from the wish to give a shard up until it was given up. */
export function drainsMs(books: readonly Book[]): readonly number[] {
  return books.flatMap(({ lines }) => lines.flatMap(({ drainMs }) => (typeof drainMs === 'number' ? [drainMs] : [])));
}
