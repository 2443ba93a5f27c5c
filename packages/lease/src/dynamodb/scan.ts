// Reads all leases of a table, page by page. It leaves out the items that are no leases.
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import { LeaseError } from '../errors.ts';
import { decodeRow } from '../rows/decode.ts';
import type { Lease, TableRows } from '../types.ts';
import { type Link, send } from './send.ts';

/** 100 MB of rows: some 200,000 leases. */
const maxPages = 100;

/** @throws LeaseError ROW_BROKEN, TABLE_FOREIGN when the table is larger than any lease table. */
export async function scanTable(link: Link, consistent: boolean, signal: AbortSignal): Promise<TableRows> {
  const leases: Lease[] = [];
  let from: Record<string, AttributeValue> | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const command: ScanCommand = new ScanCommand({
      TableName: link.table,
      ConsistentRead: consistent,
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    const answer = await send(link, signal, (options) => link.client.send(command, options));
    for (const item of answer.Items ?? []) {
      const row = decodeRow(item);
      if (row.kind === 'lease') leases.push(row.lease);
    }
    from = answer.LastEvaluatedKey;
    if (from === undefined) return { leases: leases.sort((a, b) => (a.key < b.key ? -1 : 1)), broken: [], bytes: 0 };
  }
  throw new LeaseError(
    'TABLE_FOREIGN',
    `The table '${link.table}' holds more than ${maxPages} MB and is read as no lease table. No lease is taken. Name another table.`,
  );
}
