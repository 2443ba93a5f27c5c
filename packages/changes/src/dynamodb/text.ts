// DynamoDB's checked attributes as plain JSON text, straight from the parsed tree: a document target needs no values in
// between. It checks nothing: `attributes.ts` did.
import type { TextPolicy } from '../types.ts';
import { compareNumbers, normalNumber, numberJson } from '../values/numbers.ts';
import { compareBytewise } from '../values/order.ts';
import { keepsColumns, storedNames } from '../values/text.ts';
import type { Attribute, Attributes } from './attributes.ts';

type Numbers = TextPolicy['numbers'];

function listJson(attributes: readonly Attribute[], numbers: Numbers): string {
  let text = '[';
  for (const attribute of attributes) text += (text.length === 1 ? '' : ',') + attributeJson(attribute, numbers);
  return `${text}]`;
}

function mapJson(attributes: Attributes, numbers: Numbers): string {
  let text = '{';
  for (const name in attributes) {
    const attribute = attributes[name];
    if (attribute !== undefined) text += `${text.length === 1 ? '' : ','}${JSON.stringify(name)}:${attributeJson(attribute, numbers)}`;
  }
  return `${text}}`;
}

/** `[1,2]`, in the order of the numbers. */
export function numberSetJson(members: readonly string[], numbers: Numbers): string {
  const sorted = members.map(normalNumber).sort(compareNumbers);
  return `[${sorted.map((digits) => numberJson(digits, numbers)).join(',')}]`;
}

/** `["a","b"]`, in the order of the bytes. Binary members are base64 text here. */
export function textSetJson(members: readonly string[]): string {
  return JSON.stringify([...members].sort(compareBytewise));
}

function attributeJson(attribute: Attribute, numbers: Numbers): string {
  if (attribute.S !== undefined) return JSON.stringify(attribute.S);
  if (attribute.N !== undefined) return numberJson(attribute.N, numbers);
  if (attribute.BOOL !== undefined) return attribute.BOOL ? 'true' : 'false';
  if (attribute.M !== undefined) return mapJson(attribute.M, numbers);
  if (attribute.L !== undefined) return listJson(attribute.L, numbers);
  if (attribute.B !== undefined) return `"${attribute.B}"`;
  if (attribute.NS !== undefined) return numberSetJson(attribute.NS, numbers);
  const members = attribute.SS ?? attribute.BS;
  return members === undefined ? 'null' : textSetJson(members);
}

/** The item as a JSON object, in the source's order of attributes. */
export function attributesJson(attributes: Attributes, policy: TextPolicy): string {
  if (keepsColumns(policy)) return mapJson(attributes, policy.numbers);
  // Entries of an object, not assignments: `__proto__` may be one of the names.
  return mapJson(Object.fromEntries(storedNames(Object.keys(attributes), policy).map(([name, stored]) => [stored, attributes[name] ?? {}])), policy.numbers);
}
