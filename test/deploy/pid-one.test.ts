// The image's entry point as process 1, which is what a container makes of it: no init before it, only the image's files, nothing to
// write to, no rights. It must read, write and drain as anywhere else. Skipped by name where no namespaces can be made.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { assertNotRequired } from '../servers/required.ts';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { until } from '../support/until.ts';
import { environmentOf } from './support/dockerfile.ts';
import { image, installCommands } from './support/image.ts';
import { installTimeoutMs, type ProductionInstall, productionInstall } from './support/production-install.ts';
import { run } from './support/tool.ts';

const script = fileURLToPath(new URL('support/as-image.sh', import.meta.url));
const namespaces = ['--mount', '--pid', '--ipc', '--fork', '--kill-child=KILL'];
const words = (word: string) => image.instructions.find((instruction) => instruction.word === word)?.exec ?? [];
/** Longer than `until` waits, which says what it waited for. */
const testTimeoutMs = 300_000;

function cannot(): string | undefined {
  if (process.platform !== 'linux') return 'namespaces are for Linux';
  if (process.getuid?.() !== 0) return 'only root makes a chroot';
  const tried = spawnSync('unshare', [...namespaces, 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `this machine lets nobody make namespaces: ${tried.stderr ?? tried.error?.message}`;
}

interface Contained {
  /** As the machine sees it. */
  readonly pid: number;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly said: readonly string[];
  readonly exited: Promise<number | string>;
  url(): Promise<string>;
}

/** The first process of the namespaces that `unshare` made, once it has become Node. */
function inner(child: ChildProcess): Promise<number> {
  return until('the entry point to be there', () => {
    const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return pid !== undefined && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('/usr/local/bin/node') ? Number(pid) : undefined;
  });
}

/** The words behind `unshare`. `folder` has an empty `root` and the `configuration`. */
function contained(app: string, folder: string): readonly string[] {
  return [...namespaces, script, join(folder, 'root'), process.execPath, app, join(folder, 'configuration'), ...words('ENTRYPOINT'), ...words('CMD')];
}

async function contain(app: string, folder: string): Promise<Contained> {
  const env = { PATH: process.env.PATH ?? '', ...environmentOf(image), AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...contained(app, folder)], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const lines: Record<string, unknown>[] = [];
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (line.startsWith('{')) lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  let ended: number | string | undefined;
  void exited.then((how) => {
    ended = how;
  });
  const url = () =>
    until('the worker to listen', () => {
      if (ended !== undefined) throw new Error(`it ended with ${ended}: ${said.join('\n')}`);
      return lines.map((line) => line.url).find((each) => typeof each === 'string');
    });
  const pid = await inner(child).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return { pid, lines, said, exited, url };
}

const reason = cannot();

describe('as process 1', () => {
  let made: ProductionInstall | { readonly skipped: string };
  let stack: EmbeddedStack;
  let bed: FleetBed | undefined;
  let folder: string;
  let running: Contained | undefined;

  beforeAll(async () => {
    if (reason !== undefined) return assertNotRequired('namespaces', reason);
    made = await productionInstall(installCommands);
    stack = await startStack();
    folder = mkdtempSync(join(tmpdir(), 'shardfold-contained-'));
    for (const name of ['root', 'configuration']) mkdirSync(join(folder, name));
    // The user without rights reads it.
    chmodSync(join(folder, 'configuration'), 0o755);
  }, installTimeoutMs);
  afterEach(async () => {
    const left = running;
    running = undefined;
    if (left !== undefined) {
      if (existsSync(`/proc/${left.pid}`)) process.kill(left.pid, 'SIGKILL');
      await left.exited;
    }
    await bed?.end();
    bed = undefined;
  });
  afterAll(async () => {
    if (reason !== undefined) return;
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
    if (!('skipped' in made)) made.remove();
  });

  test('it applies changes, drains on SIGTERM and exits with 0', { timeout: testTimeoutMs }, async (context) => {
    if (reason !== undefined) return context.skip(reason);
    if ('skipped' in made) return context.skip(made.skipped);
    const here = await fleetBed(stack);
    bed = here;
    writeFileSync(join(folder, 'configuration/shardfold.yaml'), here.configuration());
    await here.feed({ records: 500, keys: 60, seed: 11 });
    const worker = await contain(made.folder, folder);
    running = worker;

    const status = readFileSync(`/proc/${worker.pid}/status`, 'utf8');
    expect(/^NSpid:\s+\d+\s+1$/m.test(status), status).toBe(true);
    expect(status).toMatch(/^Uid:\s+65532\s+65532\s+65532\s+65532$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);

    const address = await worker.url();
    await until('it to be ready', async () => (await fetch(`${address}/readyz`, { headers: { connection: 'close' } })).ok);
    // What `helm test` runs in the image.
    const probes = readFileSync(fileURLToPath(new URL('../../deploy/helm/shardfold/files/probes.mjs', import.meta.url)), 'utf8');
    const probe = (url: string) => run([process.execPath, '--input-type=module', '--eval', probes, url]);
    expect(await probe(address)).toMatchObject({ code: 0, stdout: '/livez 200\n/readyz 200\n/metrics 200\n' });
    expect(await probe(`${address}/elsewhere`)).toMatchObject({ code: 1, stderr: expect.stringContaining('answered 404') });
    await until('the tables to equal the oracle', async () => (await here.differences()).length === 0);
    process.kill(worker.pid, 'SIGTERM');
    expect(await worker.exited, worker.said.join('\n')).toBe(0);
    expect(worker.lines.filter(({ reason: why }) => why === 'released').length).toBe(shardCount);
    expect(worker.lines.at(-1)).toMatchObject({ msg: 'Stopped' });
  });

  test('a configuration that is not there ends it with 2', async (context) => {
    if (reason !== undefined) return context.skip(reason);
    if ('skipped' in made) return context.skip(made.skipped);
    rmSync(join(folder, 'configuration/shardfold.yaml'), { force: true });
    const { code, stderr } = await run(['unshare', ...contained(made.folder, folder)], { env: { PATH: process.env.PATH ?? '', ...environmentOf(image) } });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('/etc/shardfold/shardfold.yaml: there is no such file') });
  });
});

describe('the heap', () => {
  /** Where memory can be bounded, by the version of control groups. */
  const places = [
    { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
    { folder: '/sys/fs/cgroup', limit: 'memory.max' },
  ];
  const limitMiB = 512;
  const toleranceMiB = 4;
  const ask = 'process.stdout.write(String(require("node:v8").getHeapStatistics().heap_size_limit / 2 ** 20))';

  test('follows the memory limit of the container', async (context) => {
    const group = `shardfold-test-${process.pid}`;
    const place = places.find(({ folder, limit }) => {
      try {
        mkdirSync(join(folder, group));
        writeFileSync(join(folder, group, limit), String(limitMiB * 2 ** 20));
        return true;
      } catch {
        if (existsSync(join(folder, group))) rmdirSync(join(folder, group));
        return false;
      }
    });
    if (place === undefined) return context.skip('this machine lets nobody bound memory by control groups');
    const home = join(place.folder, group);
    try {
      const inGroup = `echo $$ > ${join(home, 'cgroup.procs')} && exec "$@"`;
      const { stdout, stderr } = await run(['sh', '-c', inGroup, 'sh', process.execPath, '--eval', ask], { env: environmentOf(image) });
      expect(stderr).toBe('');
      // The share that the options name, and the young generation, which is three times its semi-space.
      const { NODE_OPTIONS: options = '' } = environmentOf(image);
      const named = (option: string) => Number(new RegExp(`--${option}=(\\d+)`).exec(options)?.[1]);
      const wanted = (limitMiB * named('max-old-space-size-percentage')) / 100 + 3 * named('max-semi-space-size');
      expect(Math.abs(Number(stdout) - wanted)).toBeLessThan(toleranceMiB);
    } finally {
      rmdirSync(home);
    }
  });
});
