// Lays environment variables (`SHARDFOLD_LEASE__DURATION`) and `--set path=value` over the file's tree. Values stay the texts
// they are. It knows the schema only as places.
import type { Fault } from './faults.ts';
import type { Environment } from './interpolate.ts';
import { nearest } from './near.ts';
import { type Path, pathText, placeAt } from './shape.ts';
import { meantVariable, strangersVariable, variablePrefix } from './variables.ts';

/** `path` is dotted: `sinks.main.url`, `tables.0.sink`. */
export interface Override {
  readonly path: string;
  readonly value: string;
}

interface Layered {
  readonly tree: unknown;
  readonly faults: readonly Fault[];
  /** Path to where its text came from. */
  readonly origins: ReadonlyMap<string, string>;
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function childOf(tree: unknown, name: string | number): unknown {
  if (Array.isArray(tree)) return tree[Number(name)];
  return isTree(tree) && Object.hasOwn(tree, name) ? tree[name] : undefined;
}

/** A copy with `value` at `path`. */
export function withValue(tree: unknown, path: Path, value: unknown, at = 0): unknown {
  const name = path[at];
  if (name === undefined) return value;
  const inner = withValue(childOf(tree, name), path, value, at + 1);
  if (placeAt(path.slice(0, at))?.kind !== 'list') return { ...(isTree(tree) ? tree : {}), [name]: inner };
  const list: unknown[] = Array.isArray(tree) ? [...tree] : [];
  list[Math.min(Number(name), list.length)] = inner;
  return list;
}

/** The path an environment variable's words stand for, case and `_` aside; unknown words stay as they are. */
function environmentPath(words: readonly string[], tree: unknown): Path {
  const path: string[] = [];
  let here = tree;
  for (const word of words) {
    const place = placeAt(path);
    const known = place?.kind === 'open' && isTree(here) ? Object.keys(here) : (place?.names ?? []);
    const plain = (text: string) => text.toLowerCase().replaceAll(/[_-]/g, '');
    const name = known.find((each) => plain(each) === plain(word)) ?? word.toLowerCase();
    path.push(name);
    here = childOf(here, name);
  }
  return path;
}

/** The first part of a path that the schema does not know, as a fault. */
export function unknownPath(path: Path, from: string): Fault | undefined {
  for (let length = 1; length <= path.length; length += 1) {
    if (placeAt(path.slice(0, length)) !== undefined) continue;
    const meant = nearest(String(path[length - 1]), placeAt(path.slice(0, length - 1))?.names ?? []);
    return { path: pathText(path.slice(0, length)), rule: 'unknown key', from, ...(meant === undefined ? {} : { suggestion: `did you mean "${meant}"?` }) };
  }
  return undefined;
}

/**
 * Flags win over the environment, the environment over the file. A variable without `__` that neither names nor resembles an
 * option is somebody else's: Kubernetes sets `SHARDFOLD_PORT` and its like for a service of that name.
 */
export function layer(tree: unknown, env: Environment, overrides: readonly Override[]): Layered {
  const faults: Fault[] = [];
  const origins = new Map<string, string>();
  let result = tree;

  function put(path: Path, value: string, from: string): void {
    const unknown = unknownPath(path, from);
    if (unknown !== undefined) {
      faults.push(unknown);
      return;
    }
    result = withValue(result, path, value);
    origins.set(pathText(path), from);
  }

  for (const [name, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith(variablePrefix) || name === strangersVariable || value === undefined) continue;
    const words = name.slice(variablePrefix.length).split('__');
    const path = environmentPath(words, result);
    if (words.length > 1 || placeAt(path) !== undefined) {
      put(path, value, name);
      continue;
    }
    const meant = meantVariable(name, value, result);
    if (meant !== undefined) faults.push({ path: '', rule: 'is no option', suggestion: `did you mean ${meant}?`, from: name });
  }
  for (const { path, value } of overrides) put(path.split('.'), value, '--set');
  return { tree: result, faults, origins };
}
