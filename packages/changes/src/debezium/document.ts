// A document as Debezium's MongoDB connector sends it: Extended JSON inside of text. It knows no envelope.

import { documentImage, numberTexts, scannedDocument } from '../mongodb/extended-json.ts';
import { type ExactTree, exactTree, withoutExactTree } from '../records/exact-tree.ts';
import { readWithExactNumbers } from '../records/exact-walk.ts';
import { isObject, type Undecodable, undecodable } from '../records/json.ts';
import type { RowImage } from '../types.ts';
import { backslash } from '../values/characters.ts';

const quote = '"';
const bareNumber = /-?(?:NaN|Infinity)/g;

function endOfString(text: string, from: number): number {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    let escapes = at;
    while (text.charCodeAt(escapes - 1) === backslash) escapes -= 1;
    if ((at - escapes) % 2 === 0) return at;
  }
  return text.length;
}

/** The connector writes NaN and Infinity bare, which is no JSON: here as Extended JSON has them. */
function withNamedNumbers(text: string): string {
  let named = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf(quote, at);
    const outside = open === -1 ? text.length : open;
    named += text.slice(at, outside).replace(bareNumber, (number) => `{"$numberDouble":"${number}"}`);
    at = outside === text.length ? text.length : endOfString(text, outside + 1) + 1;
    named += text.slice(outside, at);
  }
  return named;
}

/** Undefined for what is no JSON. */
function parsed(text: string): ExactTree | Undecodable | undefined {
  try {
    return exactTree(text);
  } catch (thrown) {
    return thrown instanceof SyntaxError ? undefined : withoutExactTree(thrown);
  }
}

function broken(where: string, problem: string): Undecodable {
  return undecodable('BROKEN_VALUE', `The document in ${where} ${problem}; the record is not decoded. Check what wrote it: Debezium's documents are whole.`);
}

function parsedDocument(text: string, where: string): RowImage | Undecodable {
  const json = parsed(text) ?? parsed(withNamedNumbers(text));
  if (json !== undefined && 'error' in json) return json;
  const value = json?.value;
  if (json === undefined || !isObject(value)) return broken(where, 'is no JSON object');
  const read = readWithExactNumbers({ value, numbers: json.numbers }, documentImage, numberTexts);
  if (read.walk.outOfBounds) return broken(where, 'has a number with more digits or a larger exponent than any type of MongoDB');
  return read.walk.wrong ?? read.result;
}

/** `where` (`after`) is for the message. */
export function documentOfText(text: string, where: string): RowImage | Undecodable {
  return scannedDocument(text) ?? parsedDocument(text, where);
}
