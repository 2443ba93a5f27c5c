import { describe, expect, it } from 'vitest';
import { foreignTable } from '../../../src/fleet/belongs.ts';
import type { Lease } from '../../../src/types.ts';
import { finished, released } from './rows.ts';

const names = (stream?: string) => ({
  leaseKey: (shardId: string) => (stream === undefined ? shardId : `${stream}:${shardId}`),
  ...(stream === undefined ? {} : { stream }),
});
const one = 'arn:aws:kinesis:eu-west-1:1:stream/one 1700000000';
const again = 'arn:aws:kinesis:eu-west-1:1:stream/one 1800000000';

const single = (shardId: string, over: Partial<Lease> = {}) => released(shardId, over);
const multi = (shardId: string, over: Partial<Lease> = {}, stream = '1:one:7') => released(`${stream}:${shardId}`, { shardId, stream, ...over });
const fresh = { counter: 0n };

describe('a fleet of one stream', () => {
  const refused = (rows: readonly Lease[], source?: string) => foreignTable(rows, [names()], new Map(source === undefined ? [] : [[undefined, source]]));

  it.each([
    ['no rows', [], one],
    ['rows that say nothing, as Java’s', [single('s0'), single('s1')], one],
    ['rows of its own stream', [single('s0', { source: one })], one],
    ['any rows where the service does not say which stream it is', [single('s0', { source: one })], undefined],
    ['finished rows of the other keys only', [multi('s0', finished)], one],
    ['rows that were copied to the other keys, where nobody has begun', [single('s0'), multi('s0', fresh)], one],
    ['rows of other shards with other keys', [single('s0'), multi('s9')], one],
  ])('uses a table with %s', (_, rows, source) => {
    expect(refused(rows, source)).toBeUndefined();
  });

  it.each([
    ['rows of the stream of that name that was deleted', [single('s0'), single('s1', { source: again })], "lease 's1'"],
    ['rows of another stream, finished though they are', [single('s0', { source: again, ...finished })], again],
    ['rows of multi-stream keys', [multi('s0')], "'1:one:7:s0'"],
    ['rows that a fleet of several streams has read on from', [single('s0'), multi('s0')], 'out of date'],
    ['likewise, though it holds them no more', [single('s0'), multi('s0', finished)], 'out of date'],
  ])('refuses a table with %s', (_, rows, said) => {
    const refusal = refused(rows, one);
    expect(refusal).toMatchObject({ code: 'TABLE_FOREIGN', retryable: false });
    expect(refusal?.message).toContain(said);
  });

  it('names both streams', () => {
    const message = refused([single('s0', { source: again })], one)?.message ?? '';
    expect([message.includes(again), message.includes(one)]).toEqual([true, true]);
  });
});

describe('a fleet of several streams', () => {
  const refused = (rows: readonly Lease[]) => foreignTable(rows, [names('1:one:7'), names('1:two:7')], new Map());

  it.each([
    ['no rows', []],
    ['rows of its streams and of others', [multi('s0'), multi('s0', {}, '1:two:7'), multi('s0', {}, '1:three:7')]],
    ['finished single-stream rows', [single('s0', finished)]],
    ['single-stream rows that were all copied', [single('s0'), single('s1'), multi('s0', fresh), multi('s1', fresh)]],
    ['the same with finished ones that were not', [single('s0', finished), single('s1'), multi('s1', fresh)]],
    // A copy is finished and removed one day; what it was copied from stays behind.
    ['single-stream rows whose copies were read and removed', [single('s0'), single('s1'), multi('s1')]],
    ['the same when no copy is left', [single('s0'), multi('s9')]],
  ])('uses a table with %s', (_, rows) => {
    expect(refused(rows)).toBeUndefined();
  });

  it.each([
    ['single-stream rows only', [single('s0')], "single-stream keys, such as 's0'"],
    ['finished ones and others', [single('s0', finished), single('s1')], "'s1'"],
    ['a copy that was cut short', [single('s0'), single('s1'), multi('s0', fresh)], "'s1' was not"],
  ])('refuses a table with %s', (_, rows, said) => {
    const refusal = refused(rows);
    expect(refusal?.code).toBe('TABLE_FOREIGN');
    expect(refusal?.message).toContain(said);
  });
});
