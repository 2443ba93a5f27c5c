// Secrets are planted wherever a user may have one: in addresses of databases, as a token, in the environment. Then everything that the
// program says is searched for them: what it prints and logs, the page, the status, the metrics, the dead letters, what commands show.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cli } from '../../packages/worker/test/support/cli.ts';
import { type FleetBed, fleetBed, startStack } from '../support/fleet-bed.ts';
import { switchableProxy, through } from '../support/switchable-proxy.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../packages/worker/dist/main.js', import.meta.url));

/** No two alike, and nothing else contains them. An `@` has to be written as `%40` inside an address. */
const planted = {
  main: 'Planted-Main@1',
  other: 'Planted-Other@2',
  mysql: 'Planted-Mysql@3',
  mongodb: 'Planted-Mongo@4',
  cratedb: 'Planted-Crate@5',
  parameter: 'Planted-Parameter-6',
  token: 'Planted-Token-7',
  aws: 'Planted-Aws-8',
  session: 'Planted-Session-9',
  broken: 'Planted-Broken-10',
  unused: 'Planted-Unused-11',
  blank: 'Planted with blanks 12',
} as const;

/** As it is, as it is written in an address, and as base64. */
const forms = Object.values(planted).flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=*$/, '').slice(0, -1),
]);

let stack: EmbeddedStack;
let bed: FleetBed;
let folder: string;
/** Everything that was said, by where. */
let heard: Map<string, string>;

beforeAll(async () => {
  stack = await startStack();
});
beforeEach(async () => {
  bed = await fleetBed(stack);
  folder = mkdtempSync(join(tmpdir(), 'shardfold-secrets-'));
  heard = new Map();
});
afterEach(async () => {
  await bed.end();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => stack.stop());

function hear(where: string, text: string): string {
  heard.set(where, `${heard.get(where) ?? ''}${text}`);
  return text;
}

/** Each place where a secret was said, with what is around it. */
function leaks(): readonly string[] {
  return [...heard].flatMap(([where, text]) =>
    forms.flatMap((secret) => {
      const at = text.indexOf(secret);
      return at === -1 ? [] : [`${where}: ${text.slice(Math.max(0, at - 100), at + 100)}`];
    }),
  );
}

/** A user of the bed's database with this password; the address with both. */
async function asUser(name: string, password: string): Promise<string> {
  await bed.database.query(`CREATE ROLE ${name} SUPERUSER LOGIN PASSWORD '${password}'`);
  const changed = new URL(bed.databaseUrl);
  changed.username = name;
  changed.password = encodeURIComponent(password);
  return changed.href;
}

function start(what: string, args: readonly string[], yaml: string, env: Readonly<Record<string, string>>) {
  const file = join(folder, `${what.replaceAll(/\W/g, '-')}.yaml`);
  writeFileSync(file, yaml);
  const secretEnv = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: planted.aws,
    AWS_SESSION_TOKEN: planted.session,
    AWS_REGION: 'us-east-1',
    UNUSED: planted.unused,
  };
  const child = spawn(process.execPath, [main, ...args, '-c', file], { env: { ...process.env, ...secretEnv, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8').on('data', (text: string) => hear(`${what} stdout`, text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => hear(`${what} stderr`, text));
  const exited = once(child, 'close').then(([code]) => code as number);
  return { exited, signal: (name: NodeJS.Signals) => child.kill(name), said: () => heard.get(`${what} stderr`) ?? '' };
}

async function get(url: string, path: string, token?: string): Promise<string> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}${path}`, { headers: { connection: 'close', ...authorization } });
  return hear(`${path} ${token === undefined ? 'without' : 'with'} the token`, `${JSON.stringify([...answer.headers])}${await answer.text()}`);
}

const record = (table: string, id: string, text = 'x') =>
  JSON.stringify({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    tableName: table,
    dynamodb: { ApproximateCreationDateTime: 1_790_000_000_000, Keys: { id: { S: id } }, NewImage: { id: { S: id }, text: { S: text } }, SizeBytes: 10 },
  });

async function put(...payloads: readonly string[]): Promise<void> {
  const clients = awsClients(stack.kinesis.url);
  const Records = payloads.map((payload, index) => ({ PartitionKey: String(index), Data: Buffer.from(payload) }));
  await clients.kinesis.send(new PutRecordsCommand({ StreamName: bed.stream, Records }));
  clients.destroy();
}

test('a worker at work, with a database that goes away under it, keeps them to itself', async () => {
  const proxy = await switchableProxy(bed.databaseUrl);
  const env = {
    DATABASE_URL: await asUser('one', planted.main),
    OTHER_URL: `${through(await asUser('another', planted.other), proxy)}?application_name=x`,
  };
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${planted.token}\n`);
  const yaml = bed
    .configuration(`tables: [{ source: things, sink: main }, { source: others, sink: other }]`)
    .replace(/^sinks:.*$/m, `sinks: { main: { kind: postgres, url: "\${DATABASE_URL}" }, other: { kind: postgres, url: "\${OTHER_URL}" } }`)
    .replace(/^http:.*$/m, `http: { host: 127.0.0.1, port: 0, token: "\${file:${tokenFile}}" }`)
    .replace('level: info', 'level: debug');
  const worker = start('run', ['run'], yaml, env);
  try {
    const url = await until('the address', () => /"url":"([^"]+)"/.exec(worker.said())?.[1]);
    await put('no json', record('things', 'nul', 'a\u0000b'), record('things', 'a'), record('others', 'a'));
    const buried = async () => (await bed.database.query('SELECT * FROM shardfold_dead_letters').catch(() => ({ rows: [] }))).rows;
    await until('both letters', async () => (await buried()).length === 2);
    proxy.cut();
    await put(record('others', 'b'));
    await until('the worker to wait', () => worker.said().includes('Sink other'));
    for (const path of ['/', '/status', '/metrics', '/livez?verbose', '/readyz?verbose', '/nothing']) {
      await get(url, path);
      await get(url, path, planted.token);
    }
    expect(heard.get('/status with the token')).toContain('"lastError"');
    expect(heard.get('/metrics with the token')).toContain('shardfold_dead_letters_total');
    hear('dead letters', JSON.stringify(await buried()));
    for (const args of ['config print', 'config print --json', 'config explain sinks', 'config explain sinks.main.url', 'config explain http.token --json']) {
      const { out, err } = await cli(args.split(' '), { files: { 'shardfold.yaml': yaml, [tokenFile]: planted.token }, env });
      hear(`${args} stdout`, `${out}${err}`);
    }
    const commands = [
      ['dlq', 'list', '--json'],
      ['doctor', '--json'],
    ];
    await Promise.all(commands.map((args) => start(args.join(' '), args, yaml, env).exited));
    expect(heard.get('doctor --json stdout')).toContain('sink.other.unreachable');
    expect(heard.get('config print stdout')).toContain('application_name');
  } finally {
    worker.signal('SIGKILL');
    await worker.exited;
    await proxy.close();
  }
  expect(leaks()).toEqual([]);
});

test('databases that cannot be reached, and a configuration that is wrong, do not give them away', async () => {
  const sinks = [
    `p: { kind: postgres, url: "postgres://u:${encodeURIComponent(planted.main)}@127.0.0.1:1/d?sslpassword=${planted.parameter}" }`,
    `w: { kind: postgres, url: "postgres://u:${planted.blank}@127.0.0.1:1/d" }`,
    `m: { kind: mysql, url: "mysql://u:${encodeURIComponent(planted.mysql)}@127.0.0.1:1/d" }`,
    `d: { kind: mongodb, url: "mongodb://u:${encodeURIComponent(planted.mongodb)}@127.0.0.1:1/d?serverSelectionTimeoutMS=200" }`,
    `c: { kind: cratedb, url: "http://u:${encodeURIComponent(planted.cratedb)}@127.0.0.1:1/d" }`,
  ];
  const names = ['p', 'w', 'm', 'd', 'c'];
  const yaml = bed
    .configuration(`tables: [${names.map((name) => `{ source: "${name}*", sink: ${name} }`).join(', ')}]`)
    .replace(/^sinks:.*$/m, `sinks: { ${sinks.join(', ')} }`);
  const worker = start('run', ['run'], yaml, {});
  try {
    await until('every sink to be waited for', () => names.every((name) => worker.said().includes(`Sink ${name} `)));
    const url = /"url":"([^"]+)"/.exec(worker.said())?.[1] ?? '';
    await get(url, '/status');
  } finally {
    worker.signal('SIGKILL');
    await worker.exited;
  }
  const wrong = yaml
    .replace('kind: mysql, url: "mysql://', 'kind: mysq, url: "mysql:/')
    .replace('kind: cratedb', `urll: "http://u:${planted.broken}@h", kind: cratedb`);
  for (const args of ['validate', 'validate --json', 'run']) {
    const { code, out, err } = await cli(args.split(' '), { files: { 'shardfold.yaml': wrong } });
    expect(code).toBe(2);
    hear(`wrong ${args}`, `${out}${err}`);
  }
  expect(heard.get('wrong validate')).toContain('did you mean');
  expect(await start('doctor', ['doctor'], yaml, {}).exited).toBe(3);
  expect(leaks()).toEqual([]);
});
