// The documents of a text: one value, or several after each other as Firehose joins records. It knows no change.

import { exactTree } from '../records/exact-tree.ts';
import { checkTree, readWithExactNumbers } from '../records/exact-walk.ts';
import { type Undecodable, undecodable } from '../records/json.ts';
import type { Value } from '../types.ts';
import { comma } from '../values/characters.ts';
import { accept, type Cursor, cursorOf, fail, LiteralFault, maxDepth, peek } from './cursor.ts';
import { readValue } from './literal.ts';

/** The version of a change has three digits for its place in the record. */
export const maxChanges = 1000;

/** A dict or JSON object as it was read: `Object.prototype` is its prototype, the names are its own. */
export type Fields = { readonly [name: string]: Value };

/** Whether the value is a dict or a JSON object: all else that is read has a prototype of its own. */
export function isFields(value: Value | undefined): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function describeFault(thrown: unknown): Undecodable {
  if (!(thrown instanceof LiteralFault)) throw thrown;
  return undecodable(thrown.code, `The record ${thrown.message} (at character ${thrown.at}); it is not decoded. Check what wrote it.`);
}

function allDocuments(cursor: Cursor): readonly Value[] {
  const documents: Value[] = [];
  // White space, a comma or nothing stands between two documents; `peek` is not a number at the end.
  while (!Number.isNaN(peek(cursor))) {
    if (documents.length === maxChanges) fail(cursor, `carries more than ${maxChanges} documents`, 'TOO_LARGE');
    documents.push(readValue(cursor));
    accept(cursor, comma);
  }
  return documents;
}

/** How JSON begins and repr does not, unless a name has a single quotation mark; and how one document follows another, as a rule. */
const jsonStart = '{"';
const joints = ['}{', '}\n{'];

/**
 * The one document of a text that is JSON: the parser of the machine reads it in half the time. Undefined for any other text, and for
 * one that has something wrong: the reader of literals can say what.
 */
function jsonDocument(text: string): Value | undefined {
  if (!text.startsWith(jsonStart) || joints.some((joint) => text.includes(joint))) return undefined;
  try {
    const { result, walk } = readWithExactNumbers(exactTree(text), (tree, each) => checkTree(tree, each, maxDepth));
    return walk.wrong === undefined && !walk.outOfBounds ? (result as Value) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads every document of the text, in linear time. */
export function readDocuments(text: string): readonly Value[] | Undecodable {
  const json = jsonDocument(text);
  if (json !== undefined) return [json];
  try {
    return allDocuments(cursorOf(text));
  } catch (thrown) {
    return describeFault(thrown);
  }
}

/** Reads the first document only; undefined where there is none. */
export function firstDocument(text: string): Value | undefined {
  try {
    return readValue(cursorOf(text));
  } catch (thrown) {
    describeFault(thrown);
    return undefined;
  }
}
