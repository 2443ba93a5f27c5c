// The fold of one key, as a function: what is stored of it and one mutation give what to store. It knows no layout, no database
// and no value: columns are names, and "stored" and "incoming" say where their values come from.
import { compareVersions, type Version } from '@shardfold/changes';

/** The version of a row of which only single columns have come: below every other. */
export const noVersion: Version = { time: Number.MIN_SAFE_INTEGER, seq: '0' };

/** Which columns came alone, newer than the whole row, and their versions. */
export type Patches = ReadonlyMap<string, Version>;

export interface StoredRow {
  /** Of the newest whole row; `noVersion` where none is stored. */
  readonly version: Version;
  readonly patches: Patches;
}

export interface StoredKey {
  readonly row: StoredRow | undefined;
  readonly tombstone: Version | undefined;
  readonly floor: Version | undefined;
}

export type Incoming =
  | { readonly kind: 'put'; readonly version: Version }
  | { readonly kind: 'patch'; readonly version: Version; readonly names: readonly string[] }
  | { readonly kind: 'delete'; readonly version: Version };

/** Columns by name; a name listed on one side goes before `all` on the other. What is on neither side is gone. */
export interface RowToBe extends StoredRow {
  readonly deleted: boolean;
  readonly kept: 'all' | readonly string[];
  readonly taken: 'all' | readonly string[];
}

/** `leave`: the row, or its absence, stays as it is. */
export interface Decision {
  readonly applied: boolean;
  readonly row: 'leave' | 'remove' | RowToBe;
  /** Raises the key's tombstone. */
  readonly tombstone?: Version;
}

const superseded: Decision = { applied: false, row: 'leave' };
const noPatches: Patches = new Map();

/** Without a bound everything is. */
export function isAbove(version: Version, bound: Version | undefined): boolean {
  return bound === undefined || compareVersions(version, bound) > 0;
}

export function newer(left: Version | undefined, right: Version | undefined): Version | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return compareVersions(left, right) < 0 ? right : left;
}

function above(patches: Patches, bound: Version | undefined): Patches {
  return new Map([...patches].filter(([, version]) => isAbove(version, bound)));
}

/** Whether a delete of this version hides all of a row whose content is kept. */
function isHidden(whole: Version, patches: Patches, dead: Version | undefined): boolean {
  return dead !== undefined && !isAbove(whole, dead) && above(patches, dead).size === 0;
}

interface Alive {
  /** The whole row that counts, if one does. */
  readonly whole: Version | undefined;
  readonly patches: Patches;
}

/** What of a row counts. A soft delete takes nothing away. */
function alive(row: StoredRow | undefined, dead: Version | undefined, soft: boolean): Alive {
  const stored = row !== undefined && compareVersions(row.version, noVersion) > 0 ? row.version : undefined;
  const whole = stored !== undefined && (soft || isAbove(stored, dead)) ? stored : undefined;
  return { whole, patches: above(row?.patches ?? noPatches, soft ? whole : newer(whole, dead)) };
}

function decidePut(version: Version, { whole, patches }: Alive, dead: Version | undefined, soft: boolean): Decision {
  if (!isAbove(version, whole) || (!soft && !isAbove(version, dead))) return superseded;
  const left = above(patches, version);
  return { applied: true, row: { version, patches: left, deleted: soft && isHidden(version, left, dead), kept: [...left.keys()], taken: 'all' } };
}

function decidePatch(version: Version, names: readonly string[], { whole, patches }: Alive, dead: Version | undefined, soft: boolean): Decision {
  const bound = soft ? whole : newer(whole, dead);
  const taken = isAbove(version, bound) ? names.filter((name) => isAbove(version, patches.get(name))) : [];
  if (taken.length === 0) return superseded;
  const all = new Map([...patches, ...taken.map((name) => [name, version] as const)]);
  return {
    applied: true,
    row: {
      version: whole ?? noVersion,
      patches: all,
      deleted: soft && isHidden(whole ?? noVersion, all, dead),
      kept: whole === undefined ? [...patches.keys()].filter((name) => !taken.includes(name)) : 'all',
      taken,
    },
  };
}

/** What a delete of everything at or below `version` leaves of a row. */
function left(row: StoredRow | undefined, { whole, patches }: Alive, version: Version, soft: boolean): Decision['row'] {
  if (row === undefined) return 'leave';
  if (soft) return { version: whole ?? noVersion, patches, deleted: isHidden(whole ?? noVersion, patches, version), kept: 'all', taken: [] };
  const living = above(patches, version);
  return living.size === 0 ? 'remove' : { version: noVersion, patches: living, deleted: false, kept: [...living.keys()], taken: [] };
}

/** At equal versions a delete wins over a put or a patch, and whatever came first over its replay. */
export function decide(stored: StoredKey, incoming: Incoming, soft: boolean): Decision {
  const dead = newer(stored.tombstone, stored.floor);
  const living = alive(stored.row, dead, soft);
  const { version } = incoming;
  if (incoming.kind === 'put') return decidePut(version, living, dead, soft);
  if (incoming.kind === 'patch') return decidePatch(version, incoming.names, living, dead, soft);
  if (!isAbove(version, dead) || (living.whole !== undefined && compareVersions(version, living.whole) < 0)) return superseded;
  return { applied: true, row: left(stored.row, living, version, soft), tombstone: version };
}

/** What a truncation leaves of a row. Soft: an older one hides nothing, and shows nothing that something newer hides. */
export function truncated(row: StoredRow, before: Version, soft: boolean): Decision['row'] {
  const living = alive(row, soft ? undefined : before, soft);
  if (soft && !isHidden(living.whole ?? noVersion, living.patches, before)) return 'leave';
  return living.whole !== undefined && isAbove(living.whole, before) ? 'leave' : left(row, living, before, soft);
}
