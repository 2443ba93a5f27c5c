// The whole suite that every commit must pass: rules and format, types, packages as they would be published, then the tests.
// Arguments go to the test runner and skip the rest. It knows no test.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const args = process.argv.slice(2);

function run(title: string, module: string, rest: readonly string[]): void {
  process.stdout.write(`\n▸ ${title}\n`);
  const startedMs = performance.now();
  const { status, signal } = spawnSync(process.execPath, [`${root}${module}`, ...rest], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`\n${title}: failed${signal === null ? '' : ` (${signal})`}. Mend what is said above.\n`);
    process.exit(status ?? 1);
  }
  process.stdout.write(`  ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

if (args.length === 0) {
  run('rules and format', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']);
  run('types of tests, scripts and benches', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.tests.json']);
  run('packages as published', 'scripts/check-packages.ts', []);
}
run('tests', 'node_modules/vitest/vitest.mjs', ['run', ...args]);
