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
/** Much of the time is waiting for servers and clocks; the default on two cores is one worker. Of processes that promise times, fewer at once. */
const first = { maxWorkers: 3, sequence: { groupOrder: 0 } };
const second = { maxWorkers: 2, sequence: { groupOrder: 1 } };
const last = { maxWorkers: 1, sequence: { groupOrder: 2 } };
const endToEnd = ['test/e2e/**/*.test.ts'];
/** They promise times, or draw: one after the other, and nothing beside them. */
const undisturbed = ['demo', 'fleet', 'page', 'stop'].map((name) => `test/e2e/${name}.test.ts`);
const setupFiles = [`${root}test/support/leaks.ts`];

export default defineConfig({
  test: {
    reporters: ['default', closingLine()],
    projects: [
      // A process for each file would be a third of these tests' time: half a second each, before its first line.
      {
        ...shared,
        test: {
          ...first,
          name: 'unit',
          include: ['packages/*/test/unit/**/*.test.ts', 'test/house/**/*.test.ts'],
          setupFiles,
          testTimeout: 30_000,
          isolate: false,
        },
      },
      {
        ...shared,
        test: {
          ...first,
          name: 'conformance',
          include: ['packages/*/test/conformance/**/*.test.ts', 'examples/**/*.test.ts', 'test/deploy/**/*.test.ts'],
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { ...shared, test: { ...first, name: 'sim', include: ['test/sim/**/*.test.ts'], setupFiles, testTimeout: 120_000 } },
      // One file, which waits for the Java workers' clocks most of the time: it runs beside the others.
      { ...shared, test: { ...first, name: 'interop', include: ['test/interop/**/*.test.ts'], setupFiles, testTimeout: 300_000, hookTimeout: 600_000 } },
      { ...shared, test: { ...second, name: 'e2e', include: endToEnd, exclude: undisturbed, setupFiles, testTimeout: 240_000, hookTimeout: 240_000 } },
      {
        ...shared,
        test: { ...last, name: 'e2e-alone', include: undisturbed, setupFiles, testTimeout: 240_000, hookTimeout: 240_000 },
      },
    ],
  },
});
