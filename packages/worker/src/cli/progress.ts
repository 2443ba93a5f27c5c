// How far a long piece of work is, as one line of a terminal that is written over. It knows no work, and says nothing where no terminal is.
import { type CliIo, writesOver } from './io.ts';
import { columnsMax } from './table.ts';

const barWidth = 24;
const clearLine = '\r\u001b[K';

/** `Reading positions  [######------------------]  25 %  10/40`, shorter than a terminal is wide. */
export function progressLine(what: string, done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.round(share * barWidth);
  const tail = `  [${'#'.repeat(full)}${'-'.repeat(barWidth - full)}]  ${Math.floor(share * 100)} %  ${done}/${total}`;
  return `${what.slice(0, Math.max(0, columnsMax - 1 - tail.length))}${tail}`;
}

export interface Progress {
  at(done: number, total: number): void;
  /** Takes the line away. What comes on stderr afterwards begins at its first column. */
  end(): void;
}

export function createProgress(io: Pick<CliIo, 'env' | 'err' | 'errIsTerminal'>, what: string): Progress {
  let shown = '';
  const show = (line: string): void => {
    if (!writesOver(io) || line === shown) return;
    shown = line;
    io.err(`${clearLine}${line}`);
  };
  return {
    at: (done, total) => show(progressLine(what, done, total)),
    end: () => show(''),
  };
}
