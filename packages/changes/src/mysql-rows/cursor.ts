// A place in a text that is read once, from left to right, and what is wrong there. It knows no grammar.

import type { DecodeError } from '../types.ts';
import * as characters from '../values/characters.ts';

const { carriageReturn, newline, space, tab } = characters;

/** MySQL's JSON nests at most 100 deep; the record around it adds a few. */
export const maxDepth = 128;

export interface Cursor {
  readonly text: string;
  at: number;
  /** How many brackets are open. */
  depth: number;
  /** Where the next backslash is, as far as anybody has looked. */
  escapeAt: number;
  /** How many names were read. */
  names: number;
  /** How many characters the numbers that were read have, written out; those of a few digits are not counted. */
  digits: number;
}

export function cursorOf(text: string): Cursor {
  return { text, at: 0, depth: 0, escapeAt: -1, names: 0, digits: 0 };
}

/** The one thing the parser throws; whoever calls the parser catches it. */
export class LiteralFault extends Error {
  readonly code: DecodeError['code'];
  readonly at: number;
  constructor(code: DecodeError['code'], at: number, problem: string) {
    super(problem);
    this.code = code;
    this.at = at;
  }
}

/** Always throws. `problem` goes on after "The record". */
export function fail(cursor: Cursor, problem: string, code: DecodeError['code'] = 'BROKEN_VALUE'): never {
  throw new LiteralFault(code, cursor.at, problem);
}

/** The text is no literal, or ends within one. */
export function failSyntax(cursor: Cursor): never {
  return fail(cursor, cursor.at < cursor.text.length ? 'is neither JSON nor a Python literal' : 'ends within a value', 'NOT_JSON');
}

function peekPastSpace(cursor: Cursor): number {
  const { text } = cursor;
  let code = text.charCodeAt(cursor.at);
  while (code === space || code === newline || code === carriageReturn || code === tab) {
    cursor.at += 1;
    code = text.charCodeAt(cursor.at);
  }
  return code;
}

/** Skips white space; the code of the character there, NaN at the end. */
export function peek(cursor: Cursor): number {
  const code = cursor.text.charCodeAt(cursor.at);
  return code <= space ? peekPastSpace(cursor) : code;
}

/** Goes past this character, white space before it or not. */
export function expect(cursor: Cursor, code: number): void {
  if (peek(cursor) !== code) failSyntax(cursor);
  cursor.at += 1;
}

/** Goes past this character if it comes next. */
export function accept(cursor: Cursor, code: number): boolean {
  if (peek(cursor) !== code) return false;
  cursor.at += 1;
  return true;
}
