// Reads whole tables, page by page and large ones in several parts at once, so that decoding never holds the program up for long.
// It leaves out the items that are no leases, and hands on those that cannot be read.
import { type AttributeValue, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { LeaseError } from '../errors.ts';
import { decodeRow, type Item } from '../rows/decode.ts';
import { itemBytes } from '../rows/size.ts';
import type { BrokenRow, Lease, TablePart, TableRows } from '../types.ts';
import { type Link, send } from './send.ts';

/**
 * Decoding so many rows of usual size takes some 10 ms, and the answers of all segments may come in one turn of the event loop:
 * together they stay under 50 ms. Small tables still fit into one answer.
 */
const pageRows = 250;
const maxSegments = 4;
/** Each segment costs at least half a read unit (4 KB), which is nothing beside so much. */
const segmentBytes = 256 * 1024;
/** A quarter of a million rows. */
const maxPages = 1000;

type How = Pick<ScanCommandInput, 'ConsistentRead' | 'Limit' | 'FilterExpression' | 'ExpressionAttributeValues'>;

/** The whole table, in as many parts as serve its size in bytes as last known. */
export function partsOf(bytes: number): readonly TablePart[] {
  const of = Math.min(maxSegments, Math.max(1, Math.ceil(bytes / segmentBytes)));
  return Array.from({ length: of }, (_, index) => ({ index, of }));
}

/** Calls `visit` with the items of each page as it comes, in no order. @throws LeaseError TABLE_FOREIGN when there are too many. */
export async function scanPages(
  link: Link,
  how: How,
  parts: readonly TablePart[],
  visit: (items: readonly Item[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let pages = 0;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const readPart = async ({ index, of }: TablePart): Promise<void> => {
    const segment = of === 1 ? {} : { Segment: index, TotalSegments: of };
    let from: Record<string, AttributeValue> | undefined;
    do {
      pages += 1;
      if (pages > maxPages) throw tooLarge(link.table);
      const command = new ScanCommand({ TableName: link.table, ...how, ...segment, ...(from === undefined ? {} : { ExclusiveStartKey: from }) });
      const answer = await send(link, either, (options) => link.client.send(command, options));
      visit(answer.Items ?? []);
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
  };
  try {
    await Promise.all(parts.map(readPart));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

function tooLarge(table: string): LeaseError {
  return new LeaseError(
    'TABLE_FOREIGN',
    `The table '${table}' takes more than ${maxPages} pages to read and is read as no lease table. No lease is taken. Name another table.`,
  );
}

/** @throws LeaseError TABLE_FOREIGN */
export async function scanTable(link: Link, consistent: boolean, parts: readonly TablePart[], signal: AbortSignal): Promise<TableRows> {
  const leases: Lease[] = [];
  const broken: BrokenRow[] = [];
  let bytes = 0;
  const visit = (items: readonly Item[]): void => {
    for (const item of items) {
      bytes += itemBytes(item);
      const row = decodeRow(item);
      if (row.kind === 'lease') leases.push(row.lease);
      if (row.kind === 'broken') broken.push({ key: row.key, error: row.error });
    }
  };
  await scanPages(link, { ConsistentRead: consistent, Limit: pageRows }, parts, visit, signal);
  return { leases: leases.sort(byKey), broken: broken.sort(byKey), bytes };
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : 1;
}
