// How a lease table is shown: as a table for people, as data for machines. Pure; it reads no table.
import type { Adopted, CopyReport, Lease, LeaseTable } from '@shardfold/consumer';
import { positionText } from '../status/status.ts';

type TableRows = Awaited<ReturnType<LeaseTable['list']>>;

const nothing = '-';
const gap = '  ';

/** Pads every column to its widest cell. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}

function cells({ key, owner, counter, position, parents }: Lease): readonly string[] {
  return [key, owner ?? nothing, String(counter), positionText(position), parents.length === 0 ? nothing : parents.join(',')];
}

/** One line for each lease, with a head; broken rows come last, each with what is wrong with it. */
export function leasesText({ leases, broken }: TableRows): string {
  const lines = leases.length === 0 ? ['The table holds no lease.'] : aligned([['LEASE', 'OWNER', 'COUNTER', 'POSITION', 'PARENTS'], ...leases.map(cells)]);
  return `${[...lines, ...broken.map(({ error }) => error.message)].join('\n')}\n`;
}

export function leasesJson({ leases, broken }: TableRows): string {
  const view = {
    leases: leases.map(({ key, shardId, stream, owner, counter, position, parents, children }) => ({
      lease: key,
      stream: stream ?? null,
      shard: shardId,
      owner: owner ?? null,
      counter: Number(counter),
      position: positionText(position),
      parents,
      children,
    })),
    broken: broken.map(({ key, error }) => ({ lease: key, error: error.message })),
  };
  return `${JSON.stringify(view, null, 2)}\n`;
}

export interface AdoptReport {
  /** Nothing was written. */
  readonly dryRun: boolean;
  readonly copied?: CopyReport;
  readonly adopted?: Adopted;
}

/** What a KCL 3.x fleet left; empty: nothing. */
function leftovers({ peers: { leader, mode, metrics } }: Adopted): string {
  const parts = [
    ...(leader === undefined ? [] : [`the lock of its leader '${leader.owner}'`]),
    ...(mode === undefined ? [] : [`its mode ${mode}`]),
    ...(metrics.length === 0 ? [] : [`the load of ${metrics.map(({ worker }) => `'${worker}'`).join(', ')}`]),
  ];
  return parts.join(', ');
}

function adoptedLine(adopted: Adopted): string {
  const left = leftovers(adopted);
  if (left === '') return 'No KCL 3.x fleet left anything to wait for: workers start at once.';
  if (!adopted.noted) return `A KCL 3.x fleet left ${left}. The table holds no lease to note that in, so workers still watch it at their start.`;
  return `Noted that what a KCL 3.x fleet left stands still: ${left}. As long as nothing of it moves, workers start at once.`;
}

export function adoptedText({ dryRun, copied, adopted }: AdoptReport): string {
  const lines: string[] = [];
  if (copied !== undefined) {
    const { created, there, stream } = copied;
    lines.push(`${dryRun ? 'Would copy' : 'Copied'} ${created} leases to multi-stream keys, which begin with ${stream}; ${there} were there already.`);
  }
  if (adopted !== undefined) lines.push(adoptedLine(adopted));
  return lines.map((line) => `${line}\n`).join('');
}
