// What a table knows of one key, and how a change alters it: the fold that every sink's table must equal, one change at a
// time. It keeps the newest whole row, the newest patch of each column and the newest delete, and drops what they outrank.
// It knows neither tables nor what a row looks like.
import { compareVersions, type Image, type RowImage, type Value, type Version } from '@shardfold/changes';
import type { TargetTable } from '../types.ts';

export interface Known {
  readonly whole: { readonly version: Version; readonly row: RowImage } | undefined;
  /** By stored name. */
  readonly patches: ReadonlyMap<string, { readonly version: Version; readonly value: Value }>;
  readonly deleted: { readonly version: Version; readonly atMs: number } | undefined;
}

/** A change as it concerns one key; a patch by the names and values it stores. */
export type KeyChange = { readonly version: Version } & (
  | { readonly kind: 'put'; readonly row: RowImage }
  | { readonly kind: 'patch'; readonly columns: Image }
  | { readonly kind: 'delete'; readonly atMs: number }
);

export const nothingKnown: Known = { whole: undefined, patches: new Map(), deleted: undefined };

function newer(left: Version, right: Version | undefined): boolean {
  return right === undefined || compareVersions(left, right) > 0;
}

/** The newest thing that ends a row: its delete or the table's floor. */
function endOf({ deleted }: Known, floor: Version | undefined): Version | undefined {
  if (deleted === undefined) return floor;
  return newer(deleted.version, floor) ? deleted.version : floor;
}

/** Under soft deletes an end only marks the row; under hard ones it takes what it outranks. */
function fatalOf(known: Known, floor: Version | undefined, deletes: TargetTable['deletes']): Version | undefined {
  return deletes === 'hard' ? endOf(known, floor) : undefined;
}

/** Without what something newer has outranked. */
export function settled(known: Known, floor: Version | undefined, deletes: TargetTable['deletes']): Known {
  const fatal = fatalOf(known, floor, deletes);
  const whole = known.whole !== undefined && newer(known.whole.version, fatal) ? known.whole : undefined;
  const patches = [...known.patches].filter(([, { version }]) => newer(version, whole?.version) && newer(version, fatal));
  return { whole, patches: new Map(patches), deleted: known.deleted };
}

function isOutrankedDelete(known: Known, version: Version, floor: Version | undefined, deletes: TargetTable['deletes']): boolean {
  if (!newer(version, endOf(known, floor))) return true;
  if (known.whole !== undefined && newer(known.whole.version, version)) return true;
  return deletes === 'soft' && [...known.patches.values()].some((patch) => newer(patch.version, version));
}

/** What is known after the change; undefined when the change is outranked in all it brings. */
export function learned(known: Known, change: KeyChange, floor: Version | undefined, deletes: TargetTable['deletes']): Known | undefined {
  const { version } = change;
  if (change.kind === 'delete') {
    if (isOutrankedDelete(known, version, floor, deletes)) return undefined;
    return settled({ ...known, deleted: { version, atMs: change.atMs } }, floor, deletes);
  }
  if (!newer(version, known.whole?.version) || !newer(version, fatalOf(known, floor, deletes))) return undefined;
  if (change.kind === 'put') return settled({ ...known, whole: { version, row: change.row } }, floor, deletes);
  const fresh = Object.entries(change.columns).filter(([name]) => newer(version, known.patches.get(name)?.version));
  if (fresh.length === 0) return undefined;
  return { ...known, patches: new Map([...known.patches, ...fresh.map(([name, value]) => [name, { version, value }] as const)]) };
}

/** The rules, as a value: the suite is tried on false ones. */
export interface Fold {
  readonly learned: typeof learned;
  readonly settled: typeof settled;
}

export const theFold: Fold = { learned, settled };

/** Whether there is anything to see of the key. */
export function hasRow({ whole, patches }: Known): boolean {
  return whole !== undefined || patches.size > 0;
}

/** Under soft deletes: whether the row is marked as gone. */
export function isMarked(known: Known, floor: Version | undefined): boolean {
  const end = endOf(known, floor);
  const versions = [...(known.whole === undefined ? [] : [known.whole]), ...known.patches.values()].map(({ version }) => version);
  return end !== undefined && versions.every((version) => !newer(version, end));
}
