// What the repository may not say, and what it must: no machine's paths, no registry's address, examples that are valid, links that
// lead somewhere.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from 'shardfold';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
/** Hosts of package registries, and folders that only one machine has; written in pieces, so that this file does not hold them. */
const forbidden = [
  ['registry', 'npmjs', 'org'].join('\\.'),
  ['repo1?', 'maven'].join('\\.'),
  ['pypi', 'org/simple'].join('\\.'),
  ['deb', 'debian', 'org'].join('\\.'),
  ['proxy', 'golang', 'org'].join('\\.'),
  `(^|[^A-Za-z0-9_.-])/(${['wo', 'rk'].join('')}|${['ro', 'ot'].join('')})/`,
].map((source) => new RegExp(source, 'm'));

describe('the repository', () => {
  test('names no registry and no folder of one machine', () => {
    expect(files.length).toBeGreaterThan(200);
    const found = files.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return forbidden.some((pattern) => pattern.test(text));
    });
    expect(found).toEqual([]);
  });

  test('has examples that are valid configurations', () => {
    for (const example of readdirSync(join(root, 'examples'))) {
      if (example === 'sinks') continue; // Programs, with tests of their own.
      const configurations = readdirSync(join(root, 'examples', example)).filter((name) => name.endsWith('.yaml'));
      expect(configurations).toContain('shardfold.yaml');
      for (const name of configurations) {
        const file = join(root, 'examples', example, name);
        const loaded = loadConfig({ text: readFileSync(file, 'utf8'), file, env: { DATABASE_URL: 'postgres://user:secret@db.example:5432/app' } });
        expect(loaded.ok ? [] : loaded.faults).toEqual([]);
      }
    }
  });

  test('has no link in its documents that leads nowhere', () => {
    const broken = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
          .map(([, target = '']) => [file, target] as const)
          .filter(([, target]) => !existsSync(join(root, dirname(file), target))),
      );
    expect(broken).toEqual([]);
  });
});
