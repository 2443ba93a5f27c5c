// Our consumer as a process, with a processor that counts, parses or hangs.
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Mode, WorkerSettings } from '../worker.ts';
import { residentBytesOf, startChild } from './process.ts';
import type { Place, Running, Sample, System } from './system.ts';

const main = fileURLToPath(new URL('../worker.ts', import.meta.url));

/** It stops within a second; unless the lease table went first, as after Ctrl-C. */
const stopLimitMs = 10_000;
/** The consumer's own default, said here so that it can be taken off what a process needs. */
export const bufferBytes = 64 * 1024 * 1024;

/** As the guide says to run it: V8 lets the young generation of a busy process grow to some 100 MB otherwise, and gains nothing by it. */
export const recommendedFlags = ['--max-semi-space-size=8'] as const;

export function startOurs(place: Place, mode: Mode, nodeFlags: readonly string[] = recommendedFlags): Running {
  const settings: WorkerSettings = { ...place, mode, bufferBytes };
  // As JavaScript, which is what users run: a process that reads TypeScript keeps its compiler, some 25 MB.
  const script = stripTypeScriptTypes(readFileSync(main, 'utf8'));
  const args = [...nodeFlags, '--input-type=module', '--eval', script, JSON.stringify(settings)];
  const child = startChild('our worker', { command: process.execPath, args, cwd: dirname(main) });
  return {
    startedMs: child.startedMs,
    sample: async () => JSON.parse(await child.ask('sample')) as Sample,
    residentBytes: () => residentBytesOf(child.pid),
    async end() {
      child.signal('SIGTERM');
      await Promise.race([child.gone, sleep(stopLimitMs, undefined, { ref: false })]);
      child.signal('SIGKILL');
      await child.gone;
    },
  };
}

export const ours: System = {
  id: 'ours',
  name: 'Shardfold',
  comparedWith: 'ours',
  http2: false,
  shardsMax: 1_000,
  start: async (place) => startOurs(place, 'count'),
};

export const oursParsing: System = {
  ...ours,
  id: 'ours-parse',
  name: 'Shardfold, JSON.parse of each',
  comparedWith: 'ours-parse',
  start: async (place) => startOurs(place, 'parse'),
};
