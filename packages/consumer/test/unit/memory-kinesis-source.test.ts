// The polling source over the Kinesis in memory passes the suite of every shard source: at the service's limits and without any,
// with children named and not.
import { describe, test } from 'vitest';
import { shardSourceConformance } from '../../src/testing/index.ts';
import { memoryUnderTest, whileTimePasses } from '../support/sources-under-test.ts';
import { virtualTime } from '../support/time.ts';

const kinds = [
  { title: 'without limits', limits: 'none', pace: 'none', namesChildren: true },
  { title: 'at the limits of AWS', limits: 'aws', pace: 'aws', namesChildren: true },
  {
    title: 'with smaller pages, an empty last one, children not named',
    limits: 'none',
    pace: 'none',
    namesChildren: false,
    endsEmpty: true,
    pageBytesMax: 2_000,
  },
] as const;

describe.each(kinds)('the polling source over the Kinesis in memory, $title', ({ title: _title, ...kind }) => {
  const cannot = kind.namesChildren ? {} : { children: 'this one is told not to name them' };
  let time = virtualTime();
  for (const { name, skip, run } of shardSourceConformance(async (budget) => memoryUnderTest({ time, budget, ...kind }), cannot))
    test(name, (context) => {
      if (skip !== undefined) return context.skip(skip);
      time = virtualTime();
      return whileTimePasses(time, run());
    });
});
