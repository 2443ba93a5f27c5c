// The README's first example runs as it stands there, in a process of its own.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../..', import.meta.url));
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${folder}README.md`, 'utf8'))?.[1] ?? '';

test('the first example prints what it says', async () => {
  const code = example.replaceAll(' as const', '');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder });
  const said = [...example.matchAll(/console\.log.*\/\/ (.*)$/gm)].map(([, line]) => line);
  expect(stdout.trim().split('\n')).toEqual(said);
});
