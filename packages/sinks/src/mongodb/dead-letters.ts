// The collection of dead letters. It takes whatever the source sent: no letter may be refused for the fault that made it one.
import type { Document } from 'mongodb';
import { chunks } from '../chunks.ts';
import { unicodeOrNone } from '../dead-letters/partition-key.ts';
import type { DeadLetter, DeadLetterStore } from '../types.ts';
import { remove, update } from './bulk.ts';
import { type Connection, found } from './connection.ts';
import { asSinkError } from './errors.ts';
import { deadLettersCollection } from './shape.ts';

/** Of one command, which a server takes up to 16 MiB of; text may be thrice as long in bytes. */
const limits = { maxItems: 500, maxSize: 4 * 1024 * 1024 };
/** A letter with a longer one is kept without it: the record's bytes say the same. */
const maxEventLength = 1024 * 1024;

function documentOf(letter: DeadLetter): Document {
  const tooLong = (letter.event?.length ?? 0) > maxEventLength;
  return {
    _id: letter.id,
    failed_at: new Date(letter.failedAtMs),
    application: letter.application,
    worker: letter.worker,
    stream: letter.stream,
    shard: letter.shard,
    sequence: letter.sequence,
    sub_sequence: letter.subSequence,
    arrival: new Date(letter.arrivalMs),
    partition_key: unicodeOrNone(letter.partitionKey) ?? null,
    stage: letter.stage,
    sink: letter.sink ?? null,
    target: letter.target ?? null,
    key: letter.key ?? null,
    error_code: letter.errorCode,
    error_message: letter.errorMessage,
    attempts: letter.attempts,
    raw: letter.raw,
    event: tooLong ? null : (letter.event ?? null),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function millis(value: unknown): number {
  return value instanceof Date ? value.getTime() : 0;
}

function bytes(value: unknown): Uint8Array {
  return typeof value === 'object' && value !== null && 'buffer' in value && value.buffer instanceof Uint8Array
    ? new Uint8Array(value.buffer)
    : new Uint8Array(0);
}

function letterOf(document: Document): DeadLetter {
  const { stage } = document;
  return {
    id: text(document._id),
    failedAtMs: millis(document.failed_at),
    application: text(document.application),
    worker: text(document.worker),
    stream: text(document.stream),
    shard: text(document.shard),
    sequence: text(document.sequence),
    subSequence: Number(document.sub_sequence),
    arrivalMs: millis(document.arrival),
    partitionKey: textOrNone(document.partition_key),
    stage: stage === 'decode' || stage === 'route' ? stage : 'write',
    sink: textOrNone(document.sink),
    target: textOrNone(document.target),
    key: textOrNone(document.key),
    errorCode: text(document.error_code),
    errorMessage: text(document.error_message),
    attempts: Number(document.attempts),
    raw: bytes(document.raw),
    event: textOrNone(document.event),
  };
}

function sizeOf({ raw, event, errorMessage, key }: DeadLetter): number {
  return raw.length + Math.min(event?.length ?? 0, maxEventLength) + errorMessage.length + (key?.length ?? 0);
}

/** Half a surrogate pair becomes U+FFFD, as BSON has no word for it, and a partition key with one is not kept; every other text is kept as it is. */
export function createDeadLetters(connection: Connection): DeadLetterStore {
  const collection = deadLettersCollection;
  return {
    async put(letters, signal) {
      for (const run of chunks(letters, sizeOf, limits)) {
        const documents = run.map(documentOf);
        const statements = documents.map((document) => ({ q: { _id: document._id }, u: { $setOnInsert: document }, upsert: true }));
        const { faults } = await update(statements, { connection, collection, signal });
        for (const fault of faults.values()) throw asSinkError(fault);
      }
    },
    count: (signal) => connection.ask((reached) => reached.db.collection(collection).countDocuments({}, { signal: reached.signal }), signal),
    async page({ limit, after }, signal) {
      if (limit <= 0) return [];
      const filter = after === undefined ? {} : { _id: { $gt: after } };
      return (await found(connection, { collection, filter, sort: { _id: 1 }, limit }, signal)).map(letterOf);
    },
    async find(id, signal) {
      const [document] = await found(connection, { collection, filter: { _id: id } }, signal);
      return document === undefined ? undefined : letterOf(document);
    },
    async discard(ids, signal) {
      return (await remove([{ q: { _id: { $in: [...ids] } }, limit: 0 }], { connection, collection, signal })).removed;
    },
  };
}
