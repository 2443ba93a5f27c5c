// How dead letters are shown: as a table or a page for people, as data for machines. Letters hold what anybody sent: a terminal gets it
// as text. Pure; it reads no store.
import { type DeadLetter, letterToJson, wholeForm } from '@shardfold/sinks';
import { maskText } from '../config/secrets.ts';
import type { Counted } from '../dead-letters/count.ts';
import type { ReplayReport } from '../dead-letters/run-replay.ts';
import type { ChangeOutcome } from '../observe/events.ts';
import { printable, printableLines } from '../observe/printable.ts';
import { aligned, columnsMax, shortened } from './table.ts';

/** So much of an id tells a letter from thousands of others; every command takes it. */
const shownIdLength = 12;

function shortId(id: string, letters: readonly DeadLetter[]): string {
  const start = id.slice(0, shownIdLength);
  return letters.filter((each) => each.id.startsWith(start)).length === 1 ? start : id;
}

const second = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const codeWidthMax = 22;
const gaps = 6;

/** A line for each letter, with a head; fits a terminal unless two ids begin alike. */
export function listText(letters: readonly DeadLetter[]): string {
  const codeWidth = Math.min(codeWidthMax, Math.max(4, ...letters.map(({ errorCode }) => errorCode.length)));
  const targetWidthMax = columnsMax - shownIdLength - second(0).length - codeWidth - gaps;
  const rows = letters.map(({ id, failedAtMs, errorCode, sink, target, stream }) => [
    shortId(id, letters),
    second(failedAtMs),
    shortened(printable(errorCode), codeWidthMax),
    shortened(printable(sink === undefined ? `stream ${stream}` : `${sink}: ${target ?? '-'}`), targetWidthMax),
  ]);
  return aligned([['ID', 'FAILED AT', 'CODE', 'TARGET'], ...rows])
    .map((line) => `${line}\n`)
    .join('');
}

type Json = Readonly<Record<string, unknown>>;

/** As in a file of dead letters; texts may name addresses with their passwords. */
function fieldsOf(letter: DeadLetter): Json {
  return JSON.parse(letterToJson({ ...letter, errorMessage: maskText(letter.errorMessage) }, wholeForm)) as Json;
}

/** Without the record and the change: `dlq show` has them. */
export function listJson(letters: readonly DeadLetter[]): readonly Json[] {
  return letters.map((letter) => {
    const { raw: _, event: __, ...fields } = fieldsOf(letter);
    return fields;
  });
}

export function letterJson(letter: DeadLetter): string {
  return `${JSON.stringify(fieldsOf(letter), null, 2)}\n`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Undefined: it is no text that may be shown. */
function readable(raw: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
    return printableLines(text) === text ? text : undefined;
  } catch {
    return undefined;
  }
}

const byteText = (count: number): string => `${count} ${count === 1 ? 'byte' : 'bytes'}`;

/** Everything, a field a line; the change and the record last. */
export function letterText(letter: DeadLetter): string {
  const { raw, event, ...fields } = fieldsOf(letter);
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  const lines = Object.entries(fields).map(
    ([name, value]) => `${name.padEnd(width)}  ${value === null ? '-' : printableLines(String(value)).replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`,
  );
  const text = readable(letter.raw);
  const record =
    text === undefined ? [`raw (${byteText(letter.raw.length)}, base64)`, indented(String(raw))] : [`raw (${byteText(letter.raw.length)})`, indented(text)];
  return `${[...lines, ...(typeof event === 'string' ? ['event', indented(printableLines(event))] : []), ...record].join('\n')}\n`;
}

export const lettersText = (count: number): string => `${count} dead ${count === 1 ? 'letter' : 'letters'}`;

/** `more`: others are behind the limit. `kept`: of all applications; undefined where only some were asked for. */
export function listFoot(shown: number, more: boolean, kept: Counted | undefined): string {
  const listed = shown === 0 ? 'No dead letter' : more ? `The first ${lettersText(shown)}; there are more, which --limit shows` : lettersText(shown);
  if (kept === undefined || kept.count <= shown) return `${listed}.\n`;
  return `${listed}.\n${kept.count.toLocaleString('en')}${kept.isMore ? '+' : ''} are kept there by all applications.\n`;
}

const outcomeWords: readonly (readonly [ChangeOutcome, string])[] = [
  ['applied', 'applied'],
  ['superseded', 'superseded'],
  ['unresolved', 'applied or superseded'],
  ['filtered', 'filtered'],
];

/** Why nothing of them was written, and what can be done. */
function filteredLine(count: number): string {
  const stay = count === 1 ? 'was filtered and stays' : 'were filtered and stay';
  return `${lettersText(count)} ${stay}: tables[] of this configuration leaves out all that ${count === 1 ? 'it holds' : 'they hold'}, so nothing was written. Change tables[] and replay again, or discard what is not wanted.`;
}

export function replayText({ done, failed, filtered, kinds, cutShort }: ReplayReport, counts: Readonly<Record<ChangeOutcome, number>>): string {
  const outcomes = outcomeWords.flatMap(([outcome, word]) => (counts[outcome] === 0 ? [] : [`${counts[outcome]} ${word}`]));
  const lines = [`${lettersText(done)} replayed and removed${done === 0 || outcomes.length === 0 ? '' : ` (changes: ${outcomes.join(', ')})`}.`];
  if (failed > 0) {
    lines.push(`${lettersText(failed)} failed again and ${failed === 1 ? 'stays' : 'stay'}:`);
    for (const { code, count, message, id } of kinds)
      lines.push(`  ${count} × ${printable(code)}, such as ${id.slice(0, shownIdLength)}: ${printable(maskText(message))}`);
  }
  if (filtered > 0) lines.push(filteredLine(filtered));
  if (cutShort) lines.push('So many stay that the replay ended here. Mend the cause, then replay the rest.');
  return `${lines.join('\n')}\n`;
}
