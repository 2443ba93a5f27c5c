// The headline: whether something is wrong, what first, and whose fault.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evenShards, shardView, sinkView } from '../../../../../test/support/browser-fleet.ts';
import { headlineForms } from '../../../src/status/headlines.ts';
import { type Circumstances, judge } from '../../../src/status/verdict.ts';

const well: Circumstances = {
  worker: 'w-1',
  state: 'running',
  leaseMs: 10_000,
  shards: evenShards(4),
  sinks: [sinkView],
  sourceTroubles: [],
  leasesAway: undefined,
  lettersAway: null,
  gaps: 0,
  newLetters: 0,
  lastLetter: undefined,
  stalled: [],
  lastError: undefined,
  inFlightBytes: 0,
  bufferBytes: 1_000,
  shrinksBy: undefined,
};
const held = shardView(0, 4);
const lateHere = { ...held, lagMs: 720_000, isLate: true };
const lettersAway = { place: 'bucket letters', waitingMs: 42_000, error: 'refused' };
const blocked = [{ table: 'orders', waitingMs: 9_000, error: 'No grant.' }];
const partly = { ...sinkView, state: 'partly' as const, blocked, blockedCount: 1 };
const dead = { ...sinkView, state: 'waiting' as const, waitingMs: 42_000, lastError: 'refused' };
const free = { ...held, owner: null, held: false, state: 'unowned' as const };
const sourceTrouble = { stream: 's', shard: '1', error: 'denied', sinceMs: 9_000 };

test('all is well', () => {
  expect(judge(well)).toEqual({ level: 'good', title: 'All is well', problems: [] });
});

const cases: readonly (readonly [title: string, change: Partial<Circumstances>, level: string, blame: string, headline: string])[] = [
  ['a dead sink', { sinks: [dead] }, 'bad', 'sink', 'Blocked by sink main'],
  ['a sink that hiccups', { sinks: [{ ...dead, waitingMs: 900 }] }, 'warn', 'sink', 'Blocked by sink main'],
  ['a table without a grant', { sinks: [partly] }, 'bad', 'sink', 'Table orders of sink main takes no writes'],
  [
    'a table that hiccups',
    { sinks: [{ ...partly, blocked: [{ table: 'orders', waitingMs: 900, error: 'x' }] }] },
    'warn',
    'sink',
    'Table orders of sink main takes no writes',
  ],
  ['several tables', { sinks: [{ ...partly, blockedCount: 3 }] }, 'bad', 'sink', '3 tables of sink main take no writes'],
  ['a sink that hangs', { sinks: [{ ...sinkView, silentMs: 12_000 }] }, 'warn', 'sink', 'Sink main has not answered for 12 s'],
  ['a place of dead letters that is down', { lettersAway }, 'bad', 'data', 'Dead letters cannot be kept'],
  ['a place of dead letters that hiccups', { lettersAway: { ...lettersAway, waitingMs: 100 } }, 'warn', 'data', 'Dead letters cannot be kept'],
  ['an unowned shard', { shards: [{ ...free, unownedMs: 20_001 }] }, 'bad', 'worker', '1 shard without a worker'],
  ['a shard that changes hands', { shards: [{ ...free, unownedMs: 3_000 }] }, 'warn', 'worker', '1 shard without a worker'],
  ['a late shard', { shards: [lateHere] }, 'bad', 'worker', 'Late by 12 min'],
  ['a late shard that catches up', { shards: [lateHere], shrinksBy: 6 }, 'warn', 'worker', 'Late by 12 min, catching up'],
  ['a late shard behind a slow sink', { shards: [{ ...lateHere, processingMs: 8_000 }] }, 'bad', 'sink', 'Late by 12 min'],
  ['a late shard and full memory', { shards: [lateHere], inFlightBytes: 600 }, 'bad', 'sink', 'Late by 12 min'],
  ["another worker's late shard", { shards: [{ ...shardView(3, 4), lagMs: 90_000, isLate: true }] }, 'bad', 'worker', 'Worker orders-7f9c-4 is late'],
  [
    "several other workers' late shards",
    { shards: [2, 3].map((at) => ({ ...shardView(at, 4), owner: `w-${at}`, lagMs: 90_000, isLate: true })) },
    'bad',
    'worker',
    '2 other workers are late',
  ],
  ['a batch that fails', { shards: [{ ...held, trouble: { attempts: 3, error: 'no', sinceMs: 9_000 } }] }, 'bad', 'worker', '1 shard cannot get on'],
  ['a batch that failed once', { shards: [{ ...held, trouble: { attempts: 1, error: 'no', sinceMs: 9 } }] }, 'warn', 'worker', '1 shard cannot get on'],
  ['a stream that cannot be read', { sourceTroubles: [sourceTrouble] }, 'bad', 'source', 'Stream s cannot be read'],
  ['a throttled moment', { sourceTroubles: [{ ...sourceTrouble, sinceMs: 300 }] }, 'warn', 'source', 'Stream s cannot be read'],
  ['a gap', { gaps: 1 }, 'bad', 'source', 'Records were forgotten before they were read'],
  ['a silent lease table', { leasesAway: { error: 'timeout', sinceMs: 6_000 } }, 'bad', 'leases', 'The lease table does not answer'],
  ['a stalled loop', { stalled: ['leases'] }, 'bad', 'worker', 'The worker is stuck'],
  ['new dead letters', { newLetters: 3, lastLetter: { code: '22P05', message: 'NUL.' } }, 'bad', 'data', 'Dead letters are growing'],
  ['an error just now', { lastError: { message: 'odd', agoMs: 59_000 } }, 'warn', 'worker', 'An error just now'],
];

test.each(cases)('%s', (_title, change, level, blame, headline) => {
  const verdict = judge({ ...well, ...change });
  expect(verdict).toMatchObject({ level, title: headline });
  expect(verdict.problems).toMatchObject([{ blame, level, title: headline }]);
});

test('the text says who, how long and why', () => {
  expect(judge({ ...well, sinks: [dead] }).problems[0]?.text).toBe('It has taken no writes for 42 s: refused');
  expect(judge({ ...well, sinks: [partly] }).problems[0]?.text).toBe('For 9 s: No grant.');
  expect(judge({ ...well, sinks: [{ ...partly, blockedCount: 2 }] }).problems[0]?.text).toBe('orders, for 9 s: No grant.');
  expect(judge({ ...well, lettersAway }).problems[0]?.text).toBe('The bucket letters has taken none for 42 s: refused');
  expect(judge({ ...well, shards: [lateHere], shrinksBy: 6 }).problems[0]?.text).toBe(
    '1 shard held by this worker is behind, the furthest by 12 min. It catches up: about 2 min more.',
  );
  expect(judge({ ...well, sourceTroubles: [sourceTrouble, { ...sourceTrouble, shard: '2' }] }).problems[0]?.text).toBe('2 shards, for 9 s: denied');
});

test('unowned shards are counted among the open ones', () => {
  const done = { ...held, state: 'done' as const };
  const texts = (shards: Circumstances['shards']) => judge({ ...well, shards }).problems[0]?.text;
  expect(texts([{ ...free, unownedMs: 30_000 }, held, done])).toBe('Nobody has read shardId-000000000000 for 30 s.');
  expect(texts([free, { ...free, unownedMs: 30_000 }, held, done])).toBe('Nobody has read 2 of 3 open shards for 30 s.');
});

test('a dead sink comes before the lag it causes, and takes the blame for it', () => {
  const { title, problems } = judge({ ...well, sinks: [dead], shards: [lateHere] });
  expect([title, ...problems.map(({ blame }) => blame)]).toEqual(['Blocked by sink main', 'sink', 'sink']);
});

test.each<[string, Partial<Circumstances>, readonly string[]]>([
  ['a blocked table', { sinks: [partly] }, ['sink', 'sink']],
  ['a place of dead letters', { lettersAway }, ['data', 'data']],
])('%s takes the blame for the lag it causes', (_, change, blames) => {
  expect(judge({ ...well, ...change, shards: [lateHere] }).problems.map(({ blame }) => blame)).toEqual(blames);
});

test('a sink that is waited for is not told a second time as silent, and an answer has its time', () => {
  expect(judge({ ...well, sinks: [{ ...dead, silentMs: 60_000 }] }).problems).toHaveLength(1);
  expect(judge({ ...well, sinks: [{ ...sinkView, silentMs: 5_000 }] }).level).toBe('good');
});

test('a worker that starts while its place of dead letters is down says so', () => {
  expect(judge({ ...well, state: 'starting', shards: [], lettersAway })).toMatchObject({ level: 'bad', title: 'Dead letters cannot be kept' });
});

test('what is wrong comes before what may pass', () => {
  const { problems } = judge({ ...well, sinks: [{ ...dead, waitingMs: 1_000 }], newLetters: 1 });
  expect(problems.map(({ level }) => level)).toEqual(['bad', 'warn']);
});

test('what is over is not wrong', () => {
  const done = { ...free, state: 'done' as const, unownedMs: null };
  expect(judge({ ...well, shards: [held, done], lastError: { message: 'odd', agoMs: 61_000 } }).level).toBe('good');
});

describe('the state of the worker', () => {
  test.each(['starting', 'draining', 'watching', 'restrained', 'stopped', 'anything'])('%s is the headline unless something is wrong', (state) => {
    const plain = judge({ ...well, state });
    expect(plain.level).toBe('warn');
    expect(judge({ ...well, state, shards: [{ ...free, unownedMs: 100 }] }).title).toBe(plain.title);
    expect(judge({ ...well, state, sinks: [dead] }).title).toBe('Blocked by sink main');
  });

  test('every headline is one of the list, and no other is in it', () => {
    const states = ['running', 'starting', 'draining', 'watching', 'restrained', 'stopped'].map((state) => judge({ ...well, state }).title);
    const told = [...cases.map(([, change]) => judge({ ...well, ...change }).title), ...states, judge({ ...well, shards: [] }).title];
    const patterns = headlineForms().map((form) => new RegExp(`^${form.replaceAll('…', '(.+)')}$`));
    expect(told.filter((title) => !patterns.some((pattern) => pattern.test(title)))).toEqual([]);
    expect(patterns.filter((pattern) => !told.some((title) => pattern.test(title)))).toEqual([]);
  });

  test('a worker that knows no shard does not say that all is well', () => {
    expect(judge({ ...well, shards: [] })).toMatchObject({ level: 'warn', title: 'No shard is known yet' });
  });
});

test('the level is that of the worst problem, and good only without one', () => {
  const some = <Value>(value: Value, other: Value) => fc.constantFrom(value, other);
  const circumstances = fc.record({
    sinks: some([sinkView], [dead]),
    shards: fc.subarray([held, lateHere, { ...free, unownedMs: 1_000 }, { ...free, unownedMs: 90_000 }], { minLength: 1 }),
    newLetters: some(0, 2),
    gaps: some(0, 1),
    sourceTroubles: some([], [{ ...sourceTrouble, sinceMs: 100 }]),
  });
  fc.assert(
    fc.property(circumstances, (change) => {
      const { level, problems, title } = judge({ ...well, ...change });
      const worst = problems.some((problem) => problem.level === 'bad') ? 'bad' : problems.length > 0 ? 'warn' : 'good';
      expect(level).toBe(worst);
      expect(title).toBe(problems[0]?.title ?? 'All is well');
    }),
  );
});
