// Shows that each rule of the house fires: every ban and every import arrow has a line of code here that breaks it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const broken: readonly (readonly [title: string, file: string, code: string, rule: string])[] = [
  ['Date.now', 'packages/lease/src/a.ts', 'export const now = Date.now();', 'noJsRestrictedProperties'],
  ['Math.random', 'packages/changes/src/b.ts', 'export const any = Math.random();', 'noJsRestrictedProperties'],
  ['performance.now', 'packages/sinks/src/c.ts', 'export const now = performance.now();', 'noJsRestrictedProperties'],
  ['crypto.randomUUID', 'packages/worker/src/d.ts', 'export const id = crypto.randomUUID();', 'noJsRestrictedProperties'],
  [
    'randomUUID from node:crypto',
    'packages/worker/src/e.ts',
    "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();",
    'noRestrictedImports',
  ],
  ['new Date()', 'packages/consumer/src/f.ts', 'export const now = new Date();', 'plugin'],
  ['setTimeout', 'packages/lease/src/g.ts', 'setTimeout(() => undefined, 1);', 'noRestrictedGlobals'],
  ['setInterval', 'packages/lease/src/h.ts', 'setInterval(() => undefined, 1);', 'noRestrictedGlobals'],
  [
    'timers/promises',
    'packages/lease/src/i.ts',
    "import { setTimeout as sleep } from 'node:timers/promises';\nexport const nap = sleep(1);",
    'noRestrictedImports',
  ],
  ['process.env', 'packages/worker/src/j.ts', 'export const home = process.env.HOME;', 'noProcessEnv'],
  ['console', 'packages/worker/src/k.ts', "console.log('x');", 'noConsole'],
  ['any', 'packages/lease/src/l.ts', 'export const x: any = 1;', 'noExplicitAny'],
  ['a non-null assertion', 'packages/lease/src/m.ts', 'export const first = (list: string[]) => list[0]!.length;', 'noNonNullAssertion'],
  ['an enum', 'packages/lease/src/n.ts', 'export enum Colour {\n  Red,\n}', 'noEnum'],
  ['a default export', 'packages/lease/src/o.ts', 'export default 1;', 'noDefaultExport'],
  ['a barrel inside a package', 'packages/lease/src/p.ts', "export * from './a.ts';", 'noBarrelFile'],
  [
    'lease -> consumer',
    'packages/lease/src/q.ts',
    "import { createConsumer } from '@shardfold/consumer';\nexport const x = createConsumer;",
    'noRestrictedImports',
  ],
  ['changes -> sinks', 'packages/changes/src/r.ts', "import { SinkError } from '@shardfold/sinks';\nexport const x = SinkError;", 'noRestrictedImports'],
  ['consumer -> changes', 'packages/consumer/src/s.ts', "import { codecs } from '@shardfold/changes';\nexport const x = codecs;", 'noRestrictedImports'],
  [
    'sinks -> consumer',
    'packages/sinks/src/t.ts',
    "import { createConsumer } from '@shardfold/consumer';\nexport const x = createConsumer;",
    'noRestrictedImports',
  ],
  ['worker -> lease', 'packages/worker/src/u.ts', "import { LeaseError } from '@shardfold/lease';\nexport const x = LeaseError;", 'noRestrictedImports'],
  [
    'worker -> embedded outside the demo',
    'packages/worker/src/v.ts',
    "import { startStack } from '@shardfold/embedded';\nexport const x = startStack;",
    'noRestrictedImports',
  ],
  ['a deep import', 'packages/worker/src/w.ts', "import { x } from '@shardfold/consumer/dist/errors.js';\nexport const y = x;", 'noRestrictedImports'],
  ['a path into another package', 'packages/worker/src/x.ts', "import { x } from '../../lease/src/errors.ts';\nexport const y = x;", 'noRestrictedImports'],
  ['a cycle', 'packages/lease/src/y.ts', "import { z } from './z.ts';\nexport const y = () => z;", 'noImportCycles'],
];
const cycleOtherHalf = "import { y } from './y.ts';\nexport const z = () => y;";
const allowed: readonly (readonly [file: string, code: string])[] = [
  ['packages/lease/src/system.ts', 'export const now = () => Date.now();'],
  ['packages/worker/src/adapters/environment.ts', 'export const home = process.env.HOME;'],
  ['packages/lease/src/given.ts', 'export const moment = (ms: number) => new Date(ms);'],
];

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: unknown } }[];
}

/** A scratch checkout with this repository's rules, so that broken code is never part of the real one. */
let scratch = '';
let report: Report = { diagnostics: [] };

function categoriesOf(file: string): string {
  return report.diagnostics
    .filter(({ location }) => JSON.stringify(location.path).includes(file))
    .map(({ category }) => category)
    .join(' ');
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'shardfold-lint-'));
  for (const name of ['biome.json', 'scripts/lint', '.gitignore']) cpSync(join(root, name), join(scratch, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  const files = [...broken.map(([, file, code]) => [file, code] as const), ['packages/lease/src/z.ts', cycleOtherHalf] as const, ...allowed];
  for (const [file, code] of files) {
    mkdirSync(dirname(join(scratch, file)), { recursive: true });
    writeFileSync(join(scratch, file), `${code}\n`);
  }
  let out = '';
  try {
    out = execFileSync(process.execPath, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'lint', '--reporter=json', '--max-diagnostics=none', '.'], {
      cwd: scratch,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    out = String((error as { stdout?: string }).stdout);
  }
  report = JSON.parse(out.slice(out.indexOf('{'))) as Report;
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the rules of the house', () => {
  test.each(broken)('%s is an error', (_title, file, _code, rule) => {
    expect(categoriesOf(file)).toContain(rule);
  });

  test.each(allowed)('%s is allowed', (file) => {
    expect(categoriesOf(file)).toBe('');
  });
});
