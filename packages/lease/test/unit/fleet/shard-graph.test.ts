import { describe, expect, it } from 'vitest';
import { childLeases, isBeginning, missingLeases } from '../../../src/fleet/shard-graph.ts';
import type { Position, ShardListing } from '../../../src/types.ts';
import { brokenRows, graphA, graphB, leaseKey, listingOf, rowsOf, textOf } from './shard-graphs.ts';

const trimHorizon: Position = { kind: 'trim-horizon' };
const latest: Position = { kind: 'latest' };
const atTimestamp: Position = { kind: 'at-timestamp' };

interface Also {
  readonly broken?: string;
  readonly atStart?: string;
}

function created(listing: readonly ShardListing[], start: Position, rows: string, { broken = '', atStart }: Also = {}): string {
  const wanted = atStart === undefined ? {} : { atStart: listing.filter((shard) => atStart.split(' ').includes(shard.shardId)) };
  return textOf(missingLeases({ listing, rows: rowsOf(listing, rows), broken: brokenRows(broken), start, leaseKey, ...wanted }));
}

const everything = graphA.map((shard) => shard.shardId).join(' ');

describe('a start at a time, when the stream says which shards were open then', () => {
  it.each([
    ['E2: those alone', '', '04 08 09 10', '04A 08A 09A 10A'],
    ['E3: those alone, and their children later, from their parents', '', '04 05 06 07', '04A 05A 06A 07A'],
    ['the rest of a start that was cut short', '06A', '04 05 06 07', '04A 05A 07A'],
    ['nothing when it is complete', '04A 05A 06A 07A', '04 05 06 07', ''],
    // An emulator may not know the filter. Parents are read before their children, and nothing before the time is read.
    ['all of an emulator that names all', '', everything, everything.replaceAll(/\d+/g, '$&A')],
    // Never an empty fleet: whatever follows none of them begins as without the filter.
    ['the roots where it names none', '', '', '00A 01A 02A 03A 04A 05A'],
    ['lines that it left out from their roots', '', '04 05 06', '02A 03A 04A 05A 06A'],
  ])('creates %s', (_, rows, atStart, leases) => {
    expect(created(graphA, atTimestamp, rows, { atStart })).toBe(leases);
  });

  it('leaves a broken row alone', () => {
    expect(created(graphA, atTimestamp, '', { atStart: '04 05 06 07', broken: '06' })).toBe('04A 05A 07A');
  });

  it('creates parents before their children', () => {
    const listing = graphA.toReversed();
    const ids = missingLeases({ listing, rows: [], broken: [], start: atTimestamp, leaseKey, atStart: listing }).map((lease) => lease.shardId);
    for (const [at, shardId] of ids.entries()) {
      for (const parent of graphA.find((shard) => shard.shardId === shardId)?.parents ?? []) expect(ids.indexOf(parent)).toBeLessThan(at);
    }
  });

  it.each([
    ['', true],
    ['04A 05A', true],
    ['04A 05', false],
    ['04A 05!', false],
  ])('is being made while the rows are %j: %s', (rows, beginning) => {
    expect(isBeginning(rowsOf(graphA, rows))).toBe(beginning);
  });
});

describe('what rows prove about the shards before theirs', () => {
  it.each([
    ['one that is read: its parents were', graphB, trimHorizon, '06', '07T'],
    ['one that is finished, too', graphB, trimHorizon, '06!', '07T'],
    ['one that was held before it was rewound, too', graphB, trimHorizon, '06t', '07T'],
    // Its parent's row would be there: whoever finishes a shard creates its children first. So the parent was never begun.
    ['one that nobody ever held: nothing', graphB, trimHorizon, '06T', '00T 01T'],
    ['nor that its parent may be left out', graphA, trimHorizon, '00! 06T 04 05', '01T 02T 03T'],
    ['one at the start: its parents lie before the start, and its sibling is at the start, too', graphB, latest, '06L', '07L'],
    ['the same at a time', graphB, atTimestamp, '06A', '07A'],
    ['the start and the end of one shard: the end counts', graphA, latest, '09L 10', '04L 08L'],
    ['a row of a shard that the stream lists no more', listingOf([['01', '00', 'open']]), latest, '00!', '01T'],
    ['the same while it is read', listingOf([['01', '00', 'open']]), latest, '00', ''],
    [
      'a sibling of one whose parent is listed no more',
      listingOf([
        ['01', '00', 'open'],
        ['02', '00', 'open'],
      ]),
      latest,
      '01',
      '02T',
    ],
    ['a child of removed rows only, as those of its other children show', graphB, latest, '09', '10T'],
  ])('%s', (_, graph, start, rows, leases) => {
    expect(created(graph, start, rows)).toBe(leases);
  });
});

describe('a broken row', () => {
  it.each([
    ['is not created anew, and its children wait', '00 01 02 03 04 06! 09 10', '07', ''],
    ['is no root to begin', '', '00 01 02 03 04', '05T'],
    // 5 was most likely read and its row removed: it is not begun anew. Nor is that sure: 10 waits until 9 tells.
    ['tells nothing of what is before it: that waits, and what follows it', '00 01 02 03 04', '09', ''],
    ['is not needed where another row tells', '00 01 02 03 04 10', '09', ''],
    ['nor for what follows that', '00! 01! 02 03 04 05', '07', '06T'],
  ])('%s', (_, rows, broken, leases) => {
    expect(created(graphA, trimHorizon, rows, { broken })).toBe(leases);
  });

  it('makes its sibling wait at latest, too: it may follow a shard that was read', () => {
    expect([created(graphA, latest, '04 08', { broken: '09' }), created(graphA, latest, '04 08')]).toEqual(['', '09L 10L']);
  });

  it('of a parent that is listed no more makes its child wait', () => {
    const listing = listingOf([['01', '00', 'open']]);
    expect([created(listing, trimHorizon, '', { broken: '00' }), created(listing, trimHorizon, '')]).toEqual(['', '01T']);
  });

  it('of another stream changes nothing', () => {
    expect(created(graphA, latest, '', { broken: '99' })).toBe('04L 08L 09L 10L');
  });
});

describe('a listing from the middle of a reshard', () => {
  const parentStillOpen = listingOf([
    ['00', '', 'open'],
    ['01', '00', 'open'],
  ]);
  const childrenNotThere = listingOf([
    ['00', ''],
    ['01', '', 'open'],
  ]);
  it('the child of a parent that is still open waits', () => {
    expect(created(parentStillOpen, latest, '')).toBe('00L');
  });
  it('a closed shard without children stands in for them at latest, so that none of their records is passed over', () => {
    expect(created(childrenNotThere, latest, '')).toBe('00L 01L');
  });
  it('a stale one does not begin a shard whose descendant is read', () => {
    expect(created(parentStillOpen, trimHorizon, '01')).toBe('');
  });
  it('an empty one creates nothing', () => {
    expect(created([], trimHorizon, '')).toBe('');
  });
});

it('children begin at TRIM_HORIZON and name both parents of a merge', () => {
  const hashRange = { start: '0', end: '9' };
  expect(childLeases([{ shardId: 'c', parents: ['a', 'b'], hashRange }], { leaseKey, stream: 'acc:s:1' })).toEqual([
    { key: 'key-c', shardId: 'c', stream: 'acc:s:1', position: trimHorizon, parents: ['a', 'b'], hashRange },
  ]);
});
