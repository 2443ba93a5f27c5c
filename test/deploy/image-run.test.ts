// The built image in Docker or podman: its size, what it says of itself, and a worker in it that starts read-only and without rights,
// applies changes and drains. It builds nothing: SHARDFOLD_TEST_IMAGE names the image. Skipped by name where there is none.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EmbeddedStack } from '@shardfold/embedded';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { containerEngine } from '../servers/container.ts';
import { assertNotRequired } from '../servers/required.ts';
import { fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { until } from '../support/until.ts';
import { image as written } from './support/image.ts';
import { run } from './support/tool.ts';

const image = process.env.SHARDFOLD_TEST_IMAGE ?? '';
const engine = containerEngine() ?? '';
const imageBytesMax = 200e6;
const base = fileURLToPath(new URL('../../deploy/k8s/base', import.meta.url));
/** As deploy/compose and the chart have it. The network is the machine's: the servers listen on its loopback. */
const confined = ['--rm', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'host'];
/** Longer than `until` waits, which says what it waited for. */
const testTimeoutMs = 300_000;

function missing(): string | undefined {
  if (process.platform !== 'linux') return 'containers share the network of the machine on Linux only';
  if (engine === '') return 'neither docker nor podman answers';
  return image === '' ? 'SHARDFOLD_TEST_IMAGE names no image: docker build -f deploy/image/Dockerfile -t shardfold . makes one' : undefined;
}

const reason = missing();

/** Bytes of all files of the image, as a tar: what is unpacked, whatever the engine's own store says. */
async function unpackedBytes(): Promise<number> {
  const { code, stdout, stderr } = await run([engine, 'create', image]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const container = stdout.trim();
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-image-'));
  const file = join(folder, 'image.tar');
  try {
    expect(await run([engine, 'export', '--output', file, container])).toMatchObject({ code: 0 });
    return statSync(file).size;
  } finally {
    rmSync(folder, { recursive: true });
    await run([engine, 'rm', container]);
  }
}

beforeAll(() => {
  if (reason !== undefined) assertNotRequired('image', reason);
});
beforeEach((context) => {
  if (reason !== undefined) context.skip(reason);
});

describe('the image', () => {
  test('is below 200 MB', async () => {
    const bytes = await unpackedBytes();
    // Node alone is more than this.
    expect(bytes).toBeGreaterThan(100e6);
    expect(bytes).toBeLessThan(imageBytesMax);
  });

  test('has the user, the entry point and the labels of the Dockerfile', async () => {
    const { stdout } = await run([engine, 'image', 'inspect', image]);
    const [{ Config: config }] = JSON.parse(stdout) as [{ Config: { User: string; Entrypoint: string[]; Cmd: string[]; Labels: Record<string, string> } }];
    const exec = (word: string) => written.instructions.find((instruction) => instruction.word === word)?.exec;
    expect(config).toMatchObject({ User: '65532:65532', Entrypoint: exec('ENTRYPOINT'), Cmd: exec('CMD') });
    for (const label of ['title', 'description', 'source', 'licenses', 'version', 'revision'])
      expect(config.Labels[`org.opencontainers.image.${label}`]).toMatch(/^[^$]+$/);
  });

  test('checks a configuration, and ends with 2 where there is none', async () => {
    const url = 'DATABASE_URL=postgres://user:secret@db.example/app';
    const validate = ['validate', '--config', '/etc/shardfold/shardfold.yaml'];
    expect(await run([engine, 'run', ...confined, '--env', url, '--volume', `${base}:/etc/shardfold:ro`, image, ...validate])).toMatchObject({ code: 0 });
    expect(await run([engine, 'run', ...confined, image])).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') });
  });
});

describe('a worker in a container', () => {
  let stack: EmbeddedStack | undefined;
  beforeAll(async () => {
    if (reason === undefined) stack = await startStack();
  });
  afterAll(async () => stack?.stop());

  test('applies changes, drains when the engine stops it and exits with 0', { timeout: testTimeoutMs }, async () => {
    if (stack === undefined) throw new Error('the servers are not up');
    const bed = await fleetBed(stack);
    const folder = mkdtempSync(join(tmpdir(), 'shardfold-image-'));
    const name = `shardfold-test-${process.pid}`;
    try {
      // The user without rights reads it.
      chmodSync(folder, 0o755);
      writeFileSync(join(folder, 'shardfold.yaml'), bed.configuration());
      await bed.feed({ records: 500, keys: 60, seed: 12 });
      const credentials = ['--env', 'AWS_ACCESS_KEY_ID=test', '--env', 'AWS_SECRET_ACCESS_KEY=test'];
      const words = ['run', '--name', name, ...confined, ...credentials, '--volume', `${folder}:/etc/shardfold:ro`, image];
      const child = spawn(engine, words, { stdio: ['ignore', 'ignore', 'pipe'] });
      const exited = once(child, 'close');
      const said: string[] = [];
      createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
      const applied = until('the tables to equal the oracle', async () => child.exitCode !== null || (await bed.differences()).length === 0);
      expect(await applied, said.join('\n')).toBe(true);
      expect(child.exitCode, said.join('\n')).toBe(null);
      await run([engine, 'stop', '--time', '60', name]);
      expect(await exited, said.join('\n')).toEqual([0, null]);
      const lines = said.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.filter(({ reason: why }) => why === 'released').length).toBe(shardCount);
      expect(lines.at(-1)).toMatchObject({ msg: 'Stopped' });
    } finally {
      await run([engine, 'rm', '--force', name]);
      rmSync(folder, { recursive: true });
      await bed.end();
    }
  });
});
