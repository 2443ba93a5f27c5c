// Answers for the tests of the wire, and what a page says. They know no test.
import type { Page } from '../../../src/source/service.ts';
import { shard } from '../../support/records.ts';
import { Tagged } from './encoder.ts';

export { shard };

export interface Plain {
  readonly sequence: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

export const arrivalMs = 1_763_700_000_123;

export function plainRecord(sequence: string, data: string, partitionKey = 'kéy ☃'): Plain {
  return { sequence, partitionKey, arrivalMs, data: Buffer.from(data) };
}

/** A record as AWS writes it. */
export function recordItem({ sequence, partitionKey, arrivalMs: ms, data }: Plain): Record<string, unknown> {
  return { SequenceNumber: sequence, ApproximateArrivalTimestamp: new Tagged(1, ms), Data: data, PartitionKey: partitionKey };
}

export function answerItem(records: readonly Plain[], more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { Records: records.map(recordItem), NextShardIterator: 'next', MillisBehindLatest: 7, ...more };
}

/** The same in JSON. */
export function answerJson(records: readonly Plain[], more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const list = records.map(({ sequence, partitionKey, arrivalMs: ms, data }) => ({
    SequenceNumber: sequence,
    ApproximateArrivalTimestamp: ms / 1000,
    Data: Buffer.from(data).toString('base64'),
    PartitionKey: partitionKey,
  }));
  return { Records: list, NextShardIterator: 'next', MillisBehindLatest: 7, ...more };
}

/** What a page's records say, without their shard. */
export function plainOf(page: Page): readonly Plain[] {
  return page.records.map((record) => ({
    sequence: record.sequence,
    partitionKey: record.partitionKey,
    arrivalMs: record.arrivalMs,
    data: Uint8Array.from(record.bytes()),
  }));
}

export const bytesOnly = (records: readonly Plain[]): readonly Plain[] => records.map((record) => ({ ...record, data: Uint8Array.from(record.data) }));
