// Reads what the page brings along, once, when the server starts: uPlot, and the page's own modules, which it puts together into one
// script. It knows nothing of what they do.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Where the compiled modules are, seen from the sources and from what is built alike. */
const modules = new URL('../../../dist/http/page/browser/', import.meta.url);
const importLine = /^import \{([^}]*)\} from '\.\/([a-z-]+)\.js';$/gm;
const exportLine = /^export (?=(?:async )?(?:function|const) ([A-Za-z]+))/gm;
const nothing = /^export \{\};$/gm;

interface Part {
  readonly name: string;
  readonly needs: readonly string[];
  readonly text: string;
}

/** A module as a function of its own, so that names in different modules do not meet: `import` takes from `parts`, `export` puts there. */
export function wrap(name: string, source: string): Part {
  const needs = [...source.matchAll(importLine)].map(([, , from = '']) => from);
  const offered = [...source.matchAll(exportLine)].map(([, offer = '']) => offer);
  const body = source
    .replaceAll(importLine, (_line, taken: string, from: string) => `const {${taken.replaceAll(' as ', ': ')}} = parts['${from}'];`)
    .replaceAll(exportLine, '')
    .replaceAll(nothing, '');
  if (/^(?:import|export)\b/m.test(body))
    throw new Error(`Module ${name} of the page imports or exports in a way that cannot be put together. The worker does not start.`);
  return { name, needs, text: `parts['${name}'] = (() => {\n${body}\nreturn { ${offered.join(', ')} };\n})();` };
}

/** `entry` and all it needs, what is needed first. */
export function bundle(entry: string, read: (name: string) => string): string {
  const done = new Map<string, string>();
  function add(name: string): void {
    if (done.has(name)) return;
    const part = wrap(name, read(name));
    done.set(name, '');
    for (const need of part.needs) add(need);
    done.delete(name);
    done.set(name, part.text);
  }
  add(entry);
  return `'use strict';\n(() => {\nconst parts = {};\n${[...done.values()].join('\n')}\n})();`;
}

export interface Assets {
  readonly style: string;
  /** In the order in which they run. */
  readonly scripts: readonly string[];
}

/** Throws when an installation is not whole. */
export function readAssets(): Assets {
  const { resolve } = createRequire(import.meta.url);
  const ofPlot = (file: string) => readFileSync(resolve(`uplot/dist/${file}`), 'utf8');
  const script = bundle('main', (name) => readFileSync(new URL(`${name}.js`, modules), 'utf8'));
  return { style: ofPlot('uPlot.min.css'), scripts: [ofPlot('uPlot.iife.min.js'), script] };
}
