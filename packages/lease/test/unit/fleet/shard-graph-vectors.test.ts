// The vectors of the Java library's own tests (HierarchicalShardSyncer), and those that its present algorithm fails: what it
// creates, and what we create. Java looks at shards and never at positions; rows are being read here unless marked (`shard-graphs.ts`).
import { describe, expect, it } from 'vitest';
import { missingLeases } from '../../../src/fleet/shard-graph.ts';
import type { Position, ShardListing } from '../../../src/types.ts';
import { graphA, graphB, graphC, leaseKey, listingOf, rowsOf, textOf } from './shard-graphs.ts';

const starts = { T: { kind: 'trim-horizon' }, L: { kind: 'latest' }, A: { kind: 'at-timestamp' } } as const satisfies Record<string, Position>;

function created(listing: readonly ShardListing[], start: keyof typeof starts, rows: string): string {
  return textOf(missingLeases({ listing, rows: rowsOf(listing, rows), broken: [], start: starts[start], leaseKey }));
}

const allOfA = '00 01 02 03 04 05 06 07';
const allRoots = '00T 01T 02T 03T 04T 05T';

describe('as Java', () => {
  it.each([
    ['S1', graphA, 'L', '03 04 05', '02L 06L'],
    ['S2', graphA, 'L', '04 05 07', '06L'],
    ['S3', graphA, 'L', '02 06', '03L 04L 09L 10L'],
    ['S4', graphA, 'L', '04 09 10', '08L'],
    ['S5', graphA, 'L', '04 05 06 07', ''],
    ['S6', graphA, 'L', allOfA, ''],
    ['S7', graphA, 'L', '', '04L 08L 09L 10L'],
    ['S8', graphA, 'L', '00 01 04 07 09 10', ''],
    ['S9, in a start that was cut short', graphC, 'L', '09L 10L', '01L 06L 07L 08L'],
    ['S10, in a start that was cut short', graphB, 'L', '06L', '07L'],
    ['S11', graphB, 'L', '05', ''],
    ['S12', graphB, 'L', '00 01 02 03 04 05', ''],
    ['S13', graphB, 'L', '', '09L 10L'],
    ['S14', graphA, 'T', '03 04 05', '00T 01T 02T'],
    ['S15', graphA, 'T', '04 05 07', '00T 01T'],
    ['S16', graphA, 'T', '02 06', '03T 04T 05T'],
    ['S17', graphA, 'T', '04 09 10', '00T 01T 02T 03T'],
    ['S18', graphA, 'T', '04 05 06 07', ''],
    ['S19', graphA, 'T', allOfA, ''],
    ['S20, E1', graphA, 'T', '', allRoots],
    ['S21', graphA, 'T', '00 01 04 07 09 10', ''],
    ['S22', graphB, 'T', '05', ''],
    ['S23', graphB, 'T', '00 01 02 03 04 05', ''],
    ['S24', graphB, 'T', '', '00T 01T'],
    // At a time Java stores the word AT_TIMESTAMP and so do we; the time itself is the configuration's.
    ['S25', graphA, 'A', '03 04 05', '00A 01A 02A'],
    ['S26', graphA, 'A', '04 05 07', '00A 01A'],
    ['S27', graphA, 'A', '02 06', '03A 04A 05A'],
    ['S28', graphA, 'A', '04 09 10', '00A 01A 02A 03A'],
    ['S29', graphA, 'A', '04 05 06 07', ''],
    ['S30', graphA, 'A', allOfA, ''],
    ['S31', graphA, 'A', '', allRoots.replaceAll('T', 'A')],
    ['S32', graphA, 'A', '00 01 04 07 09 10', ''],
    ['S33', graphB, 'A', '05', ''],
    ['S34', graphB, 'A', '00 01 02 03 04 05', ''],
    ['S35', graphB, 'A', '', '00A 01A'],
    // 7 proves that 2 and 3 were read; nothing proves it of 0 and 1, whose leases a start that was cut short never created. To
    // begin at 6, which would be right if only the row of 6 had been lost, would pass 0 and 1 over in silence.
    ['X5', graphA, 'T', '04 07 09 10', '00T 01T'],
    ['X4, in a start that was cut short', graphA, 'L', '09L', '04L 08L 10L'],
    ['X2, in a start that was cut short: 7 alone, no replay', graphB, 'A', '06A', '07A'],
    // Nobody ever held 9 and the row of its parent is gone: somebody deleted it by hand, or it was never created.
    ['X3, when 9 was never held', graphA, 'T', '09T', allRoots],
    ['E4', graphA, 'L', '', '04L 08L 09L 10L'],
    ['E5', graphA, 'T', '01 02 03 04 05 07 09 10', '00T'],
    ['E5 at latest', graphA, 'L', '01 02 03 04 05 07 09 10', '00L'],
    ['E5 at a time', graphA, 'A', '01 02 03 04 05 07 09 10', '00A'],
    ['E10', [], 'T', '', ''],
  ] as const)('%s', (_, graph, start, rows, leases) => {
    expect(created(graph, start, rows)).toBe(leases);
  });
});

const reopened = graphA.map((shard) => (shard.shardId === '05' ? { ...shard, closed: false } : shard));
const torn = listingOf([
  ['00', '', 'open'],
  ['01', '', 'open'],
  ['02', '01', 'open'],
]);
const leaf = listingOf([
  ['00', ''],
  ['01', '', 'open'],
  ['02', ''],
]);

describe('other than Java, on purpose', () => {
  it.each([
    {
      vector: 'S9',
      case: [graphC, 'L', '09 10'],
      java: '01L 06L 07L 08L',
      ours: '01L 04T 06L',
      why: '9 and 10 are read, so 5 and 0 were; 4 follows 0. Whoever read 0 created a lease for 4: it is lost, and 7 and 8 at LATEST would pass it over',
    },
    {
      vector: 'S10',
      case: [graphB, 'L', '06'],
      java: '07L',
      ours: '07T',
      why: '5 was read to its end and 7 follows it: at LATEST what 7 holds by now would be passed over',
    },
    {
      vector: 'X1',
      case: [graphB, 'T', '06'],
      java: '00T 01T',
      ours: '07T',
      why: '6 is read, so all before it was: only its sibling is missing',
    },
    {
      vector: 'X2',
      case: [graphB, 'A', '06'],
      java: '00A 01A',
      ours: '07T',
      why: 'as X1; the time may be another by now, so the sibling begins at its first record',
    },
    {
      vector: 'X3',
      case: [graphA, 'T', '09'],
      java: allRoots,
      ours: '00T 01T 02T 03T 04T 10T',
      why: '9 is read, so 5 was, and its other child is missing; the other lines show no trace of anybody',
    },
    {
      vector: 'X4',
      case: [graphA, 'L', '09'],
      java: '04L 08L 10L',
      ours: '04L 08L 10T',
      why: '10 follows 5, which was read; 4 and 8 show no trace of anybody, so they begin where the fleet begins',
    },
    {
      vector: 'X6',
      case: [graphA, 'T', '04 06! 07! 09 10'],
      java: '',
      ours: '08T',
      why: 'both parents are finished and nobody else will ever create it',
    },
    { vector: 'X6 at latest', case: [graphA, 'L', '04 06! 07! 09 10'], java: '', ours: '08T', why: 'likewise: what it holds by now is unread' },
    { vector: 'X6 at a time', case: [graphA, 'A', '04 06! 07! 09 10'], java: '', ours: '08T', why: 'likewise' },
    {
      vector: 'X7',
      case: [graphC, 'T', '08'],
      java: '00T 01T 02T 03T',
      ours: '01T 02T 03T 05T 07T',
      why: '8 is read, so 4 and 0 were; their other children are missing. 9 and 10 wait for 5, and 6 for 2 and 3',
    },
    {
      vector: 'E6',
      case: [reopened, 'T', ''],
      java: 'an exception',
      ours: allRoots,
      why: 'a child of a shard that is listed as open waits for the next listing; the others need not',
    },
    { vector: 'E7', case: [reopened, 'L', ''], java: 'an exception, or with an option 04L 05L 08L', ours: '04L 05L 08L', why: 'as E6' },
    {
      vector: 'E8',
      case: [torn, 'L', '03'],
      java: 'an exception, or with an option 00L 01L',
      ours: '00L 01L',
      why: 'as E6; a row of a shard that is not listed changes nothing',
    },
    {
      vector: 'E9',
      case: [leaf, 'T', '02'],
      java: '01T',
      ours: '00T 01T',
      why: 'a closed shard is read, too, although its children are not listed yet',
    },
  ] as const)('$vector: Java creates "$java", we "$ours": $why', ({ case: [graph, start, rows], ours }) => {
    expect(created(graph, start, rows)).toBe(ours);
  });
});
