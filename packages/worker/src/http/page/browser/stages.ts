// The way of a record in four cards, source to dead letters, each with a lamp: where along it something is wrong.

import { make, put } from './dom.ts';
import { bytes, count, several, span } from './format.ts';
import { makeLamp, showLamp } from './verdict.ts';
import type { Blame, Level, ShardView, StatusView } from './wire.ts';

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
    `${several(owners.size, 'worker')} in the fleet`,
    `${several(here, 'shard')} held by ${worker}`,
    `${bytes(inFlightBytes)} of ${bytes(bufferBytes)} in flight`,
  ];
}

function letterLine({ deadLetters: { sinceStart, kept, recent }, nowMs }: StatusView): string {
  const [last] = recent;
  if (last !== undefined) return `last ${span(nowMs - last.failedAtMs)} ago: ${last.code}`;
  return sinceStart === 0 && (kept ?? 0) === 0 ? 'nothing was thrown away' : 'see below';
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
      return `${open.filter(({ owner }) => owner !== null).length} of ${several(open.length, 'shard')}`;
    },
    lines: workerLines,
  },
  {
    title: 'Sinks',
    blames: ['sink'],
    figure: ({ sinks }) => `${count(sinks.reduce((sum, { rowsPerSecond }) => sum + rowsPerSecond, 0))} rows/s`,
    lines: ({ sinks }) =>
      sinks.slice(0, 3).map(({ name, kind, state, waitingMs, writes }) => {
        if (state === 'waiting') return `${name}: no writes for ${span(waitingMs)}`;
        return `${name}: ${kind}${writes === null ? '' : `, ${Math.round(writes.p50Ms)} ms a write`}`;
      }),
  },
  {
    title: 'Dead letters',
    blames: ['data'],
    figure: ({ deadLetters: { kept, sinceStart } }) => (kept === null ? `${count(sinceStart)} since start` : `${count(kept)} kept`),
    lines: (status) => [`${count(status.deadLetters.sinceStart)} by this worker`, letterLine(status)],
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
