// The documents that MongoDB is sent: conditions, and the updates and deletes of a bulk. Pure; the protocol that they make
// together is told in write.ts.
import type { Version } from '@shardfold/changes';
import { bookkeepingField as cdc } from './shape.ts';

type Doc = Record<string, unknown>;

/** One statement of an `update` command. */
export interface Update {
  readonly q: Doc;
  readonly u: readonly Doc[] | Doc;
  readonly upsert?: boolean;
  readonly multi?: boolean;
}

/** One statement of a `delete` command; `limit` 0 means all. */
export interface Removal {
  readonly q: Doc;
  readonly limit: 0 | 1;
}

const seqDigits = 65;

/** A version in BSON: a long, and digits that compare as text. */
export type Stamp = readonly [time: bigint, seq: string];

export function stamp({ time, seq }: Version): Stamp {
  return [BigInt(time), seq.padStart(seqDigits, '0')];
}

/** A version that the server answered; undefined for whatever is none. */
export function versionOf(time: unknown, seq: unknown): Version | undefined {
  if (typeof seq !== 'string' || !/^\d+$/.test(seq)) return undefined;
  const micros = Number(String(time));
  return Number.isSafeInteger(micros) ? { time: micros, seq: seq.replace(/^0+(?=\d)/, '') } : undefined;
}

/** Lists compare member by member; a field that is missing is null, and null is below every number. */
const storedStamp = [`$${cdc}.time`, `$${cdc}.seq`];
const hasNoPatches = { $eq: [{ $type: `$${cdc}.partial` }, 'missing'] };
const withoutPatches = { [`${cdc}.partial`]: { $exists: false } };
const notYetDeleted = { [`${cdc}.deleted`]: { $ne: true } };

/** The document unless a newer one is there; one with patches is left as it is. Always matches: never a duplicate key. */
export function store(id: unknown, own: Stamp, document: Doc, patches: boolean): Update {
  const newer = { $lt: [storedStamp, own] };
  const condition = patches ? { $and: [newer, hasNoPatches] } : newer;
  return { q: { _id: id }, u: [{ $replaceWith: { $cond: [condition, { $literal: document }, '$$ROOT'] } }], upsert: true };
}

function atMost(version: Version): Doc {
  return { $expr: { $lte: [storedStamp, stamp(version)] } };
}

/** Rows without patches at or below the version; of one `_id`, else all. */
export function outranked(version: Version, patches: boolean, id?: { readonly _id: unknown }): Doc {
  return { ...id, ...(patches ? withoutPatches : {}), ...atMost(version) };
}

/** A hard delete of what `outranked` finds. */
export function removal(condition: Doc, limit: 0 | 1): Removal {
  return { q: condition, limit };
}

/** A soft delete of what `outranked` finds. */
export function flagging(condition: Doc, multi: boolean): Update {
  return { q: { ...condition, ...notYetDeleted }, u: { $set: { [`${cdc}.deleted`]: true } }, multi };
}

/** A tombstone, or a floor, unless there is one as high. */
export function raising(id: unknown, own: Stamp, at: { readonly deletedAt: Date } | { readonly raisedAt: Date }): Update {
  const newer = { $lt: [['$time', '$seq'], own] };
  const [time, seq] = own;
  return { q: { _id: id }, u: [{ $replaceWith: { $cond: [newer, { $literal: { _id: id, time, seq, ...at } }, '$$ROOT'] } }], upsert: true };
}

/** Tombstones at or below the version. */
export function tombstonesUpTo(version: Version): Removal {
  return { q: { $expr: { $lte: [['$time', '$seq'], stamp(version)] } }, limit: 0 };
}

/** What a document's bookkeeping was when it was read: nobody may have written in between. */
export function unchangedSince(id: unknown, bookkeeping: unknown): Doc {
  return { _id: id, [cdc]: bookkeeping === undefined ? { $exists: false } : { $eq: bookkeeping } };
}

/** The document in place of the one that was read. */
export function exchange(id: unknown, bookkeeping: unknown, document: Doc): Update {
  return { q: unchangedSince(id, bookkeeping), u: [{ $replaceWith: { $literal: document } }] };
}

/** A new document. A `_id` that is there already fails as a duplicate. */
export function insertion(id: unknown, document: Doc): Update {
  return { q: unchangedSince(id, undefined), u: [{ $replaceWith: { $literal: document } }], upsert: true };
}
