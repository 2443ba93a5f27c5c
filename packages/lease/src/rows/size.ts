// How large an item is, about as DynamoDB counts it: names and values as UTF-8. For deciding how to read a table, not for bills.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from './decode.ts';

/** What DynamoDB adds for a list or a map. */
const containerBytes = 3;

const textBytes = (text: string): number => Buffer.byteLength(text);
/** Two digits a byte, and one for the exponent. */
const numberBytes = (digits: string): number => Math.ceil(digits.length / 2) + 1;
const sum = <T>(parts: readonly T[], bytesOf: (part: T) => number): number => parts.reduce((bytes, part) => bytes + bytesOf(part), 0);

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return textBytes(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.SS !== undefined) return sum(value.SS, textBytes);
  if (value.B !== undefined) return value.B.length;
  if (value.NS !== undefined) return sum(value.NS, numberBytes);
  if (value.BS !== undefined) return sum(value.BS, (bytes) => bytes.length);
  if (value.L !== undefined) return containerBytes + sum(value.L, (element) => 1 + valueBytes(element));
  if (value.M !== undefined) return containerBytes + itemBytes(value.M);
  return 1;
}

export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) bytes += textBytes(name) + valueBytes(value);
  }
  return bytes;
}
