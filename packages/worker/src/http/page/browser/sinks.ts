// The sinks, one row each: whether they take writes, how fast they are, what they say of themselves.
import { byId, fill, make, mark, put } from './dom.ts';
import { count, millis, several, span } from './format.ts';
import type { SinkView } from './wire.ts';

const serverCharsMax = 28;
/** An answer takes its time. */
const silentMinMs = 5_000;

function writesText({ writes }: SinkView): string {
  return writes === null ? 'none lately' : `${millis(writes.p50Ms)}, at worst ${millis(writes.p99Ms)}`;
}

function poolText({ connections }: SinkView): string {
  if (connections === null) return '–';
  const { open, max, waiting } = connections;
  return `${open} of ${max}${waiting === 0 ? '' : `, ${waiting} wait`}`;
}

/** Servers like to say how they were built, and for what. */
function shortened(server: string): string {
  const name = server.replace(/ on .*$/s, '');
  return name.length > serverCharsMax ? `${name.slice(0, serverCharsMax - 1).trimEnd()}…` : name;
}

/** What it says is as old as its last answer. */
function serverText({ server, kind, askedMs }: SinkView): string {
  if (server === null) return kind;
  const name = shortened(server);
  return askedMs !== null && askedMs > 60_000 ? `${name} (${span(askedMs)} ago)` : name;
}

function stateText({ state, waitingMs, blocked, blockedCount, silentMs }: SinkView): readonly [text: string, look: string] {
  if (state === 'waiting') return [`no writes for ${span(waitingMs)}`, 'bad'];
  if (state === 'partly') return [`${several(blockedCount, 'table')} without writes for ${span(blocked[0]?.waitingMs ?? null)}`, 'bad'];
  return silentMs !== null && silentMs > silentMinMs ? [`no answer for ${span(silentMs)}`, 'bad'] : ['takes writes', 'good'];
}

/** Why it takes no writes, or what it says of itself. */
function remarkText({ lastError, blocked, remarks }: SinkView): readonly [text: string, look: string] {
  const errors = [...(lastError === null ? [] : [lastError]), ...blocked.map(({ table, error }) => `${table}: ${error}`)];
  return errors.length > 0 ? [errors.join(' '), 'bad'] : [remarks.join(' '), ''];
}

const cells: readonly ((sink: SinkView) => readonly [text: string, look?: string])[] = [
  ({ name }) => [name],
  stateText,
  ({ rowsPerSecond }) => [count(rowsPerSecond), 'number'],
  (sink) => [writesText(sink), 'number'],
  ({ latencyMs }) => [millis(latencyMs), 'number'],
  (sink) => [poolText(sink), 'number'],
  (sink) => [serverText(sink)],
  remarkText,
];

function makeRow(): HTMLTableRowElement {
  const row = make('tr');
  row.append(...cells.map((_cell, index) => (index === 0 ? Object.assign(make('th'), { scope: 'row' }) : make('td'))));
  return row;
}

export function createSinks(): (sinks: readonly SinkView[]) => void {
  const body = byId('sinks');
  return (sinks) =>
    fill(body, sinks, makeRow, (row, sink) => {
      cells.forEach((of, index) => {
        const cell = row.children[index];
        if (cell === undefined) return;
        const [text, look = ''] = of(sink);
        put(cell, text);
        mark(cell, 'class', look);
      });
    });
}
