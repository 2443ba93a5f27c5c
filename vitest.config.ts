// The suite's projects. Packages are tested from their sources; what runs as a process runs from dist.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { closingLine } from './test/support/closing-line.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const names: Record<string, string> = { worker: 'shardfold' };
const alias = readdirSync(`${root}packages`).flatMap((folder) => {
  const name = names[folder] ?? `@shardfold/${folder}`;
  return [
    { find: new RegExp(`^${name}/testing$`), replacement: `${root}packages/${folder}/src/testing/index.ts` },
    { find: new RegExp(`^${name}$`), replacement: `${root}packages/${folder}/src/index.ts` },
  ];
});

const shared = { resolve: { alias } };
const endToEnd = ['test/e2e/**/*.test.ts'];
/** They promise times, or draw: one after the other, and nothing beside them. */
const undisturbed = ['demo', 'fleet', 'page', 'stop'].map((name) => `test/e2e/${name}.test.ts`);
const setupFiles = [`${root}test/support/leaks.ts`];

export default defineConfig({
  test: {
    // Much of the time is waiting for servers and clocks; the default on two cores is one worker. With three, what promises times would not keep them.
    maxWorkers: 2,
    reporters: ['default', closingLine()],
    projects: [
      // A process for each file would be a third of these tests' time: half a second each, before its first line.
      {
        ...shared,
        test: { name: 'unit', include: ['packages/*/test/unit/**/*.test.ts', 'test/house/**/*.test.ts'], setupFiles, testTimeout: 30_000, isolate: false },
      },
      {
        ...shared,
        test: {
          name: 'conformance',
          include: ['packages/*/test/conformance/**/*.test.ts', 'examples/**/*.test.ts', 'test/deploy/**/*.test.ts'],
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { ...shared, test: { name: 'sim', include: ['test/sim/**/*.test.ts'], setupFiles, testTimeout: 120_000 } },
      // One file, which waits for the Java workers' clocks most of the time: it runs beside the others.
      { ...shared, test: { name: 'interop', include: ['test/interop/**/*.test.ts'], setupFiles, testTimeout: 300_000, hookTimeout: 600_000 } },
      { ...shared, test: { name: 'e2e', include: endToEnd, exclude: undisturbed, setupFiles, testTimeout: 240_000, hookTimeout: 240_000 } },
      {
        ...shared,
        test: { name: 'e2e-alone', include: undisturbed, setupFiles, testTimeout: 240_000, hookTimeout: 240_000, fileParallelism: false },
      },
    ],
  },
});
