// What a test of an example stands on: a stream filled by the example's own program, a lease table, and the built program with the example's
// own configuration, which gets addresses by its environment. It makes no claims.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients, createStream, type Embedded, startDynamo, startKinesis } from '@shardfold/embedded';
import { afterAll, beforeAll, vi } from 'vitest';
import type { SentText } from '../oracle/oracle.ts';
import { shardfold } from './command.ts';

interface PutRequest {
  readonly StreamName: string;
  readonly Records: readonly { readonly PartitionKey: string; readonly Data: string }[];
}

export interface ExampleBed {
  /** What the example's program made, in its order. */
  readonly sent: readonly SentText[];
  /** `file`: a configuration of the example. Rejects unless the run reads every shard from its beginning, catches up and ends by itself with 0. */
  catchUp(file: string, env: Readonly<Record<string, string>>): Promise<void>;
  /** Every position back to the beginning, and the same once more. */
  replay(file: string, env: Readonly<Record<string, string>>): Promise<void>;
}

/** The shards that a run began to read at their beginning, by its log. */
function readWhole(log: string): ReadonlySet<unknown> {
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly shard?: string; readonly from?: { readonly kind: string } });
  return new Set(lines.filter(({ from }) => from?.kind === 'trim-horizon').map(({ shard }) => shard));
}

/** Output of `records.ts`. */
async function made(folder: URL): Promise<PutRequest> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('records.ts', folder))], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`records.ts ended with ${code}.`);
  return JSON.parse(out) as PutRequest;
}

async function put(url: string, { StreamName, Records }: PutRequest): Promise<readonly SentText[]> {
  const { kinesis, destroy } = awsClients(url);
  const entries = Records.map(({ PartitionKey, Data }) => ({ PartitionKey, Data: Buffer.from(Data, 'base64') }));
  try {
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName, Records: entries }));
    if (answer.FailedRecordCount !== 0) throw new Error(`${answer.FailedRecordCount} records were not taken.`);
    return entries.map(({ Data }, index) => ({ data: Data, sequence: answer.Records?.[index]?.SequenceNumber ?? '' }));
  } finally {
    destroy();
  }
}

/** Call at the top of a test file. `folder`: the example's, with a slash at its end. */
export function exampleBed(folder: URL, shards: number): ExampleBed {
  const servers: Embedded[] = [];
  const sent: SentText[] = [];

  beforeAll(async () => {
    const [kinesis, dynamo] = await Promise.all([startKinesis(), startDynamo()]);
    servers.push(kinesis, dynamo);
    const request = await made(folder);
    await createStream({ url: kinesis.url, name: request.StreamName, shards });
    sent.push(...(await put(kinesis.url, request)));
    vi.stubEnv('SHARDFOLD_SOURCE__ENDPOINT', kinesis.url);
    vi.stubEnv('SHARDFOLD_LEASE__ENDPOINT', dynamo.url);
    vi.stubEnv('SHARDFOLD_HTTP__HOST', '127.0.0.1');
    vi.stubEnv('SHARDFOLD_HTTP__PORT', '0');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all(servers.map((server) => server.stop()));
  });

  async function command(file: string, env: Readonly<Record<string, string>>, args: readonly string[]): Promise<string> {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { code, err } = await shardfold(readFileSync(new URL(file, folder), 'utf8'), args);
    if (code !== 0) throw new Error(`shardfold ${args.join(' ')} of ${file} ended with ${code}: ${err}`);
    return err;
  }

  const catchUp: ExampleBed['catchUp'] = async (file, env) => {
    const log = await command(file, env, ['run', '--until-caught-up']);
    const read = readWhole(log);
    if (read.size !== shards) throw new Error(`The run of ${file} read ${read.size} shards from their beginning, not ${shards}: ${log}`);
  };
  return {
    sent,
    catchUp,
    async replay(file, env) {
      await command(file, env, ['rewind', '--to', 'trim-horizon', '--yes']);
      await catchUp(file, env);
    },
  };
}
