// The pages that are generated say what the code says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { formatPages } from '../../scripts/reference/formats.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test.each([...formatPages()])('%s is what `node scripts/reference/formats.ts` writes', (path, text) => {
  const file = join(root, path);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(text);
});
