// The way of a record in four cards, source to dead letters, each with a lamp: where along it something is wrong.

import { make, put } from './dom.ts';
import { bytes, count, keptText, several, span } from './format.ts';
import { makeLamp, showLamp } from './verdict.ts';
import type { Blame, Level, ShardView, SinkView, StatusView } from './wire.ts';

interface Card {
  readonly title: string;
  readonly blames: readonly Blame[];
  figure(status: StatusView): string;
  lines(status: StatusView): readonly string[];
}

/** Some names, and how many more there are. */
function names(all: readonly string[], most = 2): string {
  return all.length <= most ? all.join(', ') : `${all.slice(0, most).join(', ')} and ${all.length - most} more`;
}

function isOpen({ state }: ShardView): boolean {
  return state !== 'done';
}

function workerLines({ shards, worker, inFlightBytes, bufferBytes }: StatusView): readonly string[] {
  const owners = new Set(shards.filter(isOpen).flatMap(({ owner }) => owner ?? []));
  const here = shards.filter(({ held }) => held).length;
  return [
    owners.size === 0 ? 'nobody holds a shard' : `${several(owners.size, 'worker')} in the fleet`,
    `${several(here, 'shard')} held by ${worker}`,
    `${bytes(inFlightBytes)} of ${bytes(bufferBytes)} in flight`,
  ];
}

/** A place may keep the letters of several applications, and counts them all. */
function writtenLine({ deadLetters: { sinceStart, keptByAllApplications: kept } }: StatusView): string {
  return `${kept === null || kept === 0 ? '' : 'by all applications; '}${count(sinceStart)} by this worker`;
}

function letterLine({ deadLetters: { sinceStart, keptByAllApplications: kept, recent }, lettersAway, nowMs }: StatusView): string {
  if (lettersAway !== null) return `none can be kept for ${span(lettersAway.waitingMs)}`;
  const [last] = recent;
  if (last !== undefined) return `last ${span(nowMs - last.failedAtMs)} ago: ${last.code}`;
  if (kept === null) return 'how many are kept is not known';
  return sinceStart === 0 && kept === 0 ? 'none is kept' : 'see below';
}

/** Read, and written nowhere because nothing wants it. */
function leftOutLine({ leftOut: { noRule, filtered, ignored } }: StatusView): string {
  const parts = [
    ...(noRule === 0 ? [] : [`${count(noRule)} of no entry in tables`]),
    ...(filtered === 0 ? [] : [`${count(filtered)} filtered`]),
    ...(ignored === 0 ? [] : [`${count(ignored)} ignored`]),
  ];
  return parts.length === 0 ? 'nothing left out since start' : `left out since start: ${parts.join(', ')}`;
}

function sinkLine({ name, kind, state, waitingMs, blocked, blockedCount, writes }: SinkView): string {
  if (state === 'waiting') return `${name}: no writes for ${span(waitingMs)}`;
  if (state === 'partly') return `${name}: ${blockedCount === 1 ? `table ${blocked[0]?.table} takes` : `${blockedCount} tables take`} no writes`;
  return `${name}: ${kind}${writes === null ? '' : `, ${Math.round(writes.p50Ms)} ms a write`}`;
}

const cards: readonly Card[] = [
  {
    title: 'Source',
    blames: ['source'],
    figure: ({ recordsPerSecond }) => `${count(recordsPerSecond)} records/s`,
    lines: ({ source: { kind, mode, streams } }) => [
      names(streams),
      kind === 'kinesis' ? `Kinesis, ${mode === 'auto' ? 'fan-out or polling' : mode}` : 'DynamoDB Streams',
      'read by this worker',
    ],
  },
  {
    title: 'Workers',
    blames: ['worker', 'leases'],
    figure: ({ shards }) => {
      const open = shards.filter(isOpen);
      return open.length === 0 ? 'no shard known' : `${open.filter(({ owner }) => owner !== null).length} of ${several(open.length, 'shard')}`;
    },
    lines: workerLines,
  },
  {
    title: 'Sinks',
    blames: ['sink'],
    figure: ({ sinks }) => `${count(sinks.reduce((sum, { rowsPerSecond }) => sum + rowsPerSecond, 0))} rows/s`,
    lines: ({ sinks }) => sinks.slice(0, 3).map(sinkLine),
  },
  {
    title: 'Dead letters',
    blames: ['data'],
    figure: ({ deadLetters: { keptByAllApplications: kept, keptMore, sinceStart } }) =>
      kept === null ? `${count(sinceStart)} since start` : `${keptText(kept, keptMore)} kept`,
    lines: (status) => [writtenLine(status), letterLine(status), leftOutLine(status)],
  },
];

function levelOf({ verdict }: StatusView, blames: readonly Blame[]): Level {
  const levels = verdict.problems.filter(({ blame }) => blames.includes(blame)).map(({ level }) => level);
  if (levels.includes('bad')) return 'bad';
  return levels.includes('warn') ? 'warn' : 'good';
}

export function createStages(place: HTMLElement): (status: StatusView) => void {
  const made = cards.map((card) => {
    const item = make('li');
    const [head, lamp, figure] = [make('h3'), makeLamp(), make('p', 'figure')];
    const lines = [make('p'), make('p'), make('p')];
    head.append(lamp, make('span', '', card.title));
    item.append(head, figure, ...lines);
    return { card, item, lamp, figure, lines };
  });
  place.replaceChildren(...made.map(({ item }) => item));
  return (status) => {
    for (const { card, lamp, figure, lines } of made) {
      showLamp(lamp, levelOf(status, card.blames));
      put(figure, card.figure(status));
      const texts = card.lines(status);
      lines.forEach((line, index) => {
        put(line, texts[index] ?? '');
      });
    }
  };
}
