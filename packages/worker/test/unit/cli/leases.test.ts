// How a lease table is shown, and the manners of the commands that open one.
import { type Lease, LeaseError } from '@shardfold/consumer';
import { expect, onTestFinished, test, vi } from 'vitest';
import { leaseNamed } from '../../../src/cli/leases-open.ts';
import { type AdoptReport, adoptedText, leaseDetails, leasesJson, leasesText, leaseText, type Standing } from '../../../src/cli/leases-text.ts';
import { cli } from '../../support/cli.ts';

const lease: Lease = {
  key: 'shardId-0',
  shardId: 'shardId-0',
  counter: 7n,
  position: { kind: 'trim-horizon' },
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
};
const child: Lease = {
  ...lease,
  key: '1:s:2:shardId-1',
  shardId: 'shardId-1',
  stream: '1:s:2',
  owner: 'worker-a',
  position: { kind: 'sequence', sequence: '495', subSequence: 3 },
  parents: ['shardId-0', 'shardId-9'],
};
const broken = { key: 'shardId-2', error: new LeaseError('ROW_BROKEN', "The row 'shardId-2' cannot be read.") };

const unknown: Standing = { ageMs: () => undefined, lagMs: () => undefined };
const known: Standing = { ageMs: ({ position }) => (position.kind === 'sequence' ? 95_000 : undefined), lagMs: () => 0 };

test('people get a table for each stream, and a line for each broken row', () => {
  expect(leasesText({ leases: [lease, child], broken: [broken], bytes: 0 }, known)).toBe(
    [
      'LEASE      OWNER  COUNTER  POSITION      AGE  LAG  PARENTS',
      'shardId-0  -      7        trim-horizon  -    0s   -',
      '',
      '1:s:2:',
      'LEASE      OWNER     COUNTER  POSITION  AGE  LAG  PARENTS',
      'shardId-1  worker-a  7        495       95s  0s   0,9',
      "The row 'shardId-2' cannot be read.",
      '',
    ].join('\n'),
  );
  expect(leasesText({ leases: [], broken: [], bytes: 0 }, unknown)).toBe('The table holds no lease.\n');
});

const sequence = '4'.repeat(55);
const kinesis = (at: number) => `shardId-${String(at).padStart(12, '0')}`;
const streams = (at: number) => `shardId-0000000154162609928${at}-f35f62ef`;

test.each<readonly [string, Partial<Lease>, string]>([
  ['shards of Kinesis', { shardId: kinesis(1), parents: [kinesis(0), kinesis(12)] }, 'LEASE OWNER COUNTER POSITION AGE LAG PARENTS'],
  ['shards of DynamoDB', { shardId: streams(1), parents: [streams(0)] }, 'LEASE OWNER POSITION AGE LAG'],
  ['a counter that ran for years', { shardId: kinesis(1), counter: 10n ** 12n, parents: [kinesis(0)] }, 'LEASE OWNER COUNTER POSITION AGE LAG PARENTS'],
  ['many parents', { shardId: kinesis(1), parents: Array.from({ length: 20 }, (_, at) => kinesis(at)) }, 'LEASE OWNER COUNTER POSITION AGE LAG'],
])('a table of %s fits 80 columns', (_, more, head) => {
  const long: Lease = { ...child, owner: `${'host-'.repeat(12)}x1`, position: { kind: 'sequence', sequence, subSequence: -1 }, ...more };
  const [heading = '', ...lines] = leasesText({ leases: [long], broken: [], bytes: 0 }, known)
    .trimEnd()
    .split('\n')
    .slice(1);
  expect(heading.replaceAll(/ +/g, ' ')).toBe(head);
  for (const line of [heading, ...lines]) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines.join()).toContain(`${long.shardId}  `);
  expect(lines.join()).toContain('  <…44444444444  ');
});

test('names of the table reach a terminal as text', () => {
  const name = 'w\u001b[31m\n\u202e\u009b';
  const hostile: Lease = { ...child, key: name, shardId: name, owner: name, parents: [name], stream: name };
  const rows = { leases: [hostile], broken: [{ key: name, error: new LeaseError('ROW_BROKEN', `The row '${name}' cannot be read.`) }], bytes: 0 };
  const adopted = { noted: true, peers: { leader: { owner: name, beat: '1', leaseDurationMs: 1 }, metrics: [] } };
  for (const text of [leasesText(rows, known), leaseText(hostile, known), adoptedText({ dryRun: false, adopted })]) {
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text.split('\n').filter((line) => line.includes('w\\u001b[31m\\u000a\\u202e\\u009b')).length).toBeGreaterThan(0);
  }
  // A head and a line for each of the stream, its table and the broken row.
  expect(leasesText(rows, known).split('\n')).toHaveLength(5);
});

test('one lease is shown in full', () => {
  const full: Lease = { ...child, position: { kind: 'sequence', sequence, subSequence: -1 }, throughputKBps: 12.34, hashRange: { start: '0', end: '9' } };
  expect(leaseText(full, known)).toBe(
    [
      'lease           1:s:2:shardId-1',
      'stream          1:s:2',
      'owner           worker-a',
      'counter         7',
      'owner switches  0',
      `position        before ${sequence}`,
      'age             95s',
      'lag             0s',
      'throughput      12.3 KB/s',
      'parents         shardId-0, shardId-9',
      'children        none',
      'hash keys from  0',
      'hash keys to    9',
      '',
    ].join('\n'),
  );
});

test('... and in more detail to machines', () => {
  const request = { next: 'worker-b', nextHolder: 'b', asked: 'a' };
  expect(leaseDetails({ ...child, readMs: 5, request, prepared: { position: lease.position } }, known)).toMatchObject({
    lease: child.key,
    ownerSwitches: 0,
    readMs: 5,
    askedForBy: 'worker-b',
    prepared: { kind: 'trim-horizon' },
    throughputKBps: null,
    hashRange: null,
    source: null,
  });
});

test('machines get the same', () => {
  const common = { counter: 7, children: [], lagMs: 0 };
  expect(JSON.parse(leasesJson({ leases: [lease, child], broken: [broken], bytes: 0 }, known))).toEqual({
    leases: [
      { ...common, lease: 'shardId-0', stream: null, shard: 'shardId-0', owner: null, position: 'trim-horizon', subSequence: null, ageMs: null, parents: [] },
      {
        ...common,
        lease: '1:s:2:shardId-1',
        stream: '1:s:2',
        shard: 'shardId-1',
        owner: 'worker-a',
        position: '495',
        subSequence: 3,
        ageMs: 95_000,
        parents: ['shardId-0', 'shardId-9'],
      },
    ],
    broken: [{ lease: 'shardId-2', error: "The row 'shardId-2' cannot be read." }],
  });
});

test('a lease is named by its key, or by its shard where only one stream has it', () => {
  const other = { ...child, key: '1:t:2:shardId-1', stream: '1:t:2' };
  const rows = { leases: [lease, child], broken: [broken], bytes: 0 };
  expect([leaseNamed(rows, 'shardId-0'), leaseNamed(rows, child.key), leaseNamed(rows, 'shardId-1')]).toEqual([lease, child, child]);
  expect(() => leaseNamed({ ...rows, leases: [child, other] }, 'shardId-1')).toThrow('Several streams have a lease for "shardId-1"');
  expect(() => leaseNamed(rows, 'shardId-7')).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringContaining('did you mean "shardId-0"?') }));
  expect(() => leaseNamed(rows, 'shardId-2')).toThrow(broken.error);
});

const none = { metrics: [] };
const left = {
  leader: { owner: 'java-1', beat: 'b', leaseDurationMs: 120_000 },
  mode: 'CLIENT_VERSION_3X',
  metrics: [
    { worker: 'java-1', beat: '1' },
    { worker: 'java-2', beat: '2' },
  ],
};

test.each<readonly [AdoptReport, RegExp]>([
  [{ dryRun: false, adopted: { peers: none, noted: false } }, /^No KCL 3\.x fleet left anything to wait for: workers start at once\.\n$/],
  [
    { dryRun: false, adopted: { peers: left, noted: true } },
    /^Noted that .*: the lock of its leader 'java-1', its mode CLIENT_VERSION_3X, the load of 'java-1', 'java-2'\. As long as nothing of it moves, workers start at once\.\n$/,
  ],
  [{ dryRun: false, adopted: { peers: { ...none, mode: 'M' }, noted: false } }, /left its mode M\. The table holds no lease.* still watch/],
  [
    { dryRun: false, copied: { stream: '1:s:2', created: 3, there: 1 }, adopted: { peers: none, noted: false } },
    /^Copied 3 leases .* begin with 1:s:2; 1 were there already\.\nNo KCL/,
  ],
  [{ dryRun: true, copied: { stream: '1:s:2', created: 3, there: 0 } }, /^Would copy 3 leases [^\n]*\n$/],
])('adopted: %j', (report, text) => {
  expect(adoptedText(report)).toMatch(text);
});

test('a dry run of nothing is wrong usage', async () => {
  const { code, out, err } = await cli(['leases', 'adopt', '--dry-run'], { files: { 'shardfold.yaml': config } });
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('--multi-stream');
});

const config =
  'application: orders\naws: { region: r, endpoint: "http://127.0.0.1:1" }\nsource: { streams: [s], start: latest }\nsinks: { main: { kind: postgres, url: "postgres://h/d" } }\n';
const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

test.each([
  ['leases list'],
  ['leases show x'],
  ['leases release x --yes'],
  ['leases adopt'],
  ['leases adopt --multi-stream'],
  ['checkpoint get'],
  ['checkpoint export'],
  ['checkpoint import'],
  ['checkpoint set --shard x --to latest'],
  ['rewind --to trim-horizon --dry-run'],
])('%s over a table that cannot be reached ends with 1 and a sentence', async (command) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { code, out, err } = await cli(command.split(' '), { files: { 'shardfold.yaml': config } });
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/lease table 'orders'|Stream s/);
  expect(err).not.toMatch(/^\s+at /m);
});
