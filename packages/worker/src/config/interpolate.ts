// Puts `${NAME}`, `${NAME:default}` and `${file:PATH}` into the texts of a tree, and leaves empty entries out. It knows no option and
// reads no file.
import type { Fault } from './faults.ts';
import type { Path } from './shape.ts';
import { pathText } from './shape.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a file of one secret held, or why nobody can tell. */
export type FileRead = { readonly text: string } | { readonly cause: string };

/** By the path as the text names it. */
export type FilesRead = ReadonlyMap<string, FileRead>;

/** `$${` stands for `${` itself. */
const reference = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const named = /^([A-Za-z_][A-Za-z0-9_]*)(?::([\s\S]*))?$/;
/** No variable can be called so: a default of this form would be taken for a secret. */
const ofFile = /^file:([\s\S]*)$/;

interface Interpolated {
  readonly tree: unknown;
  readonly faults: readonly Fault[];
  /** Paths whose text came, in whole or part, from the environment, a file or a default in `${}`. */
  readonly loose: ReadonlySet<string>;
}

/** The files that a configuration's text names: to be read before it is loaded. */
export function filesNamed(text: string): readonly string[] {
  const paths = [...text.matchAll(reference)].map(([, name]) => ofFile.exec(name ?? '')?.[1] ?? '');
  return [...new Set(paths.filter((path) => path !== ''))];
}

/** Editors and `echo` end a file with a line's end that is no part of what it holds. */
function withoutLastLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** An empty variable counts as missing. */
export function interpolate(tree: unknown, env: Environment, files: FilesRead): Interpolated {
  const faults: Fault[] = [];
  const loose = new Set<string>();

  function fromFile(file: string, path: Path): string {
    const read = files.get(file) ?? { cause: 'it was not read' };
    if ('text' in read && read.text !== '') return withoutLastLineEnd(read.text);
    const rule = `wants the file ${file === '' ? '""' : file}, and ${'cause' in read ? read.cause : 'it is empty'}`;
    faults.push({ path: pathText(path), rule, suggestion: `name a file that holds the value and nothing else, such as \${file:/run/secrets/password}` });
    return '';
  }

  function fill(text: string, path: Path): string {
    return text.replaceAll(reference, (whole, inside: string | undefined) => {
      if (whole === '$${') return '${';
      loose.add(pathText(path));
      const file = ofFile.exec(inside ?? '')?.[1];
      if (file !== undefined) return fromFile(file, path);
      const [, name, fallback] = named.exec(inside ?? '') ?? [];
      if (name === undefined) {
        faults.push({
          path: pathText(path),
          rule: 'has a "${" that names no variable',
          suggestion: `write \${NAME}, \${NAME:default} or \${file:PATH}, or $\${ for the signs themselves`,
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
