// The doctor's look at real servers: a bed where all is well, and one where much is wrong. It writes nothing in either.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListTablesCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { type AwsClients, awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { newLeaseTable } from '../support/lease-table.ts';

const main = fileURLToPath(new URL('../../packages/worker/dist/main.js', import.meta.url));
let stack: EmbeddedStack;
let bed: FleetBed;
let kinesis: AwsClients;
let dynamo: AwsClients;

beforeAll(async () => {
  stack = await startStack();
  kinesis = awsClients(stack.kinesis.url);
  dynamo = awsClients(stack.dynamo.url);
});
beforeEach(async () => {
  bed = await fleetBed(stack);
});
afterEach(() => bed.end());
afterAll(async () => {
  kinesis.destroy();
  dynamo.destroy();
  await stack.stop();
});

interface Told {
  readonly ok: boolean;
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly what: string; readonly do: string | null; readonly ddl?: string }[];
}

async function shardfold(args: readonly string[], yaml: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-doctor-'));
  const file = join(folder, 'shardfold.yaml');
  writeFileSync(file, yaml);
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
  const child = spawn(process.execPath, [main, ...args, '-c', file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const [code] = (await once(child, 'close')) as [number];
  rmSync(folder, { recursive: true, force: true });
  return { code, ...said };
}

const record = (table: string, id: string) =>
  JSON.stringify({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    tableName: table,
    dynamodb: { ApproximateCreationDateTime: 1_790_000_000_000, Keys: { id: { S: id } }, NewImage: { id: { S: id } }, SizeBytes: 10 },
  });

async function put(...payloads: readonly string[]): Promise<void> {
  const Records = payloads.map((payload, index) => ({ PartitionKey: String(index), Data: Buffer.from(payload) }));
  await kinesis.kinesis.send(new PutRecordsCommand({ StreamName: bed.stream, Records }));
}

const relations = async () =>
  (await bed.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).rows.map(({ tablename }) => tablename);

test('where all is well it says so, makes nothing, and prints the statements that a worker would run', async () => {
  await put(record('things', 'a'));
  const { code, out, err } = await shardfold(['validate', '--live'], bed.configuration());
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(`Stream ${bed.stream} has ${shardCount} open and 0 closed shards`);
  expect(out).toMatch(/create table if not exists "things" \(/);
  expect(out).toContain('shardfold_dead_letters');
  for (const line of out.split('\n')) if (!/create|,$|^ {9}/i.test(line)) expect(line.length).toBeLessThanOrEqual(80);
  expect(await relations()).toEqual([]);
  expect((await dynamo.dynamo.send(new ListTablesCommand({}))).TableNames).not.toContain(bed.stream);
});

test('it finds what is wrong, all at once, each with what to do', async () => {
  await put(
    record('things', 'a'),
    record('others', 'a'),
    'no json',
    JSON.stringify({ schema: 'shop', table: 'plain', type: 'WriteRowsEvent', row: { values: { n: 1 } } }),
  );
  await bed.database.query('CREATE TABLE things (id text, data jsonb, cdc_time bigint, cdc_seq numeric(65))');
  await bed.database.query(`
    CREATE TABLE others (id text COLLATE "C" PRIMARY KEY, data jsonb, cdc_time bigint NOT NULL, cdc_seq numeric(65) NOT NULL);
    CREATE UNIQUE INDEX u ON others ((data->>'price'));`);
  await newLeaseTable(dynamo.dynamo, bed.stream, 1);
  const foreign = {
    leaseKey: { S: '1:elsewhere:2:shardId-000000000000' },
    leaseCounter: { N: '7' },
    checkpoint: { S: 'TRIM_HORIZON' },
    streamName: { S: '1:elsewhere:2' },
    shardId: { S: 'shardId-000000000000' },
  };
  await dynamo.dynamo.send(new PutItemCommand({ TableName: bed.stream, Item: foreign }));
  await dynamo.dynamo.send(
    new PutItemCommand({
      TableName: bed.stream,
      Item: { leaseKey: { S: 'Migration3.0' }, entityType: { S: 'CLIENT_VERSION_MIGRATION' }, cv: { S: 'CLIENT_VERSION_3X' } },
    }),
  );
  const yaml = bed.configuration(`deadLetters: { kind: file, path: "/nowhere-at-all/dead.jsonl" }`);
  const before = (await dynamo.dynamo.send(new ScanCommand({ TableName: bed.stream }))).Items;
  const { code, out, err } = await shardfold(['doctor', '--json'], yaml);
  expect([code, err]).toEqual([3, '']);
  const told = JSON.parse(out) as Told;
  expect(told.ok).toBe(false);
  const found = new Map(told.findings.map(({ id, severity }) => [id, severity]));
  expect(Object.fromEntries(found)).toMatchObject({
    [`stream.${bed.stream}`]: 'ok',
    'lease-table.foreign': 'fault',
    'lease-table.kcl-3': 'warning',
    'limits.lease-table': 'fault',
    clock: 'ok',
    [`records.${bed.stream}.format`]: 'warning',
    [`records.${bed.stream}.keyless.plain`]: 'warning',
    'sink.main': 'ok',
    'table.main.things.mismatch': 'fault',
    'table.main.others.missing': 'note',
    'table.main.others.remark': 'warning',
    'file./nowhere-at-all/dead.jsonl.denied': 'fault',
  });
  const whatOf = (wanted: string) => told.findings.find(({ id }) => id === wanted)?.what;
  expect(whatOf('table.main.things.mismatch')).toContain('primary key');
  expect(whatOf('table.main.others.missing')).toBe('Target others in sink main lacks others__tombstones, shardfold_floors; a worker makes what is missing.');
  expect(whatOf('table.main.others.remark')).toContain('Another unique index, "u"');
  expect((await dynamo.dynamo.send(new ScanCommand({ TableName: bed.stream }))).Items).toEqual(before);
  expect(await relations()).toEqual(['others', 'things']);
});

test('a user who may make no tables is found out before a worker needs one', async () => {
  await put(record('things', 'a'));
  const role = `rows_only_${randomUUID().replaceAll('-', '')}`;
  await bed.database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  const url = Object.assign(new URL(bed.databaseUrl), { username: role, password: 'secret' }).href;
  const { code, out } = await shardfold(['doctor', '--json'], bed.configuration().replace(bed.databaseUrl, url));
  await bed.database.query(`DROP ROLE ${role}`);
  const { findings } = JSON.parse(out) as Told;
  const faults = findings.filter(({ severity }) => severity === 'fault');
  expect([code, faults.map(({ id }) => id).sort()]).toEqual([3, ['sink.main.letters.missing', 'table.main.things.missing']]);
  for (const { what, ddl } of faults) expect(`${what} ${ddl}`).toMatch(/the user of the url may not create tables in schema "public"\. create table/);
  expect(await relations()).toEqual([]);
});

test('a stream that is not there is told with those whose names are near; what is away is told with its address', async () => {
  const yaml = bed
    .configuration()
    .replace(`streams: [${bed.stream}]`, `streams: [${bed.stream.replace('cdc', 'cdx')}]`)
    .replace(stack.dynamo.url, 'http://127.0.0.1:1')
    .replace(bed.databaseUrl, 'postgres://someone:hunter2@127.0.0.1:1/nowhere');
  const { code, out, err } = await shardfold(['doctor'], yaml);
  expect([code, err]).toEqual([3, '']);
  expect(out.replaceAll(/\s+/g, ' ')).toContain(`Did you mean ${bed.stream}?`);
  expect(out).toMatch(/FAULT +Lease table [\s\S]*ECONNREFUSED/);
  expect(out.replaceAll(/\s+/g, ' ')).toMatch(
    /FAULT Sink main: PostgreSQL: connect ECONNREFUSED 127\.0\.0\.1:1 \(ECONNREFUSED\)\. → Check that the server runs/,
  );
  expect(out).not.toContain('hunter2');
});

test('what is not allowed is told by the action, and a wrong clock by how far it is off', async () => {
  // Less than what makes the client correct its clock by the server's.
  const lateMs = 60_000;
  const refusing = createServer((request, response) => {
    const action = String(request.headers['x-amz-target']).split('.')[1];
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1', connection: 'close', date: new Date(Date.now() - lateMs).toUTCString() });
    response.end(JSON.stringify({ __type: 'AccessDeniedException', message: `User u is not authorized to perform ${action}` }));
  });
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  onTestFinished(async () => {
    refusing.close();
    await once(refusing, 'close');
  });
  const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  const { code, out } = await shardfold(['doctor', '--json'], bed.configuration().replace(stack.kinesis.url, url).replace(stack.dynamo.url, url));
  expect(code).toBe(3);
  const { findings } = JSON.parse(out) as Told;
  const found = new Map(findings.map(({ id, what, do: remedy }) => [id, `${what} ${remedy}`]));
  expect(found.get(`stream.${bed.stream}.denied`)).toContain('Allow kinesis:DescribeStreamSummary');
  expect(found.get('lease-table.denied')).toContain('Allow dynamodb:DescribeTable');
  expect(found.get('clock.skew')).toMatch(/6\d s ahead/);
  expect(found.has('sink.main')).toBe(true);
});
