// What comes that should not: broken records, rows that the database refuses, a database or a lease table that is away, a stream
// that is not there, a wrong configuration. Each as a user meets it, with a worker as a process.
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { switchableProxy, through } from '../support/switchable-proxy.ts';
import { until } from '../support/until.ts';
import { startWorker, sumOf, type WorkerProcess } from '../support/worker-process.ts';

let stack: EmbeddedStack;
let bed: FleetBed;

beforeAll(async () => {
  stack = await startStack();
});
afterEach(() => bed.end());
afterAll(() => stack.stop());

async function put(...payloads: readonly (string | Uint8Array)[]): Promise<void> {
  const clients = awsClients(stack.kinesis.url);
  try {
    const Records = payloads.map((payload, index) => ({ PartitionKey: String(index), Data: typeof payload === 'string' ? Buffer.from(payload) : payload }));
    await clients.kinesis.send(new PutRecordsCommand({ StreamName: bed.stream, Records }));
  } finally {
    clients.destroy();
  }
}

const insert = (id: string, more: object = {}, tableName = 'things') =>
  JSON.stringify({
    awsRegion: 'us-east-1',
    eventID: `event-${id}`,
    eventName: 'INSERT',
    userIdentity: null,
    recordFormat: 'application/json',
    tableName,
    dynamodb: { ApproximateCreationDateTime: 1_790_000_000_000, Keys: { id: { S: id } }, NewImage: { id: { S: id }, ...more }, SizeBytes: 10 },
    eventSource: 'aws:dynamodb',
  });

async function ids(): Promise<readonly string[]> {
  const { rows } = await bed.database.query<{ id: string }>('SELECT id FROM things ORDER BY id');
  return rows.map(({ id }) => id);
}

async function letters(): Promise<
  readonly { readonly stage: string; readonly error_code: string; readonly raw: Buffer; readonly key: string | null; readonly target: string | null }[]
> {
  return (await bed.database.query('SELECT stage, error_code, raw, key, target FROM shardfold_dead_letters ORDER BY stage, error_code, raw')).rows;
}

async function health(worker: WorkerProcess, path: string): Promise<number> {
  const answer = await fetch(`${await worker.url()}${path}`, { headers: { connection: 'close' } });
  await answer.text();
  return answer.status;
}

describe('records', () => {
  test('that nobody can read are counted and kept with their bytes, and the rest lands', async () => {
    bed = await fleetBed(stack);
    const worker = bed.start('worker');
    const broken = ['no json', '{"what":"is this"}', insert('cut').slice(0, 60), Buffer.from([0xff, 0xfe, 0x00])];
    await put(insert('a'), ...broken, insert('b'));
    await until('both rows', async () => (await ids()).length === 2);
    await until('every letter', async () => (await letters()).length === broken.length);
    const found = await letters();
    expect(found.map(({ stage }) => stage)).toEqual(broken.map(() => 'decode'));
    expect(found.map(({ raw }) => raw.toString('hex')).sort()).toEqual(broken.map((each) => Buffer.from(each).toString('hex')).sort());
    await until('the counters', async () => sumOf(await worker.metrics(), 'shardfold_records_total', 'outcome="dead_lettered"') === broken.length);
    const metrics = await worker.metrics();
    expect(sumOf(metrics, 'shardfold_records_total', 'outcome="decoded"')).toBe(2);
    expect(sumOf(metrics, 'shardfold_dead_letters_total')).toBe(broken.length);
  });

  test('whose row the database refuses are kept with its code, and the rest of the group lands', async () => {
    bed = await fleetBed(stack);
    const worker = bed.start('worker');
    await put(insert('a'), insert('nul', { text: { S: 'a\u0000b' } }), insert('b'), insert('half', { text: { S: '\ud800' } }));
    await until('the good rows', async () => (await ids()).length === 2);
    await until('both letters', async () => (await letters()).length === 2);
    expect(await ids()).toEqual(['a', 'b']);
    const found = await letters();
    for (const { stage, error_code, key, target } of found) {
      expect(stage).toBe('write');
      expect(error_code).toMatch(/^22/);
      expect(['{"id":"nul"}', '{"id":"half"}']).toContain(key);
      expect(target).toBe('things');
    }
    await until('the counters', async () => sumOf(await worker.metrics(), 'shardfold_changes_total', 'outcome="dead_lettered"') === 2);
    expect(sumOf(await worker.metrics(), 'shardfold_changes_total', 'outcome="applied"')).toBe(2);
  });

  test('whose table can have no such name are kept with a code, beside the rows of the other tables', async () => {
    bed = await fleetBed(stack);
    const worker = bed.start('worker');
    const names = ['a\u0000b', 'shardfold_floors', 'shardfold_dead_letters', 'things__tombstones', 'pg_temp.things'];
    await put(insert('a'), ...names.map((name) => insert('x', {}, name)), insert('b'));
    await until('the good rows', async () => (await ids()).length === 2);
    await until('every letter', async () => (await letters()).length === names.length);
    const found = await letters();
    expect(found.map(({ stage, error_code }) => `${stage} ${error_code}`)).toEqual(names.map(() => 'route TARGET_NAME'));
    expect(found.map(({ target }) => target).sort()).toEqual(names.map((name) => name.replace('\u0000', '\\u0000')).sort());
    await until('the counters', async () => sumOf(await worker.metrics(), 'shardfold_changes_total', 'outcome="dead_lettered"') === names.length);
    await put(insert('c'));
    await until('the next row', async () => (await ids()).length === 3);
  });

  test('stop the worker before them when deadLetters.kind is stop', async () => {
    bed = await fleetBed(stack);
    const worker = bed.start('worker', 'deadLetters: { kind: stop }');
    await put('no json');
    expect(await worker.exited).toBe(1);
    expect(worker.lines.at(-1)?.level === 'error' || worker.lines.some(({ level, msg }) => level === 'error' && msg.includes('deadLetters.kind'))).toBe(true);
  });
});

describe('the environment', () => {
  test('a database that is away is waited for: the leases stay, the worker lives, and it says so once', async () => {
    bed = await fleetBed(stack);
    const proxy = await switchableProxy(bed.databaseUrl);
    onTestFinished(() => proxy.close());
    const worker = bed.start('worker', '', ['--set', `sinks.main.url=${through(bed.databaseUrl, proxy)}`]);
    await put(insert('before'));
    await until('a first row', async () => (await ids()).length === 1);
    proxy.cut();
    await put(insert('while'));
    const waits = () => worker.lines.filter(({ level, msg }) => level === 'warn' && msg.startsWith('Sink main'));
    await until('the worker to say that it waits', () => waits().length > 0);
    await until('three attempts', async () => sumOf(await worker.metrics(), 'shardfold_sink_write_duration_seconds_count', 'outcome="failed"') >= 3);
    expect(await health(worker, '/livez')).toBe(200);
    expect((await worker.status()).shards.filter(({ held }) => held)).toHaveLength(shardCount);
    expect(await ids()).toEqual(['before']);
    expect(waits()).toHaveLength(1);
    proxy.join();
    await until('the row that waited', async () => (await ids()).length === 2);
    expect(sumOf(await worker.metrics(), 'shardfold_lease_losses_total')).toBe(0);
  });

  test('one table that takes no writes is named, and the others go on', async () => {
    bed = await fleetBed(stack);
    await bed.database.query('CREATE TABLE audit (id text)');
    const worker = bed.start('worker');
    await put(insert('first'));
    await until('a first row', async () => (await ids()).length === 1);
    await put(insert('x', {}, 'audit'));
    const verdict = async () => (await worker.status()).verdict;
    await until('the page to say so', async () => {
      // One row after the other, as they come in real life: what works elsewhere says nothing of this table.
      await put(insert(String((await ids()).length)));
      const { level, title } = (await verdict()) as { readonly level: string; readonly title: string };
      return level === 'bad' && title === 'Table audit of sink main takes no writes';
    });
    expect((await ids()).length).toBeGreaterThan(0);
    expect((await worker.status()).sinks).toMatchObject([{ state: 'partly', blocked: [{ table: 'audit' }] }]);
    expect(worker.lines.filter(({ msg }) => msg.startsWith('Table audit of sink main cannot be written to'))).toHaveLength(1);
    await bed.database.query('DROP TABLE audit');
    await until('the row that waited', async () => (await bed.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'audit'")).rows.length === 1);
    await until('the page to be bad no more', async () => ((await verdict()) as { readonly level: string }).level !== 'bad');
  });

  test('a run until the tip waits for what another worker, which is stuck, has before it', async () => {
    bed = await fleetBed(stack);
    const proxy = await switchableProxy(bed.databaseUrl);
    onTestFinished(() => proxy.close());
    const stuck = bed.start('stuck', '', ['--set', `sinks.main.url=${through(bed.databaseUrl, proxy)}`]);
    await until('every shard', async () => (await stuck.status()).shards.filter(({ held }) => held).length === shardCount);
    await put(insert('before'));
    await until('a first row', async () => (await ids()).length === 1);
    proxy.cut();
    await put(insert('while'));
    await until('it to be stuck', () => stuck.lines.some(({ msg }) => msg.startsWith('Sink main')));
    const behind = bed.start('until', '', ['--until-caught-up']);
    const counters = async () => (await behind.status()).shards.map((shard) => Number((shard as { readonly counter?: string }).counter));
    let ended = false;
    void behind.exited.then(() => {
      ended = true;
    });
    let first: readonly number[] = [];
    await until('it to have seen every owner live', async () => {
      const now = await counters();
      if (first.length < shardCount) first = now;
      return now.length >= shardCount && now.every((counter, index) => counter >= (first[index] ?? counter) + 3);
    });
    expect(ended).toBe(false);
    // Told to stop before that, it has not done what it was to do.
    const nowhere = ['--set', 'sinks.main.url=postgres://u:p@127.0.0.1:1/x'];
    for (const more of [[], nowhere]) {
      const interrupted = bed.start('interrupted', '', ['--until-caught-up', ...more]);
      await interrupted.url();
      interrupted.signal('SIGTERM');
      expect(await interrupted.exited).toBe(130);
    }
    proxy.join();
    expect(await behind.exited).toBe(0);
    expect(await ids()).toEqual(['before', 'while']);
  });

  test('a lease table that is away stops the shards at the fence, and the worker comes back by itself', async () => {
    bed = await fleetBed(stack);
    const proxy = await switchableProxy(stack.dynamo.url);
    onTestFinished(() => proxy.close());
    const worker = bed.start('worker', '', ['--set', `lease.endpoint=${through(stack.dynamo.url, proxy)}`]);
    await until('every shard', async () => (await worker.status()).shards.filter(({ held }) => held).length === shardCount);
    proxy.cut();
    await until('the fence', async () => sumOf(await worker.metrics(), 'shardfold_lease_losses_total', 'reason="fenced"') === shardCount);
    expect(await health(worker, '/livez')).toBe(200);
    expect((await worker.status()).shards.filter(({ held }) => held)).toHaveLength(0);
    expect(worker.lines.filter(({ msg }) => msg.startsWith('The lease table cannot be reached'))).toHaveLength(1);
    proxy.join();
    await put(insert('after'));
    await until('a row', async () => (await ids()).length === 1);
  });

  test('a stream that is not there ends the worker with a sentence and without a lease', async () => {
    bed = await fleetBed(stack);
    const worker = startWorker('worker', bed.configuration().replace(`streams: [${bed.stream}]`, 'streams: [nowhere]'));
    expect(await worker.exited).toBe(1);
    const said = worker.lines.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    expect(said.join('\n')).toContain('Stream nowhere');
    expect(said.join('\n')).not.toContain('    at ');
  });

  test('a wrong configuration ends with 2 before anything was touched', async () => {
    bed = await fleetBed(stack);
    const worker = bed.start('worker', 'lesae: { duration: 1 }');
    expect(await worker.exited).toBe(2);
    expect(worker.plain.join('\n')).toContain('did you mean "lease"');
    expect((await bed.database.query("SELECT 1 FROM pg_tables WHERE tablename LIKE 'shardfold%'")).rows).toEqual([]);
  });
});
