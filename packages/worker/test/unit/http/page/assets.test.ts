// Putting the page's modules together into one script: what is run here is what a browser would run.
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { bundle, readAssets } from '../../../../src/http/page/assets.ts';

function run(modules: Record<string, string>): readonly unknown[] {
  const said: unknown[] = [];
  const text = bundle('main', (name) => {
    const found = modules[name];
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found;
  });
  runInNewContext(text, { say: (value: unknown) => said.push(value) });
  return said;
}

test('each module runs once, what it needs before it, and names of different modules do not meet', () => {
  const said = run({
    main: "import { twice } from './a.js';\nimport { base, other as another } from './b.js';\nconst own = 1;\nsay(twice(base) + another() + own);",
    a: "import { base } from './b.js';\nconst own = 2;\nexport function twice(value) {\n  return own * value;\n}\nsay('a');\nsay(base);",
    b: "const own = 3;\nexport const base = 10;\nexport async function later() {}\nexport function other() {\n  return own;\n}\nsay('b');",
  });
  expect(said).toEqual(['b', 'a', 10, 24]);
});

test.each([
  ['a default export', 'export default 1;'],
  ['an export list', 'const a = 1;\nexport { a };'],
  ['a whole module', "import * as a from './a.js';"],
  ['a package', "import { a } from 'a';"],
])('%s is refused, not lost', (_title, main) => {
  expect(() => run({ main, a: '' })).toThrow('Module main of the page imports or exports in a way that cannot be put together');
});

test('what is installed can be put together, and brings uPlot along', () => {
  const { style, scripts } = readAssets();
  const [plot = '', page = ''] = scripts;
  expect(style).toContain('.uplot');
  expect(plot).toContain('uPlot');
  expect(() => new Function(page)).not.toThrow();
  expect(scripts.join('')).not.toContain('</script');
});
