import { describe, expect, it } from 'vitest';
import { childLeases, missingLeases } from '../../../src/fleet/shard-graph.ts';
import type { Lease, Position, ShardListing } from '../../../src/types.ts';
import { finished, released } from './rows.ts';

type Shape = readonly (readonly [shardId: string, parents: string, closed?: 'open'])[];
const listingOf = (shape: Shape): ShardListing[] =>
  shape.map(([shardId, parents, open]) => ({ shardId, parents: parents === '' ? [] : parents.split(','), closed: open !== 'open' }));

// The graphs of the Java library's own tests; ids padded so that text order is their order.
const graphA = listingOf([
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
const graphB = listingOf([
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

const trimHorizon: Position = { kind: 'trim-horizon' };
const latest: Position = { kind: 'latest' };
const atTimestamp: Position = { kind: 'at-timestamp' };
const leaseKey = (shardId: string) => `key-${shardId}`;

function rowsOf(listing: readonly ShardListing[], text: string): Lease[] {
  if (text === '') return [];
  return text.split(',').map((mark) => {
    const shardId = mark.replace('!', '');
    const parents = listing.find((shard) => shard.shardId === shardId)?.parents ?? [];
    return released(leaseKey(shardId), { shardId, parents, ...(mark.endsWith('!') ? finished : {}) });
  });
}

const short: Record<Position['kind'], string> = { 'trim-horizon': 'T', latest: 'L', 'at-timestamp': 'A', sequence: '?', 'shard-end': '!' };
function created(listing: readonly ShardListing[], start: Position, rows: string): string {
  const missing = missingLeases({ listing, rows: rowsOf(listing, rows), start, leaseKey });
  return missing.map((lease) => `${lease.shardId}${short[lease.position.kind]}`).join(' ');
}

describe('an empty table', () => {
  it.each([
    [trimHorizon, '00T 01T 02T 03T 04T 05T'],
    [latest, '04L 08L 09L 10L'],
    [atTimestamp, '00A 01A 02A 03A 04A 05A'],
  ])('at %o', (start, leases) => {
    expect(created(graphA, start, '')).toBe(leases);
  });
  it('of a stream that lists nothing stays empty', () => {
    expect(missingLeases({ listing: [], rows: [], start: trimHorizon, leaseKey })).toEqual([]);
  });
});

describe('a table with leases', () => {
  it.each([
    ['as the Java library (S14)', graphA, trimHorizon, '03,04,05', '00T 01T 02T'],
    ['as the Java library (S16)', graphA, trimHorizon, '02,06', '03T 04T 05T'],
    ['as the Java library (S17)', graphA, trimHorizon, '04,09,10', '00T 01T 02T 03T'],
    ['as the Java library (S1)', graphA, latest, '03,04,05', '02L 06L'],
    ['as the Java library (S3)', graphA, latest, '02,06', '03L 04L 09L 10L'],
    ['all there is', graphA, latest, '00,01,02,03,04,05,06,07', ''],
    ['children still to come from their parents', graphB, trimHorizon, '05', ''],
    ['a missing child under finished parents', graphA, latest, '04,06!,07!,09,10', '08T'],
    ['a missing child under one finished parent only', graphA, trimHorizon, '04,05,06!,07', ''],
    ['the sibling of a shard that was begun, not their ancestors', graphB, trimHorizon, '06', '07T'],
    ['likewise at latest', graphB, latest, '06', '07T'],
    ['a parent cleaned up after both children began', graphA, trimHorizon, '04,08,09,10', ''],
  ])('%s', (_, graph, start, rows, leases) => {
    expect(created(graph, start, rows)).toBe(leases);
  });

  it('creates nothing twice', () => {
    for (const start of [trimHorizon, latest]) {
      const first = missingLeases({ listing: graphA, rows: rowsOf(graphA, '02,06'), start, leaseKey });
      const all = ['02', '06', ...first.map((lease) => lease.shardId)].join(',');
      expect(created(graphA, start, all)).toBe('');
    }
  });

  it('waits with a child whose parent is still listed as open', () => {
    const torn = listingOf([
      ['00', '', 'open'],
      ['01', '00', 'open'],
    ]);
    expect(created(torn, latest, '')).toBe('00L');
  });

  it('waits for a parent that the stream lists no more but somebody still reads', () => {
    const shards = listingOf([['01', '00', 'open']]);
    const row = released('key-00', { shardId: '00' });
    expect(missingLeases({ listing: shards, rows: [row], start: latest, leaseKey })).toEqual([]);
    expect(missingLeases({ listing: shards, rows: [{ ...row, ...finished }], start: latest, leaseKey })).toMatchObject([
      { shardId: '01', position: trimHorizon },
    ]);
  });
});

it('children begin at TRIM_HORIZON and name both parents of a merge', () => {
  const hashRange = { start: '0', end: '9' };
  expect(childLeases([{ shardId: 'c', parents: ['a', 'b'], hashRange }], { leaseKey, stream: 'acc:s:1' })).toEqual([
    { key: 'key-c', shardId: 'c', stream: 'acc:s:1', position: trimHorizon, parents: ['a', 'b'], hashRange },
  ]);
});
