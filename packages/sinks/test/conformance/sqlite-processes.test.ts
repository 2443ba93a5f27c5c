// Several programs on one SQLite file: they take turns, nobody hears an error, and the table is the fold of what all of them wrote.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { assertRows } from '../../src/testing/check.ts';
import { foldRows } from '../../src/testing/history.ts';
import { sqlTraits } from '../../src/testing/index.ts';
import { at, put, target, textKey } from '../../src/testing/material.ts';
import { filesForTests, holding, never, onFile, sinksOn, sqliteSink } from '../support/sqlite.ts';
import { sharedHistory, sharedTarget, writers } from '../support/sqlite-history.ts';

const newFile = filesForTests();
const program = fileURLToPath(new URL('../support/sqlite-writer.ts', import.meta.url));

interface Writer {
  readonly child: ChildProcess;
  readonly failed: () => string;
}

async function startWriter(path: string, seed: number, writer: number): Promise<Writer> {
  const child = spawn(process.execPath, [program, path, String(seed), String(writer)]);
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints += String(chunk);
  });
  const opened = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (!String(opened[0]).startsWith('open')) throw new Error(`The writer did not open the file: ${complaints}`);
  return { child, failed: () => complaints };
}

async function finish({ child, failed }: Writer): Promise<void> {
  const exited = once(child, 'exit');
  child.stdin?.write('go\n');
  const [code] = await exited;
  expect(failed()).toBe('');
  expect(code).toBe(0);
}

describe('several programs on one SQLite file', () => {
  test('write shares of one history at once, and it ends in its fold', async () => {
    const path = newFile();
    const seed = 7;
    const started = await Promise.all(Array.from({ length: writers }, (_, writer) => startWriter(path, seed, writer)));
    await Promise.all(started.map(finish));
    const subject = await sinksOn(path);
    try {
      const trial = { ...subject, traits: { ...sqlTraits, refused: undefined }, groups: 0 };
      await assertRows(trial, sharedTarget, foldRows(sharedHistory(seed), sharedTarget));
    } finally {
      await subject.close();
    }
    expect(onFile(path, (database) => database.prepare('PRAGMA integrity_check').get())).toEqual({ integrity_check: 'ok' });
  });

  test('a write waits for another program’s transaction, and an abort ends the wait', async () => {
    const path = newFile();
    const sink = sqliteSink(path);
    await sink.open(never);
    const table = await sink.table(target('orders'), never);
    const stop = new AbortController();
    await holding(path, async (release) => {
      const aborted = table.write([put(textKey('b'), at(1), {})], stop.signal);
      stop.abort();
      await expect(aborted).rejects.toMatchObject({ code: 'SINK_CLOSED' });
      const writing = table.write([put(textKey('a'), at(1), {})], never);
      // Whoever only reads does not wait.
      expect((await sink.describe(never)).tables).toHaveLength(1);
      release();
      expect(await writing).toMatchObject({ applied: 1 });
    });
    await sink.close();
  });
});
