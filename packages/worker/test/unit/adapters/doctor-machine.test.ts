// What the doctor finds out of files on this machine, without writing any.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { probeFile } from '../../../src/adapters/doctor-machine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardfold-files-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

/** The user root may write everywhere. */
const isRoot = process.getuid?.() === 0;

test('a file that is not there needs its folder', async () => {
  expect(await probeFile('it', join(folder, 'a.db'))).toMatchObject({ exists: false, errorCode: undefined });
  expect(await probeFile('it', join(folder, 'none', 'a.db'))).toMatchObject({ exists: false, errorCode: 'ENOENT' });
});

test('a file that is there, with others beside it', async () => {
  const path = join(folder, 'a.db');
  writeFileSync(path, '');
  expect(await probeFile('it', path, true)).toMatchObject({ exists: true, errorCode: undefined });
});

test.skipIf(isRoot)('a file in a folder that may not be written will do on its own, and not with others beside it', async () => {
  const path = join(folder, 'a.db');
  writeFileSync(path, '');
  chmodSync(folder, 0o500);
  expect(await probeFile('it', path)).toMatchObject({ exists: true, errorCode: undefined });
  expect(await probeFile('it', path, true)).toMatchObject({ exists: true, errorCode: 'EACCES' });
});
