// The stream graphs of the Java library's own tests, and a short way to write rows and leases down. Shared by the tests of the shard
// graph and of the cleanup.

import { LeaseError } from '../../../src/errors.ts';
import type { BrokenRow, Lease, NewLease, Position, ShardListing } from '../../../src/types.ts';
import { released } from './rows.ts';

export type Shape = readonly (readonly [shardId: string, parents: string, open?: 'open'])[];

export function listingOf(shape: Shape): readonly ShardListing[] {
  return shape.map(([shardId, parents, open]) => ({ shardId, parents: parents === '' ? [] : parents.split(','), closed: open !== 'open' }));
}

export const graphA = listingOf([
  ['00', ''],
  ['01', ''],
  ['02', ''],
  ['03', ''],
  ['04', '', 'open'],
  ['05', ''],
  ['06', '00,01'],
  ['07', '02,03'],
  ['08', '06,07', 'open'],
  ['09', '05', 'open'],
  ['10', '05', 'open'],
]);

export const graphB = listingOf([
  ['00', ''],
  ['01', ''],
  ['02', '00,01'],
  ['03', '02'],
  ['04', '02'],
  ['05', '03,04'],
  ['06', '05'],
  ['07', '05'],
  ['08', '06,07'],
  ['09', '08', 'open'],
  ['10', '08', 'open'],
]);

export const graphC = listingOf([
  ['00', ''],
  ['01', '', 'open'],
  ['02', ''],
  ['03', ''],
  ['04', '00'],
  ['05', '00'],
  ['06', '02,03', 'open'],
  ['07', '04', 'open'],
  ['08', '04', 'open'],
  ['09', '05', 'open'],
  ['10', '05', 'open'],
]);

export const leaseKey = (shardId: string): string => `key-${shardId}`;

const positions = {
  T: { kind: 'trim-horizon' },
  L: { kind: 'latest' },
  A: { kind: 'at-timestamp' },
  '!': { kind: 'shard-end' },
} as const satisfies Record<string, Position>;

const isMark = (mark: string): mark is keyof typeof positions => Object.hasOwn(positions, mark);

/**
 * `04`: being read. `04!`: finished. `04L`, `04A`: begun at the start, nothing read yet. `04T`: at TRIM_HORIZON, and nobody has ever held it.
 * `04t`: the same, but somebody has.
 */
function rowOf(listing: readonly ShardListing[], text: string): Lease {
  const shardId = text.slice(0, 2);
  const mark = text.slice(2);
  const { parents = [] } = listing.find((shard) => shard.shardId === shardId) ?? {};
  const position: Position = isMark(mark) ? positions[mark] : mark === 't' ? positions.T : { kind: 'sequence', sequence: '7', subSequence: 0 };
  return released(leaseKey(shardId), { shardId, parents, position, counter: mark === 'T' ? 0n : 7n });
}

export function rowsOf(listing: readonly ShardListing[], text: string): readonly Lease[] {
  return text === '' ? [] : text.split(' ').map((row) => rowOf(listing, row));
}

export function brokenRows(text: string): readonly BrokenRow[] {
  return text === '' ? [] : text.split(' ').map((shardId) => ({ key: leaseKey(shardId), error: new LeaseError('ROW_BROKEN', 'broken (test)') }));
}

const marks: Readonly<Record<Position['kind'], string>> = { 'trim-horizon': 'T', latest: 'L', 'at-timestamp': 'A', sequence: '?', 'shard-end': '!' };

/** In the order of their ids. */
export function textOf(leases: readonly NewLease[]): string {
  return leases
    .map((lease) => `${lease.shardId}${marks[lease.position.kind]}`)
    .sort()
    .join(' ');
}
