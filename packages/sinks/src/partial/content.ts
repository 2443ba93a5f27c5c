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

/** In the order of the stored ones, then of the new ones. */
export function mergedContent<V>(stored: ReadonlyMap<string, V>, incoming: ReadonlyMap<string, V>, choice: Choice): Map<string, V> {
  const merged = new Map<string, V>();
  for (const name of new Set([...stored.keys(), ...incoming.keys()])) {
    const source = sourceOf(name, choice);
    const values = source === 'incoming' ? incoming : stored;
    const value = values.get(name);
    if (source !== 'none' && value !== undefined) merged.set(name, value);
  }
  return merged;
}
