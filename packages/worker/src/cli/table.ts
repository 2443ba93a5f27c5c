// Cells to aligned text that fits a terminal. Pure; it knows no lease and no terminal.

/** What every terminal shows. */
export const columnsMax = 80;
const gap = '  ';
const cut = '…';

/** Pads every column to its widest cell. Lines are as long as their cells make them: shorten those that can be long. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}

/** Its beginning and its end, which is where names differ; `widthMax` is 3 or more. */
export function shortened(text: string, widthMax: number): string {
  if (text.length <= widthMax) return text;
  const head = Math.floor((widthMax - cut.length) / 2);
  return `${text.slice(0, head)}${cut}${text.slice(text.length - (widthMax - cut.length - head))}`;
}

/** Its end, which is where long numbers differ. */
export function lastOf(text: string, widthMax: number): string {
  return text.length <= widthMax ? text : `${cut}${text.slice(text.length - widthMax + cut.length)}`;
}

const units = [
  { letter: 'd', ms: 86_400_000 },
  { letter: 'h', ms: 3_600_000 },
  { letter: 'm', ms: 60_000 },
  { letter: 's', ms: 1_000 },
] as const;
/** From so many of a unit on it says enough. */
const enough = 2;

/** Two to four characters for people: `0s`, `90s`, `12m`, `47h`, `9d`. A time that lies ahead, by a clock that differs, is none. */
export function ageText(ms: number): string {
  const left = Math.max(0, ms);
  const unit = units.find((each) => left >= enough * each.ms) ?? units[3];
  return `${Math.floor(left / unit.ms)}${unit.letter}`;
}
