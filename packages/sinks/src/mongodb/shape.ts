// A target as MongoDB holds it: the names of its collections, what is in their documents beside the source's fields, and where
// a row's key goes. It runs nothing.
import { distinctName } from '../columns/names.ts';
import { deadLettersName, floorsName, ownNameProblem, tombstonesEnding } from '../own-names.ts';
import { SinkError, type TargetTable } from '../types.ts';

/** The field of a document that is this program's: `{ time, seq, partial?, deleted? }`. */
export const bookkeepingField = 'cdc';
export const floorsCollection = floorsName;
export const deadLettersCollection = deadLettersName;
/** The index on `deletedAt` of tombstones: the server forgets them by it, and a sweep walks along it. */
export const retentionIndex = 'shardfold_retention';

/** Of database, dot and collection: FerretDB takes 235 bytes, MongoDB 255. */
const maxNamespaceBytes = 235;
/** Names of collections, but for how long they may be. */
const collectionNames = { unit: 'bytes', ignoresCase: false, allows: () => true } as const;
/** What an index's `expireAfterSeconds` takes: 68 years. */
const never = 2_147_483_647;
/** A sweep may forget sooner; the server's own round should not come between two steps of a write. */
const minRetentionSeconds = 60;

export interface CollectionShape {
  readonly rows: string;
  readonly tombstones: string;
  readonly key: TargetTable['key'];
  readonly keyless: boolean;
  readonly soft: boolean;
  readonly patches: boolean;
  readonly retentionMs: number;
  /** By the server itself: soft deletes leave it to the sweep, which spares the tombstones of rows that are there. */
  readonly expireAfterSeconds: number;
  readonly columns: TargetTable['columns'];
  /** No attribute is dropped or renamed. */
  readonly keepsNames: boolean;
}

function refuse({ name }: TargetTable, problem: string): never {
  throw new SinkError('SINK_TABLE_MISMATCH', `MongoDB: the target ${JSON.stringify(name)} ${problem}`, { retryable: false });
}

/** A field of an `_id` may not begin with `$`: the full-width one stands for it. */
export function idFieldName(name: string): string {
  return name.startsWith('$') ? `\uff04${name.slice(1)}` : name;
}

/** Why no collection can have this name: a phrase that follows it. Undefined: one can. */
export function collectionNameProblem(name: string): string | undefined {
  const isOdd = name === '' || name.includes('\u0000') || /\$|^\.|\.\.|\.$/.test(name) || !name.isWellFormed();
  if (isOdd) return 'is no name of a collection: it is empty, or has "$", NUL, a dot at an end or two of them together';
  if (name.startsWith('system.')) return 'is no name of a collection: it begins with "system." like those of the server';
  return ownNameProblem(name, tombstonesEnding, collectionNames);
}

/** Throws SINK_TABLE_MISMATCH for a target that no collection can be. */
export function shapeOf(target: TargetTable, database: string): CollectionShape {
  const { name, key, layout, deletes, patches, tombstoneRetentionMs, columns } = target;
  if (layout === 'columns')
    refuse(target, 'has the layout "columns", but a document has no columns. Its changes are not written. Set tables[].layout to "document", or leave it out.');
  const problem = collectionNameProblem(name);
  if (problem !== undefined) refuse(target, `${problem}. Its changes are not written. Set tables[].target to another collection.`);
  const taken = Object.values(columns.rename).find((stored) => stored === '_id' || stored === bookkeepingField);
  if (taken !== undefined)
    refuse(
      target,
      `renames an attribute to "${taken}", a field that the sink writes itself. Its changes are not written. Choose another name in tables[].columns.rename.`,
    );
  if (new Set(key.map((part) => idFieldName(part.name))).size < key.length)
    refuse(target, 'has two key attributes that would be one field of _id. Its changes are not written. Correct tables[].key.');
  const rows = distinctName(name, { ...collectionNames, maxLength: maxNamespaceBytes - Buffer.byteLength(`${database}.${tombstonesEnding}`) });
  return {
    rows,
    tombstones: `${rows}${tombstonesEnding}`,
    key: key.length === 0 ? [{ name: '_id', type: 'text' }] : key,
    keyless: key.length === 0,
    soft: deletes === 'soft',
    patches,
    retentionMs: tombstoneRetentionMs,
    expireAfterSeconds: deletes === 'soft' ? never : Math.min(never, Math.max(minRetentionSeconds, Math.ceil(tombstoneRetentionMs / 1_000))),
    columns,
    keepsNames: columns.drop.length === 0 && Object.keys(columns.rename).length === 0,
  };
}
