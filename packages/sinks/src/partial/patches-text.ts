// `cdc_partial` as text and back: `{"name":[time,"seq"]}`. It knows no database.
import type { Version } from '@shardfold/changes';
import type { Patches } from './fold.ts';

/** By name, whatever order they came in: a column stands once in them. */
export function inOrder(patches: Patches): readonly (readonly [name: string, version: Version])[] {
  return [...patches].sort(([left], [right]) => (left < right ? -1 : 1));
}

/** Null where no column came alone. */
export function patchesText(patches: Patches): string | null {
  if (patches.size === 0) return null;
  return `{${inOrder(patches)
    .map(([name, { time, seq }]) => `${JSON.stringify(name)}:[${time},"${seq}"]`)
    .join(',')}}`;
}

function isVersion(entry: unknown): entry is [time: number, seq: string] {
  return Array.isArray(entry) && typeof entry[0] === 'number' && typeof entry[1] === 'string';
}

/** Total over what this program writes; an entry that somebody else wrote and that is no version is left out. */
export function patchesOfText(text: string | null): Patches {
  const patches = new Map<string, Version>();
  if (text === null) return patches;
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) return patches;
  for (const [name, entry] of Object.entries(parsed)) if (isVersion(entry)) patches.set(name, { time: entry[0], seq: entry[1] });
  return patches;
}
