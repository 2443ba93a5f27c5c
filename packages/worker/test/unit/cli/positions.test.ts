// How positions are asked for, shown, written down and read again; and what `checkpoint` and `rewind` refuse without asking anybody.
import type { Lease, Move, MovePlan } from '@shardfold/consumer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Line } from '../../../src/cli/lines.ts';
import { parseAim } from '../../../src/cli/positions-aim.ts';
import { exportLine, readLeases } from '../../../src/cli/positions-lines.ts';
import { planJson, planText, positionsText, targetWords } from '../../../src/cli/positions-text.ts';
import { cli } from '../../support/cli.ts';

const nowMs = Date.parse('2026-11-02T00:00:00Z');
const sequence = `4${'9'.repeat(55)}`;
const lease: Lease = {
  key: 'shardId-000000000000',
  shardId: 'shardId-000000000000',
  counter: 7n,
  position: { kind: 'sequence', sequence, subSequence: 2 },
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
};

describe('a place', () => {
  const all = ['trim-horizon', 'latest', 'timestamp', 'sequence'] as const;
  test.each([
    ['trim-horizon', { kind: 'trim-horizon' }],
    ['latest', { kind: 'latest' }],
    ['2026-11-01T00:00:00Z', { kind: 'timestamp', atMs: Date.parse('2026-11-01T00:00:00Z') }],
    ['2026-11-01T01:00+01:00', { kind: 'timestamp', atMs: Date.parse('2026-11-01T00:00:00Z') }],
    [sequence, { kind: 'sequence', sequence }],
  ])('%s', (text, aim) => {
    expect(parseAim('--to', text, all, nowMs)).toEqual(aim);
  });

  test.each([
    ['', all],
    ['yesterday', all],
    ['2026-11-01', all],
    ['2026-13-01T00:00:00Z', all],
    ['-5', all],
    ['2026-11-02T00:00:01Z', all],
    ['latest', ['trim-horizon', 'timestamp'] as const],
    [sequence, ['trim-horizon', 'timestamp'] as const],
  ])('%j is none of %j', (text, kinds) => {
    expect(() => parseAim('--to', text, kinds, nowMs)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/^--to .*Nothing was done\./) }),
    );
  });
});

describe('leases as lines', () => {
  async function* lines(texts: readonly string[]): AsyncGenerator<Line> {
    for (const [at, text] of texts.entries()) yield { kind: 'line', number: at + 1, bytes: Buffer.from(text) };
  }
  const position = fc.oneof(
    fc.constantFrom('trim-horizon' as const, 'latest' as const, 'at-timestamp' as const, 'shard-end' as const).map((kind) => ({ kind })),
    fc.record({
      kind: fc.constant('sequence' as const),
      sequence: fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String),
      subSequence: fc.integer({ min: -1, max: 999 }),
    }),
  );

  test('come back as they went', async () => {
    await fc.assert(
      fc.asyncProperty(position, fc.option(fc.nat(), { nil: undefined }), fc.option(fc.constant('1:s:2'), { nil: undefined }), async (at, readMs, stream) => {
        const key = stream === undefined ? lease.shardId : `${stream}:${lease.shardId}`;
        const row: Lease = { ...lease, key, position: at, parents: ['p'], children: ['c'], hashRange: { start: '0', end: '9' }, source: 'arn 1' };
        const whole = { ...row, ...(readMs === undefined ? {} : { readMs }), ...(stream === undefined ? {} : { stream }) };
        const { leases, faults } = await readLeases(lines([exportLine(whole), '', ' ']));
        const to = at.kind === 'latest' && readMs !== undefined ? { kind: 'latest', sinceMs: readMs } : at;
        const { shardId, parents, children, hashRange, source } = row;
        expect(faults).toEqual([]);
        expect(leases).toEqual([{ key, shardId, ...(stream === undefined ? {} : { stream }), parents, children, hashRange, source, to }]);
      }),
    );
  });

  test.each([
    ['{', 'line 1: is no JSON'],
    ['[]', 'line 1: '],
    ['{"lease":"a","shard":"a"}', 'line 1: position: '],
    ['{"lease":"a","shard":"a","position":{"kind":"sequence","sequence":"x"}}', 'line 1: position.sequence: '],
    ['{"lease":"b","shard":"a","position":{"kind":"latest"}}', 'line 1: lease: is b, and its stream and shard make a'],
    ['{"lease":"a","shard":"a","position":{"kind":"latest"},"owner":"me"}', 'line 1: '],
  ])('%s is none', async (text, fault) => {
    const { leases, faults } = await readLeases(lines([text]));
    expect([leases, faults]).toEqual([[], [expect.stringContaining(fault)]]);
  });

  test('name each lease once', async () => {
    const line = exportLine(lease);
    expect((await readLeases(lines([line, line]))).faults).toEqual([`line 2: lease: ${lease.key} was there before`]);
  });
});

describe('a plan', () => {
  const moves: readonly Move[] = [
    { key: lease.key, lease: { ...lease, owner: 'host-'.repeat(12) }, to: { kind: 'sequence', sequence, subSequence: -1 }, why: 'asked' },
    { key: 'shardId-000000000001', lease: undefined, to: { kind: 'trim-horizon' }, why: 'follows' },
    {
      key: 'shardId-000000000002',
      lease: { ...lease, shardId: 'shardId-000000000002', position: { kind: 'latest' } },
      to: { kind: 'latest', sinceMs: nowMs },
      why: 'asked',
    },
  ];
  const plan: MovePlan = {
    moves,
    kept: [
      { key: 'a', lease, why: 'covered' },
      { key: 'b', lease, why: 'covered' },
      { key: 'c', lease: undefined, why: 'nothing-there' },
    ],
    free: [],
    forgotten: [{ stream: 'orders', beforeMs: nowMs }],
  };

  test('for people fits 80 columns, and says what stays', () => {
    const text = planText(plan);
    expect(text).toBe(
      [
        'LEASE                 FROM           TO                     WHY      HELD BY',
        'shardId-000000000000  …999999999999  <…99999999999          asked    host-…host-',
        'shardId-000000000001  no lease       trim-horizon           follows  -',
        'shardId-000000000002  latest         >2026-11-02T00:00:00Z  asked    -',
        '2 shards stay as they are: they will be read from there, or from before, anyway.',
        '1 shard stays as it is: it has no record from then on that was read.',
        'The stream orders has forgotten what arrived before 2026-11-02T00:00:00.000Z: that does not come again.',
        '',
      ].join('\n'),
    );
    for (const line of text.split('\n').slice(0, 4)) expect(line.length).toBeLessThanOrEqual(80);
    const shardId = 'shardId-00000001541626099285-f35f62ef';
    const long = planText({ moves: [{ key: shardId, lease: { ...lease, shardId }, to: { kind: 'trim-horizon' }, why: 'follows' }], kept: [], free: [] });
    for (const line of long.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(long).toContain(`${shardId}  …999999999999  trim-horizon  follows`);
    expect(planText({ moves: [], kept: [], free: [] })).toBe('There is nothing to move.\n');
  });

  test('for machines', () => {
    expect(planJson(plan, false)).toMatchObject({
      moved: false,
      moves: [
        { lease: lease.key, from: { kind: 'sequence', sequence, subSequence: 2 }, to: { kind: 'sequence', sequence, subSequence: -1 }, why: 'asked' },
        { owner: null, from: null, to: { kind: 'trim-horizon' }, why: 'follows' },
        { to: { kind: 'latest', since: '2026-11-02T00:00:00.000Z' } },
      ],
      kept: [{ lease: 'a', why: 'covered' }, { lease: 'b' }, { lease: 'c', position: null, why: 'nothing-there' }],
      forgotten: [{ stream: 'orders', before: '2026-11-02T00:00:00.000Z' }],
    });
    expect(targetWords({ kind: 'latest', sinceMs: nowMs })).toBe('what arrives since 2026-11-02T00:00:00.000Z');
  });
});

test('positions, one in full and several as a table', () => {
  const view = { lease, positionMs: nowMs };
  expect(positionsText([view])).toBe(`lease     ${lease.key}\nposition  ${sequence}\narrived   2026-11-02T00:00:00.000Z\nowner     nobody\n`);
  const many = positionsText([view, { lease: { ...lease, owner: 'host-'.repeat(12) }, positionMs: undefined }]);
  for (const line of many.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(positionsText([])).toBe('The table holds no lease.\n');
});

test('positions of several streams have the stream above each’s', () => {
  const of = (stream: string, owner: string) => ({ lease: { ...lease, stream, key: `${stream}:${lease.shardId}`, owner }, positionMs: nowMs });
  const streams = ['000000000000:s1:1795339170', '000000000000:s2:1795339171\u001b[2K'] as const;
  const text = positionsText([of(streams[0], 'a'), of(streams[1], '\u009bb'), of(streams[0], 'c')]);
  const rows = text.split('\n').map((line) => line.replace(/^shardId.* /, ''));
  expect(rows).toEqual([
    `${streams[0]}:`,
    expect.stringMatching(/^LEASE/),
    'a',
    'c',
    '000000000000:s2:1795339171\\u001b[2K:',
    expect.any(String),
    '\\u009bb',
    '',
  ]);
});

const config =
  'application: orders\naws: { region: r, endpoint: "http://127.0.0.1:1" }\nsource: { streams: [s], start: latest }\nsinks: { main: { kind: postgres, url: "postgres://h/d" } }\n';

test.each([
  ['rewind --to 2026-11-01T00:00:00Z --dry-run', /lies in the future/],
  ['rewind --to latest --yes', /write trim-horizon, or a time/],
  ['rewind --to trim-horizon', /rewind asks before it changes anything, and here is no terminal.*--yes/],
  ['leases release x', /leases release asks .*--yes/],
  ['rewind', /--to/],
  ['checkpoint set --to latest', /--shard/],
  ['checkpoint set --shard x --to soon', /write trim-horizon, or latest, or a time/],
  ['checkpoint import', /stdin is not what `checkpoint export` prints\. Nothing was written\.\nline 1: is no JSON\n$/],
  ['tap --from never', /--from never: write/],
  ['tap --limit 0', /from 1 to/],
])('%s is wrong usage, and nothing is asked', async (command, text) => {
  const ran = await cli(command.split(' '), { files: { 'shardfold.yaml': config }, stdin: [Buffer.from('nonsense\n')] });
  expect([ran.code, ran.out]).toEqual([2, '']);
  expect(ran.err).toMatch(text);
});
