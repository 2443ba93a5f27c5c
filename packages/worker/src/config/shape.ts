// Walks the schema: what may stand at a path, what it means, what its default is. It knows zod's innards so that nobody else
// has to, and no value.
import { z } from 'zod';
import { documentSchema } from './schema.ts';

export type Path = readonly (string | number)[];

type Schema = z.core.$ZodType;

/** Without the wrappers that say optional or default. */
export function bare(schema: Schema): Schema {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? bare(schema.def.innerType) : schema;
}

function child(schema: Schema, name: string | number): Schema | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) return Object.hasOwn(inner.shape, name) ? inner.shape[name] : undefined;
  if (inner instanceof z.ZodRecord) return name === '__proto__' ? undefined : inner.def.valueType;
  if (inner instanceof z.ZodArray) return /^\d{1,5}$/.test(String(name)) ? inner.def.element : undefined;
  return undefined;
}

function schemaAt(path: Path): Schema | undefined {
  let schema: Schema | undefined = documentSchema;
  for (const name of path) schema = schema === undefined ? undefined : child(schema, name);
  return schema;
}

/** What the schema says of a path: `names` are the keys it may have; `open` means that any will do. */
export interface Place {
  readonly kind: 'object' | 'open' | 'list' | 'value';
  readonly names: readonly string[];
  readonly description: string | undefined;
  readonly examples: readonly unknown[];
  readonly secret: boolean;
}

/** Undefined where the path leads nowhere. */
export function placeAt(path: Path): Place | undefined {
  const schema = schemaAt(path);
  if (schema === undefined) return undefined;
  const inner = bare(schema);
  const meta = z.globalRegistry.get(schema) ?? {};
  const kind = inner instanceof z.ZodObject ? 'object' : inner instanceof z.ZodRecord ? 'open' : inner instanceof z.ZodArray ? 'list' : 'value';
  return {
    kind,
    names: inner instanceof z.ZodObject ? Object.keys(inner.shape) : [],
    description: meta.description,
    examples: Array.isArray(meta.examples) ? meta.examples : [],
    secret: meta.writeOnly === true,
  };
}

/** `tables.0.sink` for people and for `--set`. */
export function pathText(path: Path): string {
  return path.join('.');
}
