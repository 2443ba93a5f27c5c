// Shows the effective configuration, secrets hidden, and where a value comes from. It changes nothing.
import { stringify } from 'yaml';
import { valueAt } from './issues.ts';
import type { Loaded } from './load.ts';
import type { Document } from './schema.ts';
import { hidden, maskAddress, maskText, secretsOfAddress } from './secrets.ts';
import { type Path, placeAt } from './shape.ts';

/** Where a database is, with who may use it. */
function isAddress(path: Path): boolean {
  return path[0] === 'sinks' && path.at(-1) === 'url';
}

/** Every secret text in it. */
export function secretsIn(value: Document): readonly string[] {
  function walk(each: unknown, path: Path): readonly string[] {
    if (typeof each === 'string') {
      if (placeAt(path)?.secret === true) return [each];
      return isAddress(path) ? secretsOfAddress(each) : [];
    }
    if (typeof each !== 'object' || each === null) return [];
    return Object.entries(each).flatMap(([name, inner]) => walk(inner, [...path, name]));
  }
  return walk(value, []);
}

/** A copy fit for showing. */
export function withoutSecrets(value: unknown, path: Path = []): unknown {
  if (value !== undefined && placeAt(path)?.secret === true) return hidden;
  if (typeof value === 'string') return isAddress(path) ? maskAddress(value) : maskText(value);
  if (Array.isArray(value)) return value.map((each, index) => withoutSecrets(each, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : [[name, withoutSecrets(each, [...path, name])]])));
}

type Good = Extract<Loaded, { ok: true }>;

export function printYaml(loaded: Good): string {
  return stringify(withoutSecrets(loaded.document), { lineWidth: 0 });
}

export interface Explanation {
  readonly path: string;
  readonly value: unknown;
  readonly from: string;
  readonly description?: string;
}

/** Undefined when the path leads nowhere. */
export function explain(loaded: Good, path: Path): Explanation | undefined {
  const place = placeAt(path);
  if (place === undefined) return undefined;
  const value = withoutSecrets(valueAt(loaded.document, path), path);
  return {
    path: path.join('.'),
    value: value ?? null,
    from: loaded.origin(path),
    ...(place.description === undefined ? {} : { description: place.description }),
  };
}
