// docs/guide/operations.md says of every headline of the page what it means and what to do, and of none that there is not.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { headlineForms } from '../../packages/worker/src/status/headlines.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const guide = readFileSync(join(root, 'docs/guide/operations.md'), 'utf8');
const section = guide.split('\n## What the page says\n')[1]?.split('\n## ')[0] ?? '';
/** Lines of its tables, without their heads. */
const rows = [...section.matchAll(/^\| (.+?) *\| (.+?) *\| (.+?) *\|$/gm)].map((row) => row.slice(1)).filter(([first = '']) => !/^(-+|headline)$/.test(first));

test('every headline is in the guide, once, and nothing else', () => {
  expect(rows.map(([headline]) => headline).sort()).toEqual([...headlineForms()].sort());
});

test('each is told with what it means and what to do', () => {
  expect(rows.filter(([, means = '', does = '']) => means.length < 20 || does.length < 5)).toEqual([]);
});
