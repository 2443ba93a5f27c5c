// Packs every package as it would be published and has publint and arethetypeswrong look at it. It knows no package by name.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('../', import.meta.url));
/** The packages are ES modules only; a require() of one is answered by Node itself since 22.12. */
const accepted = new Set(['CJSResolvesToESM', 'NoResolution']);

function pack(folder: string, into: string): string {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', into], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm pack failed in ${folder}: ${stderr}`);
  const packed: unknown = JSON.parse(stdout);
  const [first] = Object.values(packed as Record<string, { filename: string }>);
  if (first === undefined) throw new Error(`npm pack said nothing of ${folder}`);
  return join(into, first.filename.replace('@', '').replace('/', '-'));
}

async function faultsOf(folder: string, into: string): Promise<readonly string[]> {
  const tarball = readFileSync(pack(folder, into));
  const data = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball: data }, strict: true });
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(data)));
  const wrong = analysis.types === false ? ['no types'] : analysis.problems.filter(({ kind }) => !accepted.has(kind)).map((problem) => JSON.stringify(problem));
  return [...messages.map((message) => formatMessage(message, pkg) ?? message.code), ...wrong];
}

const scratch = mkdtempSync(join(tmpdir(), 'shardfold-pack-'));
let failed = false;
try {
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const fault of await faultsOf(join(root, 'packages', name), scratch)) {
      failed = true;
      process.stderr.write(`packages/${name}: ${fault}\n`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
