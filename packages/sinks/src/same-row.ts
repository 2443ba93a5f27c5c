// Whether a stored row is already what a decision asks for, so that writing it would change nothing. Pure.
import { compareVersions } from '@shardfold/changes';
import type { Patches, RowToBe, StoredRow } from './partial/fold.ts';

function samePatches(left: Patches, right: Patches): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([name, version]) => {
    const other = right.get(name);
    return other !== undefined && compareVersions(version, other) === 0;
  });
}

export function isAlready(stored: StoredRow & { readonly deleted: boolean }, wanted: RowToBe): boolean {
  return compareVersions(stored.version, wanted.version) === 0 && stored.deleted === wanted.deleted && samePatches(stored.patches, wanted.patches);
}
