// Lease tables that are somebody else's, as a user meets them: of another stream, of another kind, of a Java KCL 3.x fleet that
// lives, and of one that is gone.
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type AwsClients, awsClients, createStream, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { shardfold as runCommand } from '../support/command.ts';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { newLeaseTable } from '../support/lease-table.ts';
import { until } from '../support/until.ts';
import { startWorker, type WorkerProcess } from '../support/worker-process.ts';

let stack: EmbeddedStack;
let bed: FleetBed;
let clients: AwsClients;

beforeAll(async () => {
  stack = await startStack();
  clients = awsClients(stack.dynamo.url);
});
beforeEach(async () => {
  bed = await fleetBed(stack);
});
afterEach(() => bed.end());
afterAll(async () => {
  clients.destroy();
  await stack.stop();
});

async function put(item: Readonly<Record<string, AttributeValue>>): Promise<void> {
  await clients.dynamo.send(new PutItemCommand({ TableName: bed.stream, Item: { ...item } }));
}

const shardId = (at: number) => `shardId-${String(at).padStart(12, '0')}`;
const row = (key: string, more: Readonly<Record<string, AttributeValue>> = {}) => ({
  leaseKey: { S: key },
  leaseCounter: { N: '7' },
  checkpoint: { S: 'TRIM_HORIZON' },
  checkpointSubSequenceNumber: { N: '0' },
  ownerSwitchesSinceCheckpoint: { N: '0' },
  ...more,
});

async function putLeader(beat: number): Promise<void> {
  await put({
    leaseKey: { S: 'Leader' },
    entityType: { S: 'LEADER' },
    ownerName: { S: 'java-1' },
    leaseDuration: { S: '120000' },
    recordVersionNumber: { S: `beat-${beat}` },
  });
}

/** What KCL 3.5 leaves beside the leases. */
async function putFleet(): Promise<void> {
  await put({ leaseKey: { S: 'Migration3.0' }, entityType: { S: 'CLIENT_VERSION_MIGRATION' }, cv: { S: 'CLIENT_VERSION_3X' } });
  await put({ leaseKey: { S: 'java-1' }, entityType: { S: 'WORKER_METRIC_STATS' }, lut: { N: '1795237956' } });
  await putLeader(0);
}

/** A command that ends by itself, with the bed's configuration. */
const shardfold = (args: readonly string[]) => runCommand(bed.configuration(), args);

const errors = (worker: WorkerProcess) =>
  worker.lines
    .filter(({ level }) => level === 'error')
    .map(({ msg }) => msg)
    .join('\n');
const holding = async (worker: WorkerProcess) => (await worker.status()).shards.filter(({ held }) => held).length;

describe('a lease table', () => {
  test('of another stream is refused with both names, and left as it is', async () => {
    const first = bed.start('first');
    await until('every shard', async () => (await holding(first)) === shardCount);
    first.signal('SIGTERM');
    expect(await first.exited).toBe(0);
    const other = `${bed.stream}-other`;
    await createStream({ url: stack.kinesis.url, name: other, shards: shardCount });
    const second = startWorker('second', bed.configuration().replace(`streams: [${bed.stream}]`, `streams: [${other}]`));
    onTestFinished(() => second.signal('SIGKILL'));
    expect(await second.exited).toBe(4);
    expect(errors(second)).toMatch(new RegExp(`belongs to the stream \\S*${bed.stream} .*this fleet reads \\S*${other} `));
    const third = bed.start('third');
    await until('every shard again', async () => (await holding(third)) === shardCount);
  });

  test('with multi-stream keys is refused', async () => {
    await newLeaseTable(clients.dynamo, bed.stream);
    for (const at of [0, 1]) {
      const stream = '000000000000:elsewhere:1790000000';
      await put(row(`${stream}:${shardId(at)}`, { streamName: { S: stream }, shardId: { S: shardId(at) } }));
    }
    const worker = bed.start('worker');
    expect(await worker.exited).toBe(4);
    expect(errors(worker)).toContain('has multi-stream keys');
  });
});

describe('beside a Java KCL 3.x fleet', () => {
  test('that lives a worker ends with 4 and a word on how to hand over', async () => {
    await newLeaseTable(clients.dynamo, bed.stream);
    await putFleet();
    for (let at = 0; at < shardCount; at += 1) await put(row(shardId(at)));
    const worker = bed.start('worker');
    await until('it to watch', () => worker.lines.some(({ level, msg }) => level === 'warn' && msg.includes('waits up to 120 s')));
    expect(await worker.status()).toMatchObject({ state: 'watching' });
    expect(await holding(worker)).toBe(0);
    let beats = 0;
    let ended: number | string | undefined;
    void worker.exited.then((code) => {
      ended = code;
    });
    const code = await until('it to end', async () => {
      beats += 1;
      await putLeader(beats);
      return ended;
    });
    expect(code).toBe(4);
    expect(errors(worker)).toMatch(/leader 'java-1'.* takes nothing and ends\. To hand over, stop every Java worker.*leases adopt/);
  });

  test('that is gone is not waited for once it was adopted', async () => {
    await newLeaseTable(clients.dynamo, bed.stream);
    await putFleet();
    for (let at = 0; at < shardCount; at += 1) await put(row(shardId(at), { leaseOwner: { S: 'java-1' } }));
    const adopted = await shardfold(['leases', 'adopt']);
    expect(adopted).toMatchObject({ code: 0, err: '' });
    expect(adopted.out).toContain("the lock of its leader 'java-1', its mode CLIENT_VERSION_3X, the load of 'java-1'. As long as nothing of it moves");
    await bed.feed({ records: 40, keys: 8, seed: 1 });
    const worker = bed.start('worker');
    await until('every record', async () => (await bed.differences()).length === 0 && (await holding(worker)) === shardCount);
    expect(worker.lines.filter(({ msg }) => msg.includes('KCL 3.x'))).toEqual([]);
  });
});

describe('leases', () => {
  test('list shows every lease, to people and to machines, and makes no table', async () => {
    const missing = await shardfold(['leases', 'list']);
    expect(missing).toMatchObject({ code: 1, out: '' });
    expect(missing.err).toContain(`'${bed.stream}'`);
    await newLeaseTable(clients.dynamo, bed.stream);
    await put(row(shardId(0), { leaseOwner: { S: 'java-1' } }));
    await put(row(shardId(1), { parentShardId: { SS: [shardId(0)] } }));
    const { code, out } = await shardfold(['leases', 'list']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.split(/ +/))).toEqual([
      ['LEASE', 'OWNER', 'COUNTER', 'POSITION', 'AGE', 'LAG', 'PARENTS'],
      [shardId(0), 'java-1', '7', 'trim-horizon', '-', '0s', '-'],
      [shardId(1), '-', '7', 'trim-horizon', '-', '0s', '0'],
      [''],
    ]);
    expect(JSON.parse((await shardfold(['leases', 'list', '--json'])).out)).toMatchObject({ leases: [{ owner: 'java-1' }, { owner: null }], broken: [] });
  });

  test('adopt --multi-stream copies what nobody holds, once', async () => {
    const worker = bed.start('worker');
    await until('every shard', async () => (await holding(worker)) === shardCount);
    const refused = await shardfold(['leases', 'adopt', '--multi-stream']);
    expect(refused).toMatchObject({ code: 4, out: '' });
    expect(refused.err).toContain('is at work');
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(0);
    const copy = async (...more: readonly string[]) => (await shardfold(['leases', 'adopt', '--multi-stream', ...more])).out.split('\n')[0];
    const keys = new RegExp(`begin with \\d+:${bed.stream}:\\d+; `);
    expect(await copy('--dry-run')).toMatch(new RegExp(`^Would copy ${shardCount} leases .*${keys.source}0 were`));
    expect(await copy()).toMatch(new RegExp(`^Copied ${shardCount} leases .*${keys.source}0 were`));
    expect(await copy()).toMatch(new RegExp(`^Copied 0 leases .*${keys.source}${shardCount} were`));
    const { leases } = JSON.parse((await shardfold(['leases', 'list', '--json'])).out) as { leases: { stream: string | null }[] };
    expect(leases.map(({ stream }) => stream?.split(':')[1] ?? null).sort()).toEqual([...Array(shardCount).fill(bed.stream), ...Array(shardCount).fill(null)]);
  });
});
