// A document in MongoDB's Extended JSON as plain values. It knows no change event and no connector.
//
// | in MongoDB                       | here                                                                            |
// |----------------------------------|---------------------------------------------------------------------------------|
// | String, Boolean, Null, Array     | the same                                                                        |
// | Document                         | an object, its fields in their order                                            |
// | ObjectId                         | text, 24 hex digits                                                             |
// | Int32, Int64                     | a number, all digits                                                            |
// | Double                           | a number; also NaN, Infinity and -Infinity                                      |
// | Decimal128                       | a number, all digits; text where its exponent is beyond ±1000                   |
// | Date                             | text, ISO in UTC: `2024-07-11T23:17:42Z`, with `.005` where there are milliseconds |
// | Binary, UUID                     | bytes; a UUID (subtype 4) is text                                               |
// | Timestamp                        | `{ t, i }`                                                                      |
// | Symbol, JavaScript code          | text                                                                            |
// | Undefined                        | null                                                                            |
// | regular expression, DBPointer, code with scope, MinKey, MaxKey | the object that Extended JSON writes for it       |
//
// An object that only resembles one of those (`{"$oid": 5}`) is a document: MongoDB stores such names.

import { scannedTree } from '../records/exact-tree.ts';
import { checkTree, isExactLeaf, type Walk } from '../records/exact-walk.ts';
import { isObject } from '../records/json.ts';
import { scannedBytes, scanObject } from '../scan/object.ts';
import type { RowImage, TextPolicy, Value } from '../types.ts';
import { keepsColumns, valuesToJsonText, valueToJson } from '../values/text.ts';
import { wrappedValue } from './wrappers.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Whose text a short one may be and the number a long one. For whoever makes the walk. */
export const numberTexts: ReadonlySet<string | undefined> = new Set(['$numberDouble', '$numberDecimal']);

/** One of those with an exponent, or a part of some text. */
const longNumberText = /\$numberD\w+"\s*:\s*"[^"]*[eE]/;
const escapedLetter = '\\u';

/** Whether one of those texts may be a long number; with an escape its name may not look like one. */
function hasNumberText(text: string): boolean {
  return text.includes(escapedLetter) || longNumberText.test(text);
}

/** MongoDB allows 100. */
const maxDepth = 150;

/** One value of a document. */
function extendedValue(tree: unknown): Value {
  if (typeof tree === 'string' || typeof tree === 'number' || typeof tree === 'boolean' || isExactLeaf(tree)) return tree;
  if (Array.isArray(tree)) return tree.map(extendedValue);
  if (!isObject(tree)) return null;
  const value = wrappedValue(tree);
  return value === undefined ? documentValues(tree) : value;
}

/** The fields of a document, which is itself no wrapper. The prototype is null: `__proto__` is a field like any other. */
function documentValues(document: Fields): { [name: string]: Value } {
  const values: { [name: string]: Value } = Object.create(null);
  for (const name in document) values[name] = extendedValue(document[name]);
  return values;
}

/** The value of one field; undefined where the document has none of this name. */
export function fieldValue(document: Fields, name: string): Value | undefined {
  return Object.hasOwn(document, name) ? extendedValue(document[name]) : undefined;
}

function extendedJson(tree: unknown, policy: TextPolicy): string {
  if (typeof tree === 'string') return JSON.stringify(tree);
  if (Array.isArray(tree)) return `[${tree.map((member) => extendedJson(member, policy)).join(',')}]`;
  if (!isObject(tree) || isExactLeaf(tree)) return valueToJson(extendedValue(tree), policy);
  const value = wrappedValue(tree);
  return value === undefined ? documentJson(tree, policy) : valueToJson(value, policy);
}

/** The same text as that of the values, without making them. */
function documentJson(document: Fields, policy: TextPolicy): string {
  let text = '{';
  for (const name in document) text += `${text.length === 1 ? '' : ','}${JSON.stringify(name)}:${extendedJson(document[name], policy)}`;
  return `${text}}`;
}

function imageOf(bytes: number, document: () => Fields): RowImage {
  return {
    bytes,
    values: () => documentValues(document()),
    json: (policy) => (keepsColumns(policy) ? documentJson(document(), policy) : valuesToJsonText(documentValues(document()), policy)),
  };
}

/** Makes the numbers of a document exact. What is wrong is noted in `walk`. */
export function checkDocument(document: Fields, walk: Walk): void {
  checkTree(document, walk, maxDepth, 0);
}

/** A document that is looked into when somebody asks. What is wrong is noted in `walk`. */
export function documentImage(document: Fields, walk: Walk): RowImage {
  const bytesBefore = walk.bytes;
  checkDocument(document, walk);
  return imageOf(walk.bytes - bytesBefore, () => document);
}

/** The same of a text, which is parsed when somebody asks. Undefined: the parsed document has to be looked at. */
export function scannedDocument(text: string): RowImage | undefined {
  const scanned = hasNumberText(text) ? undefined : scanObject(text, maxDepth);
  if (scanned === undefined) return undefined;
  let tree: Fields | undefined;
  return imageOf(scannedBytes(scanned), () => {
    tree ??= scannedTree(scanned).fields;
    return tree;
  });
}
