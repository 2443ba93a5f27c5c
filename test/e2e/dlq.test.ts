// Dead letters in PostgreSQL as a worker leaves them, and what the command line makes of them: replayed, they land where a live record
// would have, the newest version last.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FleetBed, fleetBed, startStack } from '../support/fleet-bed.ts';

const main = fileURLToPath(new URL('../../packages/worker/dist/main.js', import.meta.url));
let stack: EmbeddedStack;
let bed: FleetBed;

beforeAll(async () => {
  stack = await startStack();
});
beforeEach(async () => {
  bed = await fleetBed(stack);
});
afterEach(() => bed.end());
afterAll(() => stack.stop());

async function shardfold(args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-dlq-'));
  const file = join(folder, 'shardfold.yaml');
  writeFileSync(file, bed.configuration());
  const child = spawn(process.execPath, [main, ...args, '-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const [code] = (await once(child, 'close')) as [number];
  rmSync(folder, { recursive: true, force: true });
  return { code, ...said };
}

const change = (id: string, time: number, text: string) =>
  JSON.stringify({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    tableName: 'things',
    dynamodb: { ApproximateCreationDateTime: time, Keys: { id: { S: id } }, NewImage: { id: { S: id }, text: { S: text } }, SizeBytes: 10 },
  });

async function put(...payloads: readonly string[]): Promise<void> {
  const clients = awsClients(stack.kinesis.url);
  const Records = payloads.map((payload, index) => ({ PartitionKey: String(index), Data: Buffer.from(payload) }));
  await clients.kinesis.send(new PutRecordsCommand({ StreamName: bed.stream, Records }));
  clients.destroy();
}

async function things(): Promise<readonly unknown[]> {
  return (await bed.database.query("SELECT id, data->>'text' AS text FROM things ORDER BY id")).rows.map(({ id, text }) => [id, text]);
}

async function letters(): Promise<readonly unknown[]> {
  return (await bed.database.query('SELECT error_code, attempts FROM shardfold_dead_letters ORDER BY error_code')).rows.map((row) => [
    row.error_code,
    Number(row.attempts),
  ]);
}

test('records that were read as the wrong format are replayed as the right one', async () => {
  const time = 1_790_000_000_000;
  await put(change('a', time + 1, 'new'), change('a', time, 'old'), change('b', time, 'good'), change('c', time, 'a\u0000c'));
  const mistaken = bed.start('mistaken', '', ['--until-caught-up', '--set', 'source.format=dms']);
  expect(await mistaken.exited).toBe(0);
  expect(await letters()).toHaveLength(4);

  const replayed = await shardfold(['dlq', 'replay', '--yes', '--json']);
  expect(replayed).toMatchObject({ code: 3, err: '' });
  expect(JSON.parse(replayed.out)).toMatchObject({ done: 3, failed: 1, kinds: [{ code: '22P05' }], changes: { dead_lettered: 1 } });
  expect(await things()).toEqual([
    ['a', 'new'],
    ['b', 'good'],
  ]);
  expect(await letters()).toEqual([['22P05', 2]]);
  const listed = await shardfold(['dlq', 'list']);
  expect(listed.out).toMatch(/^ID .*\n[0-9a-f]{12} {2}\S+Z {2}22P05 {2}main: things\n1 dead letter\.\n$/);
  expect(await shardfold(['dlq', 'discard', listed.out.split('\n')[1]?.slice(0, 12) ?? '', '--yes'])).toMatchObject({
    code: 0,
    out: '1 dead letter discarded.\n',
  });
  expect(await letters()).toEqual([]);
});
