// The extra column's JSON text. It knows no server.
import { type TextPolicy, valueToJson } from '@shardfold/changes';
import type { PlacedRow } from './layout.ts';

/** Null where nothing goes there. */
export function extraText(extra: PlacedRow['extra'], policy: Pick<TextPolicy, 'numbers'>): string | null {
  if (extra.size === 0) return null;
  return `{${[...extra].map(([name, value]) => `${JSON.stringify(name)}:${valueToJson(value, policy)}`).join(',')}}`;
}
