// `tap` as a person runs it: what it prints is what `decode` prints, it takes no lease, and it ends at its limit or when told to.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { shardfold } from '../support/command.ts';
import { type PositionBed, positionBed, type Servers, startServers } from '../support/position-bed.ts';

let servers: Servers;
let bed: PositionBed;

beforeAll(async () => {
  servers = await startServers();
});
beforeEach(async () => {
  bed = await positionBed(servers);
});
afterEach(() => bed.end());
afterAll(() => servers.stop());

test('events from the oldest on, as decode prints them, without a lease', async () => {
  await bed.put('1', '2', '3');
  const from = ['tap', '--from', 'trim-horizon', '--limit', '2'];
  const [events, raw] = await Promise.all([bed.command(from), bed.command([...from, '--raw'])]);
  expect(events).toMatchObject({ code: 0, err: '' });
  expect(
    events.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { kind: 'insert', source: { system: 'aws:dynamodb', table: 'orders' }, key: { id: '1' } },
    { kind: 'insert', key: { id: '2' } },
  ]);
  const [, second] = raw.out.trim().split('\n');
  const { sequenceNumber } = JSON.parse(second ?? '') as { sequenceNumber: string };
  const one = ['tap', '--shard', 'shardId-000000000000', '--from', sequenceNumber, '--limit', '1'];
  const [decoded, same, table] = await Promise.all([shardfold(undefined, ['decode'], raw.out), bed.command(one), bed.command(['leases', 'list'])]);
  expect(decoded.out).toBe(events.out);
  expect(same.out).toBe(`${events.out.trim().split('\n')[1]}\n`);
  expect(table).toMatchObject({ code: 1, err: expect.stringContaining('does not exist') });
});

test('follows what comes until Ctrl-C', async () => {
  await bed.put('before');
  const tap = bed.follow(['tap', '--from', 'trim-horizon']);
  expect(JSON.parse(await tap.next())).toMatchObject({ key: { id: 'before' } });
  await bed.put('after');
  expect(JSON.parse(await tap.next())).toMatchObject({ key: { id: 'after' } });
  tap.signal('SIGINT');
  expect(await tap.ended).toBe(130);
});
