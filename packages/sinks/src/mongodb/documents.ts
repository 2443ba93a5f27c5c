// A stored document as the fold of a key knows it, and back: its fields, its version, which columns came alone. Pure.
import type { Version } from '@shardfold/changes';
import { mergedContent } from '../partial/content.ts';
import type { Patches, RowToBe, StoredRow } from '../partial/fold.ts';
import { noVersion } from '../partial/fold.ts';
import { inOrder } from '../partial/patches-text.ts';
import { bookkeepingOf } from './encode.ts';
import { bookkeepingField } from './shape.ts';
import { stamp, versionOf } from './statements.ts';

/** A document that somebody else put there: older than every change, yet a whole row. */
const foreignVersion: Version = { time: noVersion.time, seq: '1' };

export interface StoredDocument extends StoredRow {
  readonly id: unknown;
  readonly deleted: boolean;
  readonly fields: ReadonlyMap<string, unknown>;
  /** As it was read, to be compared by the server. */
  readonly bookkeeping: unknown;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function patchesOf(partial: unknown): Patches {
  const patches = new Map<string, Version>();
  if (!isObject(partial)) return patches;
  for (const [name, entry] of Object.entries(partial)) {
    const version = Array.isArray(entry) ? versionOf(entry[0], entry[1]) : undefined;
    if (version !== undefined) patches.set(name, version);
  }
  return patches;
}

/** Of a document that was read with its BSON types kept. Its `_id` is not among its fields. */
export function storedDocument(document: Readonly<Record<string, unknown>>): StoredDocument {
  const { _id, [bookkeepingField]: bookkeeping, ...fields } = document;
  const cdc = isObject(bookkeeping) ? bookkeeping : {};
  return {
    id: _id,
    version: versionOf(cdc.time, cdc.seq) ?? foreignVersion,
    patches: patchesOf(cdc.partial),
    deleted: cdc.deleted === true,
    fields: new Map(Object.entries(fields)),
    bookkeeping,
  };
}

function partialOf(patches: Patches): Record<string, unknown> {
  const partial: Record<string, unknown> = Object.create(null);
  for (const [name, version] of inOrder(patches)) partial[name] = stamp(version);
  return partial;
}

/** The whole document that a decision asks for. */
export function documentOf(id: unknown, row: RowToBe, stored: ReadonlyMap<string, unknown>, incoming: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const document: Record<string, unknown> = Object.create(null);
  document._id = id;
  for (const [name, value] of mergedContent(stored, incoming, row)) document[name] = value;
  document[bookkeepingField] = {
    ...bookkeepingOf(stamp(row.version)),
    ...(row.patches.size === 0 ? {} : { partial: partialOf(row.patches) }),
    ...(row.deleted ? { deleted: true } : {}),
  };
  return document;
}
