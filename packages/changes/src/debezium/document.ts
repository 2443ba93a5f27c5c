// A document as Debezium's MongoDB connector sends it: Extended JSON inside of text. It knows no envelope.
import { documentImage } from '../mongodb/extended-json.ts';
import { readWithExactNumbers } from '../records/exact-walk.ts';
import { isObject, type Undecodable, undecodable } from '../records/json.ts';
import type { RowImage } from '../types.ts';

const quote = '"';
const backslash = 0x5c;
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

function parsed(text: string): { readonly text: string; readonly tree: unknown } | undefined {
  try {
    return { text, tree: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function broken(where: string, problem: string): Undecodable {
  return undecodable('BROKEN_VALUE', `The document in ${where} ${problem}; the record is not decoded. Check what wrote it: Debezium's documents are whole.`);
}

/** `where` (`after`) is for the message. */
export function documentOfText(text: string, where: string): RowImage | Undecodable {
  const json = parsed(text) ?? parsed(withNamedNumbers(text));
  if (json === undefined || !isObject(json.tree)) return broken(where, 'is no JSON object');
  const read = readWithExactNumbers(json.text, json.tree, (tree, walk) => documentImage(isObject(tree) ? tree : {}, walk));
  if (read.kind === 'unreadable') return broken(where, 'has a number with more digits or a larger exponent than any type of MongoDB');
  return read.walk.wrong ?? read.result;
}
