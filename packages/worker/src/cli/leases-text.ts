// How leases are shown: as a table that fits a terminal, one by one, and as data for machines. Names are whatever somebody wrote into
// the table: a terminal gets them as text. Pure; it reads no table.
import type { Adopted, CopyReport, Lease, Position } from '@shardfold/consumer';
import { printable } from '../observe/printable.ts';
import { positionText } from '../status/words.ts';
import type { TableRows } from './leases-open.ts';
import { ageText, aligned, columnsMax, lastOf, shortened } from './table.ts';

/** What is known of leases besides their rows. */
export interface Standing {
  /** How old the newest record is that the position covers, in milliseconds. */
  ageMs(lease: Lease): number | undefined;
  /** How far behind the shard's tip the position is. */
  lagMs(lease: Lease): number | undefined;
}

const nothing = '-';
const positionWidth = 13;
const ownerWidthMin = 8;

/** Just before its record, which is not done. */
const isBefore = (position: Position): boolean => position.kind === 'sequence' && position.subSequence < 0;

/** In full. */
export function positionWords(position: Position): string {
  return `${isBefore(position) ? 'before ' : ''}${positionText(position)}`;
}

/** As far as it fits: the end of a sequence number tells it from others. `<`: before that record. */
export function positionCell(position: Position): string {
  if (position.kind !== 'sequence') return position.kind;
  return isBefore(position) ? `<${lastOf(position.sequence, positionWidth - 1)}` : lastOf(position.sequence, positionWidth);
}

const time = (ms: number | undefined): string => (ms === undefined ? nothing : ageText(ms));
const shardNumber = (shardId: string): string => shardId.replace(/^shardId-0*(?=\d+$)/, '');

/** The first of these that fits: what is left out, `show` and `--json` have. */
const layouts = [
  ['LEASE', 'OWNER', 'COUNTER', 'POSITION', 'AGE', 'LAG', 'PARENTS'],
  ['LEASE', 'OWNER', 'COUNTER', 'POSITION', 'AGE', 'LAG'],
  ['LEASE', 'OWNER', 'POSITION', 'AGE', 'LAG'],
] as const;
type Column = (typeof layouts)[0][number];

function cells(lease: Lease, { ageMs, lagMs }: Standing): Readonly<Record<Column, string>> {
  const { shardId, owner, counter, position, parents } = lease;
  return {
    LEASE: printable(shardId),
    OWNER: owner === undefined ? nothing : printable(owner),
    COUNTER: String(counter),
    POSITION: positionCell(position),
    AGE: time(ageMs(lease)),
    LAG: time(lagMs(lease)),
    PARENTS: parents.length === 0 ? nothing : printable(parents.map(shardNumber).join(',')),
  };
}

function tableOf(leases: readonly Lease[], standing: Standing): readonly string[] {
  const rows = leases.map((lease) => cells(lease, standing));
  const widthOf = (column: Column): number => Math.max(column.length, ...rows.map((row) => row[column].length));
  const room = (columns: readonly Column[]): number =>
    columnsMax - columns.filter((column) => column !== 'OWNER').reduce((sum, column) => sum + widthOf(column) + 2, 0);
  const columns: readonly Column[] = layouts.find((layout) => room(layout) >= Math.min(ownerWidthMin, widthOf('OWNER'))) ?? layouts[2];
  const ownerWidth = Math.max(ownerWidthMin, room(columns));
  const line = (row: Readonly<Record<Column, string>>) => columns.map((column) => (column === 'OWNER' ? shortened(row.OWNER, ownerWidth) : row[column]));
  return aligned([columns, ...rows.map(line)]);
}

/** A table for each stream: their names are too long for a line. */
export function leasesText({ leases, broken }: TableRows, standing: Standing): string {
  const lines: string[] = leases.length === 0 ? ['The table holds no lease.'] : [];
  for (const stream of new Set(leases.map((lease) => lease.stream))) {
    if (lines.length > 0) lines.push('');
    if (stream !== undefined) lines.push(`${printable(stream)}:`);
    lines.push(
      ...tableOf(
        leases.filter((lease) => lease.stream === stream),
        standing,
      ),
    );
  }
  return `${[...lines, ...broken.map(({ error }) => printable(error.message))].join('\n')}\n`;
}

export function leaseJson(lease: Lease, { ageMs, lagMs }: Standing) {
  const { key, shardId, stream, owner, counter, position, parents, children } = lease;
  return {
    lease: key,
    stream: stream ?? null,
    shard: shardId,
    owner: owner ?? null,
    counter: Number(counter),
    position: positionText(position),
    subSequence: position.kind === 'sequence' ? position.subSequence : null,
    ageMs: ageMs(lease) ?? null,
    lagMs: lagMs(lease) ?? null,
    parents,
    children,
  };
}

export function leasesJson({ leases, broken }: TableRows, standing: Standing): string {
  const view = { leases: leases.map((lease) => leaseJson(lease, standing)), broken: broken.map(({ key, error }) => ({ lease: key, error: error.message })) };
  return `${JSON.stringify(view, null, 2)}\n`;
}

/** Everything of one lease that a program may want to know. */
export function leaseDetails(lease: Lease, standing: Standing) {
  const { ownerSwitches, hashRange, throughputKBps, readMs, request, prepared, source } = lease;
  return {
    ...leaseJson(lease, standing),
    ownerSwitches: Number(ownerSwitches),
    readMs: readMs ?? null,
    askedForBy: request?.next ?? null,
    prepared: prepared?.position ?? null,
    throughputKBps: throughputKBps ?? null,
    hashRange: hashRange ?? null,
    source: source ?? null,
  };
}

/** ... and a person. */
export function leaseText(lease: Lease, standing: Standing): string {
  const { key, stream, owner, counter, position, ownerSwitches, parents, children, hashRange, throughputKBps, request, prepared, source } = lease;
  const parts: readonly (readonly [string, string | undefined])[] = [
    ['lease', key],
    ['stream', stream ?? source],
    ['owner', owner ?? 'nobody'],
    ['asked for by', request?.next],
    ['counter', String(counter)],
    ['owner switches', String(ownerSwitches)],
    ['position', positionWords(position)],
    ['sub-sequence', position.kind === 'sequence' && position.subSequence > 0 ? String(position.subSequence) : undefined],
    ['prepared', prepared && positionWords(prepared.position)],
    ['age', time(standing.ageMs(lease))],
    ['lag', time(standing.lagMs(lease))],
    ['throughput', throughputKBps === undefined ? undefined : `${throughputKBps.toFixed(1)} KB/s`],
    ['parents', parents.join(', ') || 'none'],
    ['children', children.join(', ') || 'none'],
    ['hash keys from', hashRange?.start],
    ['hash keys to', hashRange?.end],
  ];
  return `${aligned(parts.flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(value)]]))).join('\n')}\n`;
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
  return printable(parts.join(', '));
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
