// Reads one literal of a text, or says what is wrong with it. It expects only that the whole text was read.
import { expect } from 'vitest';
import { type Cursor, cursorOf, LiteralFault } from '../../src/mysql-rows/cursor.ts';
import { readValue } from '../../src/mysql-rows/literal.ts';
import type { Value } from '../../src/types.ts';

export function read(text: string): Value {
  const cursor: Cursor = cursorOf(text);
  const value = readValue(cursor);
  expect([cursor.at, cursor.depth]).toEqual([text.length, 0]);
  return value;
}

export function faultOf(text: string): LiteralFault {
  try {
    readValue(cursorOf(text));
  } catch (thrown) {
    if (thrown instanceof LiteralFault) return thrown;
    throw thrown;
  }
  throw new Error(`it was read: ${text.slice(0, 60)}`);
}
