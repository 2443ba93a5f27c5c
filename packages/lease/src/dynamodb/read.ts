// Reads single items, strongly consistent unless told otherwise.
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { leaseKeyName } from '../rows/attributes.ts';
import { type Item, leaseIn } from '../rows/decode.ts';
import type { Lease } from '../types.ts';
import { type Link, send } from './send.ts';

/** Undefined: no such item. `keyName`: of the table's only key. */
export async function readItem(link: Link, keyName: string, key: string, signal: AbortSignal, consistent = true): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: link.table, Key: { [keyName]: { S: key } }, ConsistentRead: consistent });
  return (await send(link, signal, (options) => link.client.send(command, options))).Item;
}

/** Undefined: no such row, or the item of that key is no lease. @throws LeaseError ROW_BROKEN */
export async function readLease(link: Link, key: string, signal: AbortSignal, consistent = true): Promise<Lease | undefined> {
  const item = await readItem(link, leaseKeyName, key, signal, consistent);
  return item === undefined ? undefined : leaseIn(item);
}
