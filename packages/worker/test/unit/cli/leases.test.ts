// How a lease table is shown, and the manners of the commands that open one.
import { type Lease, LeaseError } from '@shardfold/consumer';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type AdoptReport, adoptedText, leasesJson, leasesText } from '../../../src/cli/leases-text.ts';
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

test('people get a table, and a line for each broken row', () => {
  expect(leasesText({ leases: [lease, child], broken: [broken], bytes: 0 })).toBe(
    [
      'LEASE            OWNER     COUNTER  POSITION      PARENTS',
      'shardId-0        -         7        trim-horizon  -',
      '1:s:2:shardId-1  worker-a  7        495           shardId-0,shardId-9',
      "The row 'shardId-2' cannot be read.",
      '',
    ].join('\n'),
  );
  expect(leasesText({ leases: [], broken: [], bytes: 0 })).toBe('The table holds no lease.\n');
});

test('machines get the same', () => {
  expect(JSON.parse(leasesJson({ leases: [lease, child], broken: [broken], bytes: 0 }))).toEqual({
    leases: [
      { lease: 'shardId-0', stream: null, shard: 'shardId-0', owner: null, counter: 7, position: 'trim-horizon', parents: [], children: [] },
      {
        lease: '1:s:2:shardId-1',
        stream: '1:s:2',
        shard: 'shardId-1',
        owner: 'worker-a',
        counter: 7,
        position: '495',
        parents: ['shardId-0', 'shardId-9'],
        children: [],
      },
    ],
    broken: [{ lease: 'shardId-2', error: "The row 'shardId-2' cannot be read." }],
  });
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

test.each([['list'], ['adopt'], ['adopt --multi-stream']])('leases %s over a table that cannot be reached ends with 1 and a sentence', async (command) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { code, out, err } = await cli(['leases', ...command.split(' ')], { files: { 'shardfold.yaml': config } });
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/lease table 'orders'|Stream s/);
  expect(err).not.toMatch(/^\s+at /m);
});
