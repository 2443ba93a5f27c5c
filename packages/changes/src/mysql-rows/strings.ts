// Quoted text and bytes, with the escapes that Python's repr and JSON write. It knows no other literal.
import * as characters from '../values/characters.ts';
import { type Cursor, fail, failSyntax } from './cursor.ts';

const { backslash, singleQuote } = characters;

const firstNotAscii = 0x80;
const maxCodePoint = 0x10ffff;
const hex = /^[0-9a-fA-F]+$/;

/** What stands for itself after a backslash, and the control characters with a letter of their own. */
const short: Readonly<Record<string, string>> = { '\\': '\\', "'": "'", '"': '"', '/': '/', n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function hexEscape(cursor: Cursor, letter: string, digits: number): number {
  const text = cursor.text.slice(cursor.at, cursor.at + digits);
  if (text.length < digits || !hex.test(text)) fail(cursor, `has \\${letter} without ${digits} hexadecimal digits`);
  const code = Number.parseInt(text, 16);
  if (code > maxCodePoint) fail(cursor, `has \\${letter}${text}, which is no character`);
  cursor.at += digits;
  return code;
}

/** Reads what follows a backslash. */
function readEscape(cursor: Cursor): string {
  const letter = cursor.text.charAt(cursor.at);
  if (letter === '') return failSyntax(cursor);
  cursor.at += 1;
  const plain = short[letter];
  if (plain !== undefined) return plain;
  const digits = hexDigits[letter];
  if (digits !== undefined) return String.fromCodePoint(hexEscape(cursor, letter, digits));
  if (letter === 'N') return fail(cursor, 'names a character by \\N{…}, which repr never writes and which is not known here');
  return fail(cursor, `has the escape ${JSON.stringify(`\\${letter}`)}, which neither repr nor JSON writes`);
}

/** The rest of a text in which a backslash stands at the cursor. */
function escapedText(cursor: Cursor, quote: number, before: string): string {
  const { text } = cursor;
  let out = before;
  let from = cursor.at;
  for (;;) {
    const code = text.charCodeAt(cursor.at);
    if (code === quote) {
      out += text.slice(from, cursor.at);
      cursor.at += 1;
      return out;
    }
    if (code === backslash) {
      out += text.slice(from, cursor.at);
      cursor.at += 1;
      out += readEscape(cursor);
      from = cursor.at;
    } else if (cursor.at < text.length) cursor.at += 1;
    else failSyntax(cursor);
  }
}

/** Where the next backslash is; looked for once, however many texts lie before it. */
function nextEscape(cursor: Cursor, from: number): number {
  if (cursor.escapeAt < from) {
    const found = cursor.text.indexOf('\\', from);
    cursor.escapeAt = found === -1 ? cursor.text.length : found;
  }
  return cursor.escapeAt;
}

/** Reads text in these quotes; the cursor is on the first of them. */
export function readString(cursor: Cursor, quote: number): string {
  const { text } = cursor;
  const from = cursor.at + 1;
  const found = text.indexOf(quote === singleQuote ? "'" : '"', from);
  const end = found === -1 ? text.length : found;
  const backslashAt = nextEscape(cursor, from);
  if (backslashAt < end) {
    cursor.at = backslashAt;
    return escapedText(cursor, quote, text.slice(from, backslashAt));
  }
  cursor.at = end;
  if (found === -1) failSyntax(cursor);
  cursor.at = end + 1;
  return text.slice(from, end);
}

/** Reads Python's bytes; the cursor is on the quote after the b. Every character is one byte. */
export function readBytes(cursor: Cursor, quote: number): Uint8Array {
  const start = cursor.at;
  const text = readString(cursor, quote);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0xff) fail(cursor, 'has bytes with a character beyond \\xff');
    bytes[at] = code;
  }
  // Latin letters as such would be bytes of an encoding that nobody named; repr writes them as \x.
  for (let at = start; at < cursor.at; at += 1) if (cursor.text.charCodeAt(at) >= firstNotAscii) fail(cursor, 'has bytes with a character that is not ASCII');
  return bytes;
}
