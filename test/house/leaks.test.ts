// Shows that a test file which leaves something open fails, and one that closes what it opened does not.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cases: readonly (readonly [title: string, code: string, leaks: boolean])[] = [
  ['a server', "const server = createServer(); await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));", true],
  ['a timer', 'setInterval(() => undefined, 60_000);', true],
  ['a process', "spawn(process.execPath, ['-e', 'setTimeout(() => 0, 10_000)'], { stdio: 'ignore' });", true],
  [
    'nothing',
    "const server = createServer(); await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined))); await new Promise((done) => server.close(done));",
    false,
  ],
];
let scratch = '';
let outcomes: ReadonlyMap<string, boolean> = new Map();

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'shardfold-leaks-'));
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  writeFileSync(
    join(scratch, 'vitest.config.ts'),
    `export default { test: { include: ['*.test.ts'], setupFiles: [${JSON.stringify(join(root, 'test/support/leaks.ts'))}] } };\n`,
  );
  for (const [index, [, code]] of cases.entries()) {
    const head =
      "import { spawn } from 'node:child_process';\nimport { createServer } from 'node:net';\nimport { test } from 'vitest';\nvoid spawn; void createServer;";
    writeFileSync(join(scratch, `case-${index}.test.ts`), `${head}\ntest('opens', async () => {\n  ${code}\n});\n`);
  }
  const file = join(scratch, 'report.json');
  spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', `--outputFile=${file}`], {
    cwd: scratch,
    stdio: 'ignore',
    timeout: 60_000,
  });
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as { testResults: readonly { name: string; status: string }[] };
  outcomes = new Map(testResults.map(({ name, status }) => [/case-\d+/.exec(name)?.[0] ?? name, status === 'failed']));
}, 60_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a test file that leaves open', () => {
  test.each(cases.map(([title, , leaks], index) => [title, index, leaks] as const))('%s', (_title, index, leaks) => {
    expect(outcomes.get(`case-${index}`)).toBe(leaks);
  });
});
