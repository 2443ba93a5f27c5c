// How positions, and what becomes of them, are shown. Names are whatever somebody wrote into the table: a terminal gets them as text.
// Pure; it reads no table.
import type { Kept, Lease, Move, MovePlan, Target } from '@shardfold/consumer';
import { printable } from '../observe/printable.ts';
import { positionCell, positionWords } from './leases-text.ts';
import { aligned, columnsMax, shortened } from './table.ts';

const nothing = '-';
const ownerWidthMin = 8;
const timeOf = (ms: number | undefined): string => (ms === undefined ? nothing : new Date(ms).toISOString());

function targetCell(to: Target): string {
  if (to.kind === 'latest') return to.sinceMs === undefined ? to.kind : `>${timeOf(to.sinceMs).slice(0, -5)}Z`;
  return positionCell(to);
}

/** In full. */
export function targetWords(to: Target): string {
  if (to.kind === 'latest') return to.sinceMs === undefined ? to.kind : `what arrives since ${timeOf(to.sinceMs)}`;
  return positionWords(to);
}

function movesTable(moves: readonly Move[]): readonly string[] {
  const rows = moves.map(({ key, lease, made, to, why }) => ({
    cells: [printable(lease?.shardId ?? made?.shardId ?? key), lease === undefined ? 'no lease' : positionCell(lease.position), targetCell(to), why],
    owner: printable(lease?.owner ?? nothing),
  }));
  const head = ['LEASE', 'FROM', 'TO', 'WHY'];
  const width = head.reduce((sum, name, at) => sum + 2 + Math.max(name.length, ...rows.map(({ cells }) => cells[at]?.length ?? 0)), 0);
  const room = columnsMax - width;
  if (room < ownerWidthMin) return aligned([head, ...rows.map(({ cells }) => cells)]);
  return aligned([[...head, 'HELD BY'], ...rows.map(({ cells, owner }) => [...cells, shortened(owner, room)])]);
}

/** A table for each stream: their names are too long for a line. */
function byStream<Each>(all: readonly Each[], streamOf: (each: Each) => string | undefined, table: (some: readonly Each[]) => readonly string[]) {
  return [...new Set(all.map(streamOf))].flatMap((stream) => [
    ...(stream === undefined ? [] : [`${printable(stream)}:`]),
    ...table(all.filter((each) => streamOf(each) === stream)),
  ]);
}

const several = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${count} ${many}`);

function keptLines(kept: readonly Kept[]): readonly string[] {
  const count = (why: Kept['why']) => kept.filter((each) => each.why === why).length;
  const [covered, empty] = [count('covered'), count('nothing-there')];
  return [
    ...(covered === 0
      ? []
      : [`${several(covered, 'shard stays as it is: it', 'shards stay as they are: they')} will be read from there, or from before, anyway.`]),
    ...(empty === 0 ? [] : [`${several(empty, 'shard stays as it is: it has', 'shards stay as they are: they have')} no record from then on that was read.`]),
  ];
}

export function planText({ moves, kept, forgotten = [] }: MovePlan): string {
  const gone = forgotten.map(({ stream, beforeMs }) => `The stream ${stream} has forgotten what arrived before ${timeOf(beforeMs)}: that does not come again.`);
  const lines = [
    ...(moves.length === 0 ? ['There is nothing to move.'] : byStream(moves, ({ lease, made }) => lease?.stream ?? made?.stream, movesTable)),
    ...keptLines(kept),
    ...gone,
  ];
  return `${lines.join('\n')}\n`;
}

const targetJson = (to: Target) => (to.kind === 'latest' ? { kind: to.kind, since: to.sinceMs === undefined ? null : timeOf(to.sinceMs) } : to);

/** `moved`: it was carried out. */
export function planJson({ moves, kept, forgotten = [] }: MovePlan, moved: boolean) {
  return {
    moved,
    moves: moves.map(({ key, lease, to, why }) => ({ lease: key, owner: lease?.owner ?? null, from: lease?.position ?? null, to: targetJson(to), why })),
    kept: kept.map(({ key, lease, why }) => ({ lease: key, position: lease?.position ?? null, why })),
    forgotten: forgotten.map(({ stream, beforeMs }) => ({ stream, before: timeOf(beforeMs) })),
  };
}

export interface PositionView {
  readonly lease: Lease;
  readonly positionMs: number | undefined;
}

function positionsTable(views: readonly PositionView[]): readonly string[] {
  const rows = views.map(({ lease, positionMs }) => [
    printable(lease.shardId),
    positionCell(lease.position),
    timeOf(positionMs).slice(0, 19),
    printable(lease.owner ?? nothing),
  ]);
  const width = Math.max(ownerWidthMin, columnsMax - [0, 1, 2].reduce((sum, at) => sum + 2 + Math.max(8, ...rows.map((row) => row[at]?.length ?? 0)), 0));
  return aligned([['LEASE', 'POSITION', 'ARRIVED, UTC', 'OWNER'], ...rows.map((row) => row.map((cell, at) => (at === 3 ? shortened(cell, width) : cell)))]);
}

/** One in full, several as a table for each stream. */
export function positionsText(views: readonly PositionView[]): string {
  const [first, ...more] = views;
  if (first === undefined) return 'The table holds no lease.\n';
  if (more.length === 0) {
    const { lease, positionMs } = first;
    const lines = [
      ['lease', printable(lease.key)],
      ['position', positionWords(lease.position)],
      ['arrived', timeOf(positionMs)],
      ['owner', printable(lease.owner ?? 'nobody')],
    ];
    return `${aligned(lines).join('\n')}\n`;
  }
  return `${byStream(views, ({ lease }) => lease.stream, positionsTable).join('\n')}\n`;
}

export function positionJson({ lease, positionMs }: PositionView) {
  return { lease: lease.key, position: lease.position, arrived: positionMs === undefined ? null : timeOf(positionMs), owner: lease.owner ?? null };
}
