// What kind of record Debezium wrote: a change in its envelope, or one of the others that it puts on its topics. It reads no row.
import { isObject } from '../records/json.ts';

export type Fields = Readonly<Record<string, unknown>>;

export type Message =
  | { readonly kind: 'change'; readonly payload: Fields; readonly source: Fields; readonly op: string; readonly schema: unknown }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'ignored'; readonly reason: string };

const heartbeatSchema = 'io.debezium.connector.common.Heartbeat';

/** With `schemas.enable` the JSON converter puts the schema beside the payload. */
export function unwrapped(tree: unknown): { readonly schema: unknown; readonly payload: unknown } {
  if (isObject(tree) && 'payload' in tree && 'schema' in tree) return { schema: tree.schema, payload: tree.payload };
  return { schema: undefined, payload: tree };
}

function isTransaction(payload: Fields): boolean {
  return (payload.status === 'BEGIN' || payload.status === 'END') && typeof payload.id === 'string' && 'data_collections' in payload;
}

function hasOneName(payload: Fields, name: string): boolean {
  const names = Object.keys(payload);
  return names.length === 1 && names[0] === name;
}

/** Undefined for what Debezium does not write, or writes only after a transformation has taken the envelope off. */
export function messageOf(tree: unknown): Message | undefined {
  const { schema, payload } = unwrapped(tree);
  if (!isObject(payload)) return undefined;
  const { source, op } = payload;
  if (isObject(source) && typeof source.connector === 'string') {
    if (typeof op === 'string') return { kind: 'change', payload, source, op, schema };
    const isSchemaChange = 'ddl' in payload || 'tableChanges' in payload;
    return isSchemaChange ? { kind: 'ignored', reason: 'The record tells of a changed table (DDL), of no row; a schema change is not applied.' } : undefined;
  }
  if (isTransaction(payload)) return { kind: 'ignored', reason: 'The record tells where a transaction begins or ends; the changes come by themselves.' };
  if (hasOneName(payload, 'ts_ms') && typeof payload.ts_ms === 'number') return { kind: 'heartbeat' };
  return undefined;
}

/** A heartbeat without its schema could be anybody's. */
export function isNamedHeartbeat(tree: unknown): boolean {
  const { schema } = unwrapped(tree);
  return isObject(schema) && schema.name === heartbeatSchema;
}
