// Positions as a person moves them with the built program, and what a worker reads afterwards: `checkpoint`, `rewind`, `leases release`.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type PositionBed, positionBed, type Servers, startServers } from '../support/position-bed.ts';
import { until } from '../support/until.ts';

let servers: Servers;
let bed: PositionBed;
const shard = 'shardId-000000000000';

beforeAll(async () => {
  servers = await startServers();
});
beforeEach(async () => {
  bed = await positionBed(servers);
});
afterEach(() => bed.end());
afterAll(() => servers.stop());

/** What differs from run to run, taken out. */
const plain = (text: string) =>
  text
    .replaceAll(/\d{56}/g, 'SEQUENCE')
    .replaceAll(/…\d{11,12}/g, '…DIGITS')
    .replaceAll(/\b\d+s\b/g, 'Ns')
    .replaceAll(/ +/g, ' ');

const positions = (lines: string) =>
  lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ lease, position }) => [lease, position]);

async function raw(): Promise<readonly { readonly sequenceNumber: string; readonly approximateArrivalTimestamp: number }[]> {
  const { out } = await bed.command(['tap', '--raw', '--from', 'trim-horizon', '--limit', '3']);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('back to a time over a split, and to what was written down', async () => {
  await bed.put('1', '2');
  const putMs = Date.now();
  await until('the clock to move on', () => Date.now() > putMs + 1_100);
  await bed.put('3');
  await bed.split();
  await bed.put('4', '5', '6', '7');
  expect(await bed.read(7)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  const [{ out: kept }, [, , third]] = await Promise.all([bed.command(['checkpoint', 'export']), raw()]);
  const time = new Date((third?.approximateArrivalTimestamp ?? 0) * 1_000).toISOString();

  const [dry, unasked] = await Promise.all([bed.command(['rewind', '--to', time, '--dry-run']), bed.command(['rewind', '--to', time])]);
  expect({ ...dry, out: plain(dry.out) }).toEqual({
    code: 0,
    out: [
      'LEASE FROM TO WHY HELD BY',
      `${shard} shard-end <…DIGITS asked -`,
      'shardId-000000000001 …DIGITS trim-horizon follows -',
      'shardId-000000000002 …DIGITS trim-horizon follows -',
      'Nothing was written: this was a dry run.',
      '',
    ].join('\n'),
    err: '',
  });
  for (const line of dry.out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(unasked).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--yes') });
  expect((await bed.command(['rewind', '--to', time, '--yes'])).out).toMatch(/3 leases were rewound\. Workers go on from there\.\n$/);
  expect(await bed.read(5)).toEqual(['3', '4', '5', '6', '7']);

  expect((await bed.command(['checkpoint', 'set', '--shard', shard, '--to', 'trim-horizon'])).code).toBe(0);
  const imported = await bed.command(['checkpoint', 'import', '--json'], kept);
  expect(JSON.parse(imported.out)).toMatchObject({ moved: true, moves: [{ lease: shard, from: { kind: 'trim-horizon' }, to: { kind: 'shard-end' } }] });
  expect(positions((await bed.command(['checkpoint', 'export'])).out)).toEqual(positions(kept));
});

test('a run until it has caught up reads what follows a shard that was split, too', async () => {
  await bed.put('1', '2', '3');
  await bed.split();
  await bed.put('4', '5', '6', '7');
  expect(await bed.readToTip()).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

test('nothing moves that a worker holds; what a dead one held is given free', async () => {
  await bed.put('1');
  const worker = bed.start();
  await until('the shard', async () => (await worker.status()).shards.some(({ held }) => held));
  const held = { code: 4, err: expect.stringMatching(/held by the worker .* at work\. Nothing was changed\. Stop that worker/) };
  const commands = [
    ['checkpoint', 'set', '--shard', shard, '--to', 'trim-horizon'],
    ['rewind', '--to', 'trim-horizon', '--yes'],
    ['leases', 'release', shard, '--yes'],
  ];
  for (const ran of await Promise.all(commands.map((command) => bed.command(command)))) expect(ran).toMatchObject(held);
  worker.signal('SIGKILL');
  await worker.exited;
  expect(await bed.command(['leases', 'release', shard, '--yes'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/has not renewed shardId-0+ for 3 s, so the lease is free now\./),
  });
  const [again, list, near, far] = await Promise.all(
    [
      ['leases', 'release', shard, '--yes'],
      ['leases', 'list'],
      ['checkpoint', 'set', '--shard', 'shardId-000000000001', '--to', 'latest'],
      ['checkpoint', 'set', '--shard', shard, '--to', '12'],
    ].map((args) => bed.command(args)),
  );
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nobody holds') });
  expect(plain(list?.out ?? '')).toMatch(new RegExp(`^LEASE OWNER COUNTER POSITION AGE LAG PARENTS\\n${shard} - \\d+ …DIGITS Ns Ns -\\n$`));
  expect(near).toEqual({ code: 2, out: '', err: `There is no lease "shardId-000000000001". Nothing was done; did you mean "${shard}"?\n` });
  expect(far).toMatchObject({ code: 2, err: expect.stringContaining('has no record 12') });
});
