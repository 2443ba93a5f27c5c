// Column values of a Debezium row: by the schema where the record carries one, else as JSON has them. It knows no envelope.
import { checkTree, isExactLeaf, type Walk } from '../records/exact-walk.ts';
import { isObject, quoted, undecodable } from '../records/json.ts';
import type { Value } from '../types.ts';
import { bytesOfBase64, isBase64 } from '../values/base64.ts';
import { partWeight } from '../values/row-image.ts';
import type { Fields } from './envelope.ts';
import { logicalTypes } from './logical-types.ts';

export const maxDepth = 100;
const notFinite: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

type ByName = ReadonlyMap<unknown, Fields>;
const noFields: ByName = new Map();
/** Of structs within a row: there may be as many values of one as the record has room for. */
const known = new WeakMap<Fields, ByName>();

/** The schemas of a struct's fields by name; none where there is no schema. */
export function fieldSchemas(struct: unknown): ByName {
  if (!isObject(struct) || !Array.isArray(struct.fields)) return noFields;
  return new Map(struct.fields.filter(isObject).map((field) => [field.field, field]));
}

/** The same, made once for each struct. */
function knownFieldSchemas(struct: Fields): ByName {
  const found = known.get(struct);
  if (found !== undefined) return found;
  const schemas = fieldSchemas(struct);
  known.set(struct, schemas);
  return schemas;
}

/** A schema may hold anything: what is no text must not be made one, for it may have a `toString` of its own. */
function nameOf(...names: readonly unknown[]): string {
  const name = names.find((each) => typeof each === 'string');
  return quoted(typeof name === 'string' ? name : '');
}

function misfit(walk: Walk, schema: Fields): Value {
  walk.wrong ??= undecodable(
    'BROKEN_VALUE',
    `A value of ${nameOf(schema.field)} does not fit its type ${nameOf(schema.name, schema.type)}; the record is not decoded. Check what wrote it: Debezium's schema and payload belong together.`,
  );
  return null;
}

/** What JSON has, as it is. The prototype of objects is null: `__proto__` is a name like any other. */
function plainValue(part: unknown): Value {
  if (typeof part === 'string' || typeof part === 'number' || typeof part === 'boolean' || isExactLeaf(part)) return part;
  if (Array.isArray(part)) return part.map(plainValue);
  return isObject(part) ? plainValues(part) : null;
}

export function plainValues(parts: Fields): { [name: string]: Value } {
  const values: { [name: string]: Value } = Object.create(null);
  for (const name in parts) values[name] = plainValue(parts[name]);
  return values;
}

function checkedValue(part: unknown, walk: Walk, depth: number): Value {
  const exact = checkTree(part, walk, maxDepth, depth);
  return walk.wrong === undefined ? plainValue(exact) : null;
}

function structValue(struct: Fields, schemas: ByName, walk: Walk, depth: number): { [name: string]: Value } {
  const values: { [name: string]: Value } = Object.create(null);
  for (const name in struct) {
    walk.bytes += name.length;
    walk.name = name;
    values[name] = valueBySchema(struct[name], schemas.get(name), walk, depth + 1);
  }
  return values;
}

function mapValue(map: unknown, schema: Fields, walk: Walk, depth: number): Value {
  // A map whose names are no text comes as pairs.
  if (!isObject(map)) return checkedValue(map, walk, depth);
  const values: { [name: string]: Value } = Object.create(null);
  for (const name in map) {
    walk.name = name;
    values[name] = valueBySchema(map[name], schema.values, walk, depth + 1);
  }
  return values;
}

function bytesValue(value: unknown, schema: Fields, walk: Walk): Value {
  if (typeof value !== 'string' || !isBase64(value)) return misfit(walk, schema);
  walk.bytes += partWeight + value.length;
  return bytesOfBase64(value);
}

/** The value of a column or of a part of it. What is wrong is noted in `walk`. */
export function valueBySchema(value: unknown, schema: unknown, walk: Walk, depth = 1): Value {
  if (value === null || !isObject(schema) || depth > maxDepth) return checkedValue(value, walk, depth);
  const logical = logicalTypes.get(schema.name);
  if (logical !== undefined) {
    walk.bytes += partWeight * 2;
    const read = logical(value, schema, walk);
    return read === undefined ? misfit(walk, schema) : read;
  }
  switch (schema.type) {
    case 'bytes':
      return bytesValue(value, schema, walk);
    case 'float':
    case 'double':
      return notFinite.get(value) ?? checkedValue(value, walk, depth);
    case 'array':
      return Array.isArray(value) ? value.map((member) => valueBySchema(member, schema.items, walk, depth + 1)) : misfit(walk, schema);
    case 'map':
      return mapValue(value, schema, walk, depth);
    case 'struct':
      return isObject(value) ? structValue(value, knownFieldSchemas(schema), walk, depth) : misfit(walk, schema);
    default:
      return checkedValue(value, walk, depth);
  }
}
