// The one form of a dead letter outside a database: a flat JSON object in one line, with the field names that the tables have.
// It knows no place and no database.
import { gunzipSync, gzipSync } from 'node:zlib';
import { base64 } from '../base64.ts';
import type { DeadLetter } from '../types.ts';

/** Bytes of one letter's JSON. What is longer is not read. */
export const maxLetterBytes = 64 * 1024 * 1024;

export interface LetterForm {
  /** `raw` as it is, in its place `raw_gzip`, or `raw_omitted`: how many bytes it had. */
  readonly raw: 'plain' | 'gzip' | 'omitted';
  /** False: left out. The record's bytes say the same. */
  readonly event: boolean;
  /** `short`: the beginning of a long message; no long key, nor partition key. */
  readonly texts: 'whole' | 'short';
}

export const wholeForm: LetterForm = { raw: 'plain', event: true, texts: 'whole' };

const shortLength = 200;

export type ReadLetter = { readonly kind: 'letter'; readonly letter: DeadLetter } | { readonly kind: 'unreadable'; readonly reason: string };

/** What line readers, terminals and XML take for more than a character. JSON itself escapes only what is below the blank. */
const awkward = /[\u007f-\u009f\u2028\u2029\ufffe\uffff]/g;

/** The years that a date can have. */
const maxTimeMs = 8.64e15;

function timeText(ms: number): string {
  return new Date(Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, -maxTimeMs), maxTimeMs)).toISOString();
}

function rawFields(raw: Uint8Array, form: LetterForm['raw']): Readonly<Record<string, unknown>> {
  if (form === 'omitted') return { raw_omitted: raw.length };
  return form === 'gzip' ? { raw_gzip: base64(gzipSync(raw)) } : { raw: base64(raw) };
}

function shortOrNone(text: string | undefined): string | undefined {
  return text !== undefined && text.length > shortLength ? undefined : text;
}

function shortened({ key, partitionKey, errorMessage }: DeadLetter): Pick<DeadLetter, 'key' | 'partitionKey' | 'errorMessage'> {
  return {
    key: shortOrNone(key),
    partitionKey: shortOrNone(partitionKey),
    errorMessage: errorMessage.length > shortLength ? `${errorMessage.slice(0, shortLength)}…` : errorMessage,
  };
}

/** Without a line end. Texts are escaped so that NUL and half surrogate pairs come back as they were. */
export function letterToJson(letter: DeadLetter, form: LetterForm): string {
  const { key, partitionKey, errorMessage } = form.texts === 'whole' ? letter : shortened(letter);
  const fields = {
    id: letter.id,
    failed_at: timeText(letter.failedAtMs),
    application: letter.application,
    worker: letter.worker,
    stream: letter.stream,
    shard: letter.shard,
    sequence: letter.sequence,
    sub_sequence: letter.subSequence,
    arrival: timeText(letter.arrivalMs),
    partition_key: partitionKey ?? null,
    stage: letter.stage,
    sink: letter.sink ?? null,
    target: letter.target ?? null,
    key: key ?? null,
    error_code: letter.errorCode,
    error_message: errorMessage,
    attempts: letter.attempts,
    event: form.event ? (letter.event ?? null) : null,
    ...rawFields(letter.raw, form.raw),
  };
  return JSON.stringify(fields).replace(awkward, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

type Fields = Readonly<Record<string, unknown>>;

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new Error(`${name} is no text`);
  return value;
}

function textOrNoneIn(fields: Fields, name: string): string | undefined {
  return fields[name] === null || fields[name] === undefined ? undefined : textIn(fields, name);
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw new Error(`${name} is no number`);
  return value;
}

function timeIn(fields: Fields, name: string): number {
  const ms = Date.parse(textIn(fields, name));
  if (Number.isNaN(ms)) throw new Error(`${name} is no time`);
  return ms;
}

function stageIn(fields: Fields): DeadLetter['stage'] {
  const { stage } = fields;
  if (stage !== 'decode' && stage !== 'route' && stage !== 'write') throw new Error('stage is none of decode, route and write');
  return stage;
}

function bytesIn(fields: Fields, name: string): Buffer {
  const text = textIn(fields, name);
  const bytes = Buffer.from(text, 'base64');
  // The decoder passes over what is no base64; the way back shows it.
  if (bytes.toString('base64') !== text) throw new Error(`${name} is no base64`);
  return bytes;
}

/**
 * In place of a record that was left out: a sentence, which no format takes for a record, so that a replay keeps the letter and whoever
 * reads it knows where the record is.
 */
function noticeOf(fields: Fields): Uint8Array {
  const place = `stream ${textIn(fields, 'stream')}, shard ${textIn(fields, 'shard')}, sequence number ${textIn(fields, 'sequence')}`;
  const notice = `The record had ${numberIn(fields, 'raw_omitted')} bytes, too many for where its dead letter is kept. Read it again from its ${place}.`;
  return new TextEncoder().encode(notice);
}

function rawIn(fields: Fields): Uint8Array {
  if (fields.raw_omitted !== undefined) return noticeOf(fields);
  const bytes = fields.raw_gzip === undefined ? bytesIn(fields, 'raw') : gunzipSync(bytesIn(fields, 'raw_gzip'), { maxOutputLength: maxLetterBytes });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function letterOf(fields: Fields): DeadLetter {
  return {
    id: textIn(fields, 'id'),
    failedAtMs: timeIn(fields, 'failed_at'),
    application: textIn(fields, 'application'),
    worker: textIn(fields, 'worker'),
    stream: textIn(fields, 'stream'),
    shard: textIn(fields, 'shard'),
    sequence: textIn(fields, 'sequence'),
    subSequence: numberIn(fields, 'sub_sequence'),
    arrivalMs: timeIn(fields, 'arrival'),
    partitionKey: textOrNoneIn(fields, 'partition_key'),
    stage: stageIn(fields),
    sink: textOrNoneIn(fields, 'sink'),
    target: textOrNoneIn(fields, 'target'),
    key: textOrNoneIn(fields, 'key'),
    errorCode: textIn(fields, 'error_code'),
    errorMessage: textIn(fields, 'error_message'),
    attempts: numberIn(fields, 'attempts'),
    raw: rawIn(fields),
    event: textOrNoneIn(fields, 'event'),
  };
}

/** Total: what is no letter says why. Fields that this version does not know are passed over. */
export function letterFromJson(text: string): ReadLetter {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new Error('it is no JSON object');
    return { kind: 'letter', letter: letterOf(fields as Fields) };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
}
