// Dumps of lease tables that real Java workers left (see fixtures/README.md), as the SDK would answer them.
import { readFileSync } from 'node:fs';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../src/rows/decode.ts';

const folder = new URL('../fixtures/', import.meta.url);

/** Bytes are base64 in a dump. */
function asAnswered(value: AttributeValue): AttributeValue {
  return value.B === undefined ? value : { B: Buffer.from(String(value.B), 'base64') };
}

/** `file`: `kcl-2.x/01-unassigned.json`, say. */
export function itemsOf(file: string): readonly Item[] {
  const { items } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { items: Record<string, AttributeValue>[] };
  return items.map((item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, asAnswered(value)])));
}
