// Leases as JSON lines, to be kept and put back: one a line, with all that its row needs to be made anew. It reads no file and no table.
import type { Lease, Target, WantedLease } from '@shardfold/consumer';
import { z } from 'zod';
import type { Line } from './lines.ts';

const line = z.strictObject({
  lease: z.string().min(1),
  stream: z.string().min(1).optional(),
  shard: z.string().min(1),
  position: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['trim-horizon', 'latest', 'at-timestamp', 'shard-end']) }),
    z.strictObject({ kind: z.literal('sequence'), sequence: z.string().regex(/^\d{1,128}$/), subSequence: z.int().min(-1).default(0) }),
  ]),
  /** Milliseconds since 1970: what arrived before then was read. */
  readMs: z.int().min(0).optional(),
  parents: z.array(z.string().min(1)).default([]),
  children: z.array(z.string().min(1)).default([]),
  hashRange: z.strictObject({ start: z.string().regex(/^\d+$/), end: z.string().regex(/^\d+$/) }).optional(),
  source: z.string().min(1).optional(),
});
type WrittenLease = z.output<typeof line>;

/** What `checkpoint export` prints for a lease. Who holds it now is left out: that is not to be put back. */
export function exportLine({ key, shardId, stream, position, readMs, parents, children, hashRange, source }: Lease): string {
  return JSON.stringify({ lease: key, stream, shard: shardId, position, readMs, parents, children, hashRange, source });
}

function targetOf({ position, readMs }: WrittenLease): Target {
  if (position.kind !== 'latest') return position;
  return { kind: 'latest', ...(readMs === undefined ? {} : { sinceMs: readMs }) };
}

function wantedOf(written: WrittenLease): WantedLease {
  const { lease: key, shard: shardId, stream, parents, children, hashRange, source } = written;
  return {
    key,
    shardId,
    ...(stream === undefined ? {} : { stream }),
    parents,
    children,
    ...(hashRange === undefined ? {} : { hashRange }),
    ...(source === undefined ? {} : { source }),
    to: targetOf(written),
  };
}

function parsed(text: string): { readonly value: WrittenLease } | { readonly fault: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: 'is no JSON' };
  }
  const read = line.safeParse(json);
  if (read.success) return { value: read.data };
  const [issue] = read.error.issues;
  return { fault: `${issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `}${issue?.message ?? 'is no lease'}` };
}

/** The table's own form of a key, by which a row is found again. */
function keyFault({ lease, stream, shard }: WrittenLease): string | undefined {
  const wanted = stream === undefined ? shard : `${stream}:${shard}`;
  return lease === wanted ? undefined : `lease: is ${lease}, and its stream and shard make ${wanted}`;
}

/** A table of more leases is not put back this way. */
const leasesMax = 100_000;

export interface Written {
  readonly leases: readonly WantedLease[];
  /** One for each line that is wrong, with its number. */
  readonly faults: readonly string[];
}

export async function readLeases(lines: AsyncIterable<Line>): Promise<Written> {
  const leases: WantedLease[] = [];
  const faults: string[] = [];
  const seen = new Set<string>();
  for await (const each of lines) {
    const text = each.kind === 'line' ? Buffer.from(each.bytes).toString('utf8').trim() : undefined;
    if (text === '') continue;
    const read = text === undefined ? { fault: 'is too long' } : parsed(text);
    const fault =
      'fault' in read ? read.fault : (keyFault(read.value) ?? (seen.has(read.value.lease) ? `lease: ${read.value.lease} was there before` : undefined));
    if (fault !== undefined) faults.push(`line ${each.number}: ${fault}`);
    else if ('value' in read) {
      seen.add(read.value.lease);
      leases.push(wantedOf(read.value));
    }
    if (seen.size <= leasesMax) continue;
    faults.push(`line ${each.number}: there are more than ${leasesMax} leases`);
    break;
  }
  return { leases, faults };
}
