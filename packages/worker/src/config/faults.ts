// What can be wrong with a configuration, and how it is told. It knows no option.
import { maskText } from './secrets.ts';

export interface Fault {
  /** `lease.duration`; empty for the file as a whole. */
  readonly path: string;
  readonly rule: string;
  /** What to do or write instead. */
  readonly suggestion?: string;
  /** Where it was written, when that is not the file: an environment variable's name or `--set`. */
  readonly from?: string;
  /** In the file, from 1. */
  readonly line?: number;
}

/** One line: `shardfold.yaml: lease.duraton: unknown key; did you mean "duration"?` */
export function faultLine(fault: Fault, file: string): string {
  const place = fault.from ?? (fault.line === undefined ? file : `${file}:${fault.line}`);
  return [place, fault.path, fault.suggestion === undefined ? fault.rule : `${fault.rule}; ${fault.suggestion}`].filter((part) => part !== '').join(': ');
}

const quotedMax = 60;

/** A value as a message may show it. */
export function shown(value: unknown): string {
  const text = maskText(JSON.stringify(value) ?? 'nothing');
  return text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text;
}
