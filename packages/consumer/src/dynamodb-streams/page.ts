// An answer as a page: its records stand on the answer's bytes until they are let go. It asks nothing.
import type { ChildShard } from '@shardfold/lease';
import { arrivalOf, pageOf } from '../kinesis/wire/page.ts';
import { rawPayloads, WireRecord } from '../kinesis/wire/record.ts';
import type { Page } from '../source/service.ts';
import type { ShardRef } from '../types.ts';
import type { Answer } from './answer.ts';

/**
 * The service does not say how far behind a page is. Nothing at all is the tip; what there is may have more behind it, and is as
 * old as its last record, whose time is rounded to a second.
 */
function behindOf(arrivalMs: number | undefined, nowMs: number): number {
  return arrivalMs === undefined ? 0 : Math.max(1, nowMs - arrivalMs);
}

export function pageFrom(parts: {
  readonly shard: ShardRef;
  readonly body: Buffer;
  /** Read from `body`. */
  readonly answer: Answer;
  readonly children: readonly ChildShard[] | undefined;
  readonly nowMs: number;
}): Page {
  const { shard, body, answer, children, nowMs } = parts;
  const payloads = rawPayloads(body);
  const records = answer.records.map(
    ({ sequence, partitionKey, createdAt, start, end }) => new WireRecord(shard, sequence, partitionKey, arrivalOf(createdAt), payloads, start, end),
  );
  const keyChars = answer.records.reduce((sum, { partitionKey }) => sum + partitionKey.length, 0);
  return pageOf({
    records,
    next: answer.next,
    behindLatestMs: behindOf(records.at(-1)?.arrivalMs, nowMs),
    children,
    // An answer without records is not kept.
    ...(records.length === 0 ? { payloadBytes: 0, payloads: [] } : { payloadBytes: body.byteLength + keyChars, payloads: [payloads] }),
  });
}
