// A row as Debezium's connectors for SQL databases send it: a struct of columns. It knows no envelope.
import { checkTree, type Walk } from '../records/exact-walk.ts';
import type { RowImage, Value } from '../types.ts';
import { imageOfValues } from '../values/row-image.ts';
import { keepsColumns, valuesToJsonText } from '../values/text.ts';
import type { Fields } from './envelope.ts';
import { isUnavailable } from './unavailable.ts';
import { fieldSchemas, maxDepth, plainValues, valueBySchema } from './values.ts';

const none: readonly string[] = [];

export interface Row {
  readonly image: RowImage;
  /** The columns whose values the source did not give Debezium; the image does not have them. */
  readonly unknown: readonly string[];
}

/** Without a schema: the columns as they came, looked into when somebody asks. */
function plainRow(columns: Fields, walk: Walk): RowImage {
  const bytesBefore = walk.bytes;
  checkTree(columns, walk, maxDepth, 0);
  const { odd } = walk;
  return {
    bytes: walk.bytes - bytesBefore,
    values: () => plainValues(columns),
    json: (policy) => (odd || !keepsColumns(policy) ? valuesToJsonText(plainValues(columns), policy) : JSON.stringify(columns)),
  };
}

function typedRow(columns: Fields, schemas: ReadonlyMap<unknown, Fields>, walk: Walk): RowImage {
  const bytesBefore = walk.bytes;
  const values: { [name: string]: Value } = Object.create(null);
  for (const name in columns) {
    walk.bytes += name.length;
    walk.name = name;
    values[name] = valueBySchema(columns[name], schemas.get(name), walk);
  }
  return imageOfValues(values, walk.bytes - bytesBefore);
}

function hasUnknown(columns: Fields): boolean {
  for (const name in columns) if (isUnavailable(columns[name])) return true;
  return false;
}

/** `schema` is the struct's, if the record carries one. What is wrong is noted in `walk`. */
export function rowOf(columns: Fields, schema: unknown, walk: Walk): Row {
  const schemas = fieldSchemas(schema);
  const image = (known: Fields): RowImage => (schemas.size === 0 ? plainRow(known, walk) : typedRow(known, schemas, walk));
  if (!hasUnknown(columns)) return { image: image(columns), unknown: none };
  const known = Object.entries(columns).filter(([, value]) => !isUnavailable(value));
  const unknown = Object.keys(columns).filter((name) => isUnavailable(columns[name]));
  return { image: image(Object.fromEntries(known)), unknown };
}
