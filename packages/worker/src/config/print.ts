// Shows the effective configuration, secrets hidden, and where a value comes from. It changes nothing.
import { stringify } from 'yaml';
import { valueAt } from './issues.ts';
import type { Loaded } from './load.ts';
import { hidden, maskText } from './secrets.ts';
import { type Path, placeAt } from './shape.ts';

/** A copy fit for showing. */
export function withoutSecrets(value: unknown, path: Path = []): unknown {
  if (value !== undefined && placeAt(path)?.secret === true) return hidden;
  if (typeof value === 'string') return maskText(value);
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
