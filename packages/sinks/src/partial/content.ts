// Which attributes a row has after a decision, from those that are stored and those that came. Values are opaque.
import type { RowToBe } from './fold.ts';

type Choice = Pick<RowToBe, 'kept' | 'taken'>;

/** A listed name goes before `all` on the other side; what is taken goes before what is kept. */
export function sourceOf(name: string, { kept, taken }: Choice): 'incoming' | 'stored' | 'none' {
  if (taken !== 'all' && taken.includes(name)) return 'incoming';
  if (kept !== 'all' && kept.includes(name)) return 'stored';
  if (taken === 'all') return 'incoming';
  return kept === 'all' ? 'stored' : 'none';
}

/** Those of the whole row in its order, then those that came alone, by name: whatever order the changes arrived in. */
function namesInOrder(stored: Iterable<string>, incoming: Iterable<string>, { taken, patches }: RowToBe): string[] {
  const all = new Set(taken === 'all' ? [...incoming, ...stored] : [...stored, ...incoming]);
  const whole = [...all].filter((name) => !patches.has(name));
  return [...whole, ...[...all].filter((name) => patches.has(name)).sort()];
}

/** The order is of the row's state alone: two histories of the same end are the same text. */
export function mergedContent<V>(stored: ReadonlyMap<string, V>, incoming: ReadonlyMap<string, V>, row: RowToBe): Map<string, V> {
  const merged = new Map<string, V>();
  for (const name of namesInOrder(stored.keys(), incoming.keys(), row)) {
    const source = sourceOf(name, row);
    const values = source === 'incoming' ? incoming : stored;
    const value = values.get(name);
    if (source !== 'none' && value !== undefined) merged.set(name, value);
  }
  return merged;
}
