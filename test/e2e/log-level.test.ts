// The level of the log while a worker runs: what a SIGHUP changes, and what it does not.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FleetBed, fleetBed, startStack } from '../support/fleet-bed.ts';
import { until } from '../support/until.ts';
import { startWorker } from '../support/worker-process.ts';

let stack: EmbeddedStack;
let bed: FleetBed;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
});
beforeEach(async () => {
  bed = await fleetBed(stack, 1);
  folder = mkdtempSync(join(tmpdir(), 'shardfold-level-'));
});
afterEach(async () => {
  await bed.end();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => stack.stop());

test('SIGHUP reads it again, says so whatever it is, and a configuration with a fault changes nothing', async () => {
  const level = join(folder, 'level');
  writeFileSync(level, 'error');
  const worker = startWorker('worker', bed.configuration().replace('level: info', `level: "\${file:${level}}"`));
  try {
    // At this level nobody hears of the page's address; the fault of a wrong one is heard.
    const hangUp = async (text: string, heard: RegExp) => {
      writeFileSync(level, text);
      await until(`the worker to say ${heard}`, () => {
        worker.signal('SIGHUP');
        return worker.lines.some(({ msg }) => heard.test(msg));
      });
    };
    await until(
      'the worker to listen for signals',
      async () => (await bed.database.query("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE '%shardfold%'")).rows.length > 0,
    );
    await hangUp('debug', /^The log level is debug now; it was error\./);
    await until('a line that only debug has', () => worker.lines.some((line) => line.level === 'debug'));
    await hangUp('loud', /^SIGHUP came, and the configuration cannot be read; the log level stays debug\. .*log\.level/);
    await hangUp('warn', /^The log level is warn now; it was debug\./);
    await hangUp('warn', /^The log level stays warn\./);
  } finally {
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(0);
  }
});
