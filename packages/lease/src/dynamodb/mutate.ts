// Carries out conditional writes: sends one, and when its condition fails asks `../verdict.ts` what that means. It decides
// nothing itself.
import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { leaseKeyName } from '../rows/attributes.ts';
import { decodeLease, type Item, leaseIn } from '../rows/decode.ts';
import type { Lease, Written } from '../types.ts';
import { judge } from '../verdict.ts';
import { readLease } from './read.ts';
import { type Link, type SendOptions, send } from './send.ts';
import type { Write } from './writes/write.ts';

/** For a holding that began unheard, and once more should that answer be lost as well. */
const maxRewrites = 2;

type Sent = { readonly kind: 'done'; readonly item: Item | undefined } | { readonly kind: 'refused'; readonly item: Item | undefined };

/** The item as the write left it, where there is one. */
async function carryOut(link: Link, write: Write, options: SendOptions): Promise<Item | undefined> {
  const common = {
    TableName: link.table,
    ConditionExpression: write.condition,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ...(Object.keys(write.values).length === 0 ? {} : { ExpressionAttributeValues: { ...write.values } }),
  };
  const Key = { [leaseKeyName]: { S: write.key } };
  switch (write.kind) {
    case 'update':
      return link.update({ ...common, Key, UpdateExpression: write.update, ReturnValues: 'ALL_NEW' }, options);
    case 'put':
      await link.client.send(new PutItemCommand({ ...common, Item: { ...write.item } }), options);
      return write.item;
    case 'delete':
      await link.client.send(new DeleteItemCommand({ ...common, Key }), options);
      return undefined;
  }
}

/** Sends a write once. A failed condition is an answer; everything else that goes wrong is thrown. */
export async function sendWrite(link: Link, write: Write, signal: AbortSignal): Promise<Sent> {
  return send(link, signal, async (options) => {
    try {
      return { kind: 'done', item: await carryOut(link, write, options) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { kind: 'refused', item: error.Item };
      throw error;
    }
  });
}

/** The row that made the condition fail; servers that do not send it along are asked. */
async function refusedRow(link: Link, key: string, item: Item | undefined, signal: AbortSignal): Promise<Lease | undefined> {
  return item === undefined ? readLease(link, key, signal) : leaseIn(item);
}

/**
 * Carries out `build(over)`; when a holding turns out to have begun unheard, begins it once more over what that left. What else a
 * holder must write again is the holder's to decide: `stale`, with a row that is still its own.
 * `over` is undefined for a write that supposes no row.
 */
export async function mutate<Over extends Lease | undefined>(
  link: Link,
  over: Over,
  build: (over: Over | Lease) => Write,
  signal: AbortSignal,
): Promise<Written> {
  let write = build(over);
  let supposed: Lease | undefined = over;
  let row: Lease | undefined;
  for (let rewrites = 0; rewrites <= maxRewrites; rewrites += 1) {
    const sent = await sendWrite(link, write, signal);
    if (sent.kind === 'done') return applied(sent.item === undefined ? supposed : decodeLease(sent.item));
    row = await refusedRow(link, write.key, sent.item, signal);
    const verdict = judge({ meant: write.meant, over: supposed, me: write.me, row });
    if (verdict.kind === 'applied') return applied(verdict.lease ?? supposed);
    if (verdict.kind !== 'again') break;
    supposed = verdict.lease;
    write = build(verdict.lease);
  }
  return { outcome: 'stale', current: row };
}

function applied(lease: Lease | undefined): Written {
  return lease === undefined ? { outcome: 'stale', current: undefined } : { outcome: 'applied', lease };
}
