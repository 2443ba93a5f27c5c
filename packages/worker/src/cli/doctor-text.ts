// How findings are shown: for people wrapped to a terminal's width, for machines as data. Pure; it checks nothing.
import { byWeight, type Finding, type Severity, severities } from '../doctor/finding.ts';
import { columnsMax } from './table.ts';

const signs: Readonly<Record<Severity, string>> = { ok: 'ok', note: 'note', warning: 'warning', fault: 'FAULT' };
const signWidth = 9;

/** Words of a text in lines of at most so many characters; longer words stand alone. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') lines.push(line);
    line = longer.length > width && line !== '' ? word : longer;
  }
  return [...lines, line];
}

function paragraph(sign: string, text: string): string {
  return wrapped(text, columnsMax - signWidth)
    .map((line, at) => `${(at === 0 ? sign : '').padEnd(signWidth)}${line}\n`)
    .join('');
}

function findingText({ severity, what, remedy, ddl }: Finding, withDdl: boolean): string {
  const statements =
    ddl === undefined || !(withDdl || severity === 'fault')
      ? ''
      : `${ddl
          .split('\n')
          .map((line) => `${' '.repeat(signWidth)}${line}\n`)
          .join('')}`;
  return `${paragraph(signs[severity], what)}${remedy === undefined ? '' : paragraph('', `→ ${remedy}`)}${statements}`;
}

function sumText(findings: readonly Finding[]): string {
  const counts = severities.map((severity) => [severity, findings.filter((each) => each.severity === severity).length] as const);
  const words: Readonly<Record<Severity, readonly [string, string]>> = {
    ok: ['fine', 'fine'],
    note: ['note', 'notes'],
    warning: ['warning', 'warnings'],
    fault: ['fault', 'faults'],
  };
  return [...counts]
    .reverse()
    .flatMap(([severity, count]) => (count === 0 ? [] : [`${count} ${words[severity][count === 1 ? 0 : 1]}`]))
    .join(', ');
}

/** The heaviest first. A fault comes with the statements that mend it; `withDdl`: whatever has statements does. */
export function findingsText(findings: readonly Finding[], withDdl: boolean): string {
  return `${byWeight(findings)
    .map((each) => findingText(each, withDdl))
    .join('')}${sumText(findings)}.\n`;
}

export function findingsJson(findings: readonly Finding[]): string {
  const ok = findings.every(({ severity }) => severity !== 'fault');
  const view = findings.map(({ id, severity, what, remedy, ddl }) => ({ id, severity, what, do: remedy ?? null, ...(ddl === undefined ? {} : { ddl }) }));
  return `${JSON.stringify({ ok, findings: view }, null, 2)}\n`;
}
