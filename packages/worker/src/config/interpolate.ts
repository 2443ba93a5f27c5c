// Puts `${NAME}` and `${NAME:default}` into the texts of a tree, and leaves empty entries out. It knows no option.
import type { Fault } from './faults.ts';
import type { Path } from './shape.ts';
import { pathText } from './shape.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${` stands for `${` itself. */
const reference = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const named = /^([A-Za-z_][A-Za-z0-9_]*)(?::([\s\S]*))?$/;

interface Interpolated {
  readonly tree: unknown;
  readonly faults: readonly Fault[];
  /** Paths whose text came, in whole or part, from the environment or a default in `${}`. */
  readonly loose: ReadonlySet<string>;
}

/** An empty variable counts as missing. */
export function interpolate(tree: unknown, env: Environment): Interpolated {
  const faults: Fault[] = [];
  const loose = new Set<string>();

  function fill(text: string, path: Path): string {
    return text.replaceAll(reference, (whole, inside: string | undefined) => {
      if (whole === '$${') return '${';
      loose.add(pathText(path));
      const [, name, fallback] = named.exec(inside ?? '') ?? [];
      if (name === undefined) {
        faults.push({
          path: pathText(path),
          rule: 'has a "${" that names no variable',
          suggestion: `write \${NAME} or \${NAME:default}, or $\${ for the signs themselves`,
        });
        return '';
      }
      const value = env[name];
      if (value !== undefined && value !== '') return value;
      if (fallback === undefined)
        faults.push({ path: pathText(path), rule: `the environment variable ${name} is not set`, suggestion: `set it, or write \${${name}:default}` });
      return fallback ?? '';
    });
  }

  function walk(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return fill(value, path);
    if (Array.isArray(value)) return value.map((each, index) => walk(each, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([name, each]) => (each === null ? [] : [[name, walk(each, [...path, name])]])));
  }

  return { tree: walk(tree, []), faults, loose };
}
