// The pages that are generated say what the code says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cliPages } from '../../scripts/reference/cli.ts';
import { configurationFiles } from '../../scripts/reference/configuration.ts';
import { errorPages } from '../../scripts/reference/errors.ts';
import { formatPages } from '../../scripts/reference/formats.ts';
import { logPages } from '../../scripts/reference/logs.ts';
import { metricPages } from '../../scripts/reference/metrics.ts';
import { typePages } from '../../scripts/reference/types.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test.each([...formatPages()])('%s is what `node scripts/reference/formats.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});

test.each([...typePages()])('%s is what `node scripts/reference/types.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});

test.each([...configurationFiles()])('%s is what `node scripts/reference/configuration.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});

test.each([...errorPages()])('%s is what `node scripts/reference/errors.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});

test.each([...logPages()])('%s is what `node scripts/reference/logs.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});

test.each([...(await metricPages())])('%s is what `node scripts/reference/metrics.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});

test.each([...cliPages()])('%s is what `node scripts/reference/cli.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});
