// Dead letters as a worker leaves them, beside the data, in a file, in S3 and in SQS, and what the command line makes of them: replayed, they
// land where a live record would have, the newest version last.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, type TestContext, test } from 'vitest';
import { bucketAt, localStackForFile, queueAt } from '../../packages/sinks/test/support/localstack.ts';
import { shardfold } from '../support/command.ts';
import { type FleetBed, fleetBed, startStack } from '../support/fleet-bed.ts';

let stack: EmbeddedStack;
let bed: FleetBed;
const localStack = localStackForFile();

beforeAll(async () => {
  stack = await startStack();
});
beforeEach(async () => {
  bed = await fleetBed(stack);
});
afterEach(() => bed.end());
afterAll(() => stack.stop());

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

  const replayed = await shardfold(bed.configuration(), ['dlq', 'replay', '--yes', '--json']);
  expect(replayed).toMatchObject({ code: 3, err: '' });
  expect(JSON.parse(replayed.out)).toMatchObject({ done: 3, failed: 1, kinds: [{ code: '22P05' }], changes: { dead_lettered: 1 } });
  expect(await things()).toEqual([
    ['a', 'new'],
    ['b', 'good'],
  ]);
  expect(await letters()).toEqual([['22P05', 2]]);
  const listed = await shardfold(bed.configuration(), ['dlq', 'list']);
  expect(listed.out).toMatch(/^ID .*\n[0-9a-f]{12} {2}\S+Z {2}22P05 {2}main: things\n1 dead letter\.\n$/);
  expect(await shardfold(bed.configuration(), ['dlq', 'discard', listed.out.split('\n')[1]?.slice(0, 12) ?? '', '--yes'])).toMatchObject({
    code: 0,
    out: '1 dead letter discarded.\n',
  });
  expect(await letters()).toEqual([]);
});

/** Of the configuration: a place that nobody has used. */
const places: Readonly<Record<string, (context: TestContext) => Promise<string>>> = {
  async file() {
    const folder = mkdtempSync(join(tmpdir(), 'shardfold-letters-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return `deadLetters: { kind: file, path: "${join(folder, 'letters.jsonl')}" }`;
  },
  async s3(context) {
    const access = localStack.access(context);
    return `deadLetters: { kind: s3, bucket: ${await bucketAt(access)}, prefix: orders/, endpoint: "${access.endpoint}" }`;
  },
  async sqs(context) {
    const access = localStack.access(context);
    return `deadLetters: { kind: sqs, queueUrl: "${await queueAt(access)}", endpoint: "${access.endpoint}" }`;
  },
};

test.for(Object.entries(places))('letters kept in %s are listed, shown, replayed and discarded', async ([, place], context) => {
  const kept = await place(context);
  const yaml = bed.configuration(kept);
  await put(change('a', 1_790_000_000_000, 'good'), change('b', 1_790_000_000_000, 'a\u0000c'));
  expect(await bed.start('mistaken', kept, ['--until-caught-up', '--set', 'source.format=dms']).exited).toBe(0);

  const listed = await shardfold(yaml, ['dlq', 'list', '--json']);
  expect(listed).toMatchObject({ code: 0, err: '' });
  const ids = (JSON.parse(listed.out) as { letters: readonly { id: string }[] }).letters.map(({ id }) => id);
  expect(ids).toHaveLength(2);
  const shown = await shardfold(yaml, ['dlq', 'show', ids[0] ?? '']);
  expect(shown).toMatchObject({ code: 0, err: '', out: expect.stringContaining('aws:dynamodb') });

  expect(await shardfold(yaml, ['dlq', 'replay', '--yes'])).toMatchObject({ code: 3 });
  expect(await things()).toEqual([['a', 'good']]);
  const left = await shardfold(yaml, ['dlq', 'list']);
  expect(left.out).toMatch(/^ID .*\n\S+ {2}\S+Z {2}22P05 {2}main: things\n1 dead letter\.\n$/);
  expect(await shardfold(yaml, ['dlq', 'discard', left.out.split('\n')[1]?.split(' ')[0] ?? '', '--yes'])).toMatchObject({ code: 0 });
  expect((await shardfold(yaml, ['dlq', 'list'])).out).toBe('No dead letter.\n');
});
