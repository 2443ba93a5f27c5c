// Reads what a KCL 3.x fleet left: in the lease table (3.5) and in the two side tables (3.0 to 3.4). What it means is decided
// elsewhere.
import { LeaseError } from '../errors.ts';
import { leaseKeyName } from '../rows/attributes.ts';
import type { Item } from '../rows/decode.ts';
import { coordinatorTable, decodePeers, lockKey, metricsEntity, metricsTable, modeKey } from '../rows/peers.ts';
import type { PeerState } from '../types.ts';
import { readItem } from './read.ts';
import { scanPages } from './scan.ts';
import type { Link } from './send.ts';

/** `application`: after which the Java KCL names its side tables. */
export interface PeersLink extends Link {
  readonly application: string;
}

const keys = [lockKey, modeKey] as const;

async function byKey(link: Link, keyName: string, signal: AbortSignal): Promise<readonly Item[]> {
  const items = await Promise.all(keys.map((key) => readItem(link, keyName, key, signal)));
  return items.filter((item) => item !== undefined);
}

async function all(link: Link, filter: Parameters<typeof scanPages>[1], signal: AbortSignal): Promise<readonly Item[]> {
  const found: Item[] = [];
  await scanPages(link, { ConsistentRead: true, ...filter }, [{ index: 0, of: 1 }], (items) => found.push(...items), signal);
  return found;
}

/** Only a fleet of 3.0 to 3.4 has side tables, and a policy may well not include them: neither is a fault. */
async function ifAny(items: Promise<readonly Item[]>): Promise<readonly Item[]> {
  try {
    return await items;
  } catch (error) {
    if (error instanceof LeaseError && (error.code === 'TABLE_MISSING' || refused(error.cause))) return [];
    throw error;
  }
}

function refused(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AccessDeniedException';
}

/**
 * Strongly consistent. A side table that is missing, or that these credentials may not read, holds nothing. Without `metrics`
 * no table is scanned.
 */
export async function readPeers(link: PeersLink, metrics: boolean, signal: AbortSignal): Promise<PeerState> {
  const beside = ({ suffix }: { readonly suffix: string }): Link => ({ ...link, table: `${link.application}${suffix}` });
  const onlyMetrics = { FilterExpression: 'entityType = :metrics', ExpressionAttributeValues: { ':metrics': { S: metricsEntity } } };
  const places = await Promise.all([
    byKey(link, leaseKeyName, signal),
    ifAny(byKey(beside(coordinatorTable), coordinatorTable.keyName, signal)),
    ...(metrics ? [all(link, onlyMetrics, signal), ifAny(all(beside(metricsTable), {}, signal))] : []),
  ]);
  return decodePeers(places.flat());
}
