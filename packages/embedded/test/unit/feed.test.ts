// The feed: the same again for the same seed, believable in its proportions, and well ordered by source time.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFeed, type FeedOptions, type FeedRecord } from '../../src/index.ts';

const options: FeedOptions = { seed: 7, keys: 40, duplicateRatio: 0.1, disorderRatio: 0.1 };
const startMs = 1_795_000_000_000;

/** `count` records, an even number, with what was held back at the half and at the end. */
function records(of: FeedOptions, count: number): FeedRecord[] {
  const feed = createFeed(of);
  const half = (from: number) => Array.from({ length: count / 2 }, (_, index) => feed.next(startMs + Math.floor((from + index) / 3)));
  return [...half(0), ...feed.flush(), ...half(count / 2), ...feed.flush()];
}

interface Parsed {
  readonly eventID: string;
  readonly eventName: string;
  readonly tableName: string;
  readonly userIdentity: unknown;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly ApproximateCreationDateTimePrecision: 'MILLISECOND' | 'MICROSECOND';
    readonly Keys: object;
    readonly NewImage?: object;
    readonly OldImage?: object;
    readonly SizeBytes: number;
  };
}

const parse = (record: FeedRecord): Parsed => JSON.parse(Buffer.from(record.data).toString()) as Parsed;
const microseconds = ({ dynamodb }: Parsed) =>
  dynamodb.ApproximateCreationDateTime * (dynamodb.ApproximateCreationDateTimePrecision === 'MILLISECOND' ? 1_000 : 1);
const count = (all: readonly FeedRecord[], kind: string) => all.filter((record) => record.kind === kind).length;

test('the same seed gives the same bytes, another seed others', () => {
  const text = (seed: number) => records({ ...options, seed }, 200).map((record) => Buffer.from(record.data).toString());
  expect(text(1)).toEqual(text(1));
  expect(text(1)).not.toEqual(text(2));
});

test('one record in full', () => {
  const [first] = records({ ...options, tables: ['orders'], keys: 1, disorderRatio: 0 }, 2).map(parse);
  expect(first).toMatchObject({
    awsRegion: 'us-east-1',
    eventID: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    eventName: 'INSERT',
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'orders',
    eventSource: 'aws:dynamodb',
    dynamodb: { Keys: { customer: { S: 'c-0' }, no: { N: '0' } }, ApproximateCreationDateTimePrecision: 'MICROSECOND', SizeBytes: expect.any(Number) },
  });
  expect(first?.dynamodb.NewImage).toMatchObject(first?.dynamodb.Keys ?? {});
  expect(first?.dynamodb.OldImage).toBeUndefined();
});

describe('ten thousand records', () => {
  const all = records(options, 10_000);
  const parsed = all.map(parse);

  test('hold every event, table, precision and attribute type', () => {
    const seen = (of: (record: Parsed) => string) => [...new Set(parsed.map(of))].sort();
    expect(seen((record) => record.eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(seen((record) => record.tableName)).toEqual(['customers', 'orders', 'products', 'readings']);
    expect(seen((record) => record.dynamodb.ApproximateCreationDateTimePrecision)).toEqual(['MICROSECOND', 'MILLISECOND']);
    const text = parsed.map((record) => JSON.stringify(record.dynamodb.NewImage)).join();
    for (const type of ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS']) expect(text).toContain(`{"${type}":`);
    expect(text).toMatch(/"N":"\d{38}"/);
    expect(parsed.some((record) => record.userIdentity !== null)).toBe(true);
  });
  test('repeat and delay the share that was asked for', () => {
    expect(count(all, 'duplicate') / all.length).toBeCloseTo(0.1, 1);
    expect(count(all, 'late') / all.length).toBeGreaterThan(0.05);
    expect(count(all, 'late') / all.length).toBeLessThan(0.12);
  });
  test('insert again what was removed', () => {
    const inserts = new Map<string, number>();
    for (const [index, record] of parsed.entries()) {
      const key = all[index]?.partitionKey ?? '';
      if (record.eventName === 'INSERT' && all[index]?.kind !== 'duplicate') inserts.set(key, (inserts.get(key) ?? 0) + 1);
    }
    expect(Math.max(...inserts.values())).toBeGreaterThan(1);
  });
  test('are small enough for a batch of 500', () => {
    expect(Math.max(...all.map((record) => record.data.length))).toBeLessThan(10_000);
  });
});

const anyOptions = fc.record({
  seed: fc.nat(),
  keys: fc.integer({ min: 1, max: 6 }),
  duplicateRatio: fc.constantFrom(0, 0.2, 0.9),
  disorderRatio: fc.constantFrom(0, 0.3, 1),
});

/** Every distinct change by key, in source order. */
function histories(all: readonly FeedRecord[]): Parsed[][] {
  const byKey = new Map<string, Map<string, Parsed>>();
  for (const record of all) {
    const change = parse(record);
    const history = byKey.get(record.partitionKey) ?? new Map<string, Parsed>();
    byKey.set(record.partitionKey, history.set(change.eventID, change));
  }
  return [...byKey.values()].map((history) => [...history.values()].sort((a, b) => microseconds(a) - microseconds(b)));
}

test('each key has one unbroken history: times rise, and every old image is the new image before it', () => {
  fc.assert(
    fc.property(anyOptions, (of) => {
      for (const history of histories(records(of, 150))) {
        for (const [index, change] of history.entries()) {
          const before = history[index - 1];
          if (before !== undefined) expect(microseconds(change)).toBeGreaterThan(microseconds(before));
          expect(change.dynamodb.OldImage).toEqual(before?.dynamodb.NewImage);
          expect(change.eventName).toBe(change.dynamodb.OldImage === undefined ? 'INSERT' : change.dynamodb.NewImage === undefined ? 'REMOVE' : 'MODIFY');
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('a late record follows a newer one of its key, a duplicate its original', () => {
  fc.assert(
    fc.property(anyOptions, (of) => {
      const newest = new Map<string, number>();
      const seen = new Set<string>();
      for (const record of records(of, 150)) {
        const change = parse(record);
        if (record.kind === 'late') expect(newest.get(record.partitionKey)).toBeGreaterThan(microseconds(change));
        expect(seen.has(change.eventID)).toBe(record.kind === 'duplicate');
        seen.add(change.eventID);
        newest.set(record.partitionKey, Math.max(newest.get(record.partitionKey) ?? 0, microseconds(change)));
      }
    }),
    { numRuns: 30 },
  );
});

test('a clock that goes back does not take the source times with it', () => {
  const feed = createFeed({ seed: 1, tables: ['products'], keys: 1, duplicateRatio: 0, disorderRatio: 0 });
  const [first, second] = [feed.next(startMs), feed.next(startMs - 60_000)].map(parse).map(microseconds);
  expect(second).toBe((first ?? 0) + 1_000);
});

test.each([{ tables: [] }, { keys: 0 }])('nothing to make records of: %o', (wrong) => {
  expect(() => createFeed({ ...options, ...wrong })).toThrow(RangeError);
});
