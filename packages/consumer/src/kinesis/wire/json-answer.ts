// A GetRecords answer in JSON becomes a page, for endpoints that answer CBOR badly. Payloads stay base64 until they are asked for.
import type { Page } from '../../source/service.ts';
import type { ShardRef } from '../../types.ts';
import { arrivalOf, behindOf, childrenOf, isObject, pageOf } from './page.ts';
import { textPayloads, WireRecord } from './record.ts';

/** What came is no GetRecords answer, or not a whole one. */
export class JsonError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'JsonError';
  }
}

function parse(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new JsonError('it is no JSON, or not to its end', { cause });
  }
  if (!isObject(value)) throw new JsonError('it is no object');
  return value;
}

function textIn(object: Record<string, unknown>, key: string): string | undefined {
  const value = object[key] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw new JsonError(`its ${key} is no text`);
  return value;
}

function numberIn(object: Record<string, unknown>, key: string): number {
  const value = object[key] ?? 0;
  if (typeof value !== 'number') throw new JsonError(`its ${key} is no number`);
  return value;
}

function recordsIn(answer: Record<string, unknown>): readonly Record<string, unknown>[] {
  const value = answer.Records;
  if (value === null) return [];
  // Without them, an empty answer would look like the end of the shard.
  if (!Array.isArray(value) || !value.every(isObject)) throw new JsonError('it has no records');
  return value;
}

/** Throws `JsonError`; never gives a part of what is there. Nothing keeps `body`. */
export function parseJsonAnswer(shard: ShardRef, body: Buffer): Page {
  const answer = parse(body);
  const found = recordsIn(answer);
  const texts = found.map((record) => textIn(record, 'Data') ?? '');
  const payloads = textPayloads(texts);
  const records = found.map((record, index) => {
    const sequence = textIn(record, 'SequenceNumber');
    if (sequence === undefined) throw new JsonError('a record has no sequence number');
    const arrivalMs = arrivalOf(numberIn(record, 'ApproximateArrivalTimestamp'));
    return new WireRecord(shard, sequence, textIn(record, 'PartitionKey') ?? '', arrivalMs, payloads, index, index);
  });
  return pageOf({
    records,
    next: textIn(answer, 'NextShardIterator'),
    behindLatestMs: behindOf(numberIn(answer, 'MillisBehindLatest')),
    children: childrenOf(answer.ChildShards, () => new JsonError('its child shards are none')),
    payloadBytes: texts.reduce((sum, text) => sum + text.length, 0),
    payloads: [payloads],
  });
}
