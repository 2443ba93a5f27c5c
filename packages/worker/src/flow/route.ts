// Picks the target of an event, filters, renames. Pure: it holds the configured rules and remembers only what it already
// worked out. It knows no database.
import type { ChangeEvent, Key, RowChange, RowImage, SourceTable, Value } from '@shardfold/changes';
import { ExactNumber } from '@shardfold/changes';
import type { StreamRecord } from '@shardfold/consumer';
import type { KeyType, Mutation, TargetTable } from '@shardfold/sinks';
import type { TableConfig } from '../config/config.ts';
import type { Fault } from './change.ts';

export type Routed =
  | { readonly kind: 'write'; readonly sink: string; readonly target: TargetTable; readonly mutation: Mutation; readonly event: RowChange }
  | { readonly kind: 'truncate'; readonly sink: string; readonly target: TargetTable; readonly event: Extract<ChangeEvent, { kind: 'truncate' }> }
  | { readonly kind: 'filtered'; readonly sink: string }
  | { readonly kind: 'fault'; readonly sink: string | undefined; readonly target: string | undefined; readonly fault: Fault };

export type Router = (event: ChangeEvent, record: StreamRecord) => Routed;

/** Known source tables are few; a hostile stream that names ever new ones only costs time. */
const rememberedMax = 10_000;

function globPattern(glob: string): RegExp {
  const body = [...glob].map((sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : sign.replace(/[\\^$+()[\]{}|.]/g, '\\$&'))).join('');
  return new RegExp(`^${body}$`, 'su');
}

function matches(pattern: RegExp, source: SourceTable): boolean {
  return pattern.test(source.table) || (source.schema !== undefined && pattern.test(`${source.schema}.${source.table}`));
}

function keyType(value: Value): KeyType {
  if (value instanceof Uint8Array) return 'binary';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber ? 'number' : 'text';
}

function plain(value: Value | undefined): string | undefined {
  if (value instanceof ExactNumber) return value.digits;
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
}

/** What a filter's name stands for: a property of the event, else a column of the row. */
function filterValue(event: ChangeEvent, name: string): string | undefined {
  if (name === 'eventSource') return event.source.system;
  if (name === 'kind' || name === 'database' || name === 'schema') return name === 'kind' ? event.kind : event.source[name];
  if (event.kind === 'truncate') return undefined;
  return plain((event.after ?? event.before)?.values()[name]);
}

function passes(event: ChangeEvent, where: Readonly<Record<string, string>>): boolean {
  return Object.entries(where).every(([name, wanted]) => filterValue(event, name) === wanted);
}

function keyOf(event: RowChange, names: readonly string[] | undefined): Key | undefined {
  if (names === undefined || names.length === 0) return event.key;
  const row = (event.after ?? event.before)?.values();
  const key = names.map((name) => [name, row?.[name] ?? event.key?.find(([each]) => each === name)?.[1]] as const);
  return key.every((part): part is readonly [string, Value] => part[1] !== undefined && part[1] !== null) ? key : undefined;
}

function renamed(key: Key, rename: Readonly<Record<string, string>>): Key {
  return key.map(([name, value]) => [Object.hasOwn(rename, name) ? (rename[name] ?? name) : name, value]);
}

const keyOverheadBytes = 200;

function mutationOf(event: RowChange, key: Key, record: StreamRecord): Mutation | undefined {
  const origin = { stream: record.shard.stream, shard: record.shard.shardId, sequence: record.sequence, subSequence: record.subSequence };
  const common = { version: event.version, origin };
  if (event.kind === 'remove') return { ...common, kind: 'delete', key, bytes: keyOverheadBytes };
  if (event.after === undefined) return undefined;
  const bytes = keyOverheadBytes + event.after.bytes;
  if (event.unknown !== undefined && event.unknown.length > 0) return { ...common, kind: 'patch', key, columns: event.after, bytes };
  return { ...common, kind: 'put', key, row: event.after, bytes };
}

function appendOf(event: RowChange, row: RowImage, record: StreamRecord): Mutation {
  const origin = { stream: record.shard.stream, shard: record.shard.shardId, sequence: record.sequence, subSequence: record.subSequence };
  return { kind: 'append', position: event.version.seq, row, version: event.version, bytes: keyOverheadBytes + row.bytes, origin };
}

function targetOf(rule: TableConfig, source: SourceTable, key: Key): TargetTable {
  return {
    source,
    name: rule.target.replaceAll('{table}', source.table),
    layout: rule.layout,
    key: key.map(([name, value]) => ({ name, type: keyType(value) })),
    deletes: rule.deletes,
    createTables: rule.createTables,
    tombstoneRetentionMs: rule.tombstoneRetentionMs,
    columns: rule.columns,
  };
}

function keyless(event: RowChange, rule: TableConfig, record: StreamRecord): Routed {
  if (event.key === undefined && event.kind !== 'modify' && event.kind !== 'remove' && event.after !== undefined && rule.keyless === 'append')
    return { kind: 'write', sink: rule.sink, target: targetOf(rule, event.source, []), mutation: appendOf(event, event.after, record), event };
  const message = `A ${event.kind} of table ${event.source.table} has no key, so no row can be addressed. It is kept as a dead letter. Name the key columns in tables[].key and replay it.`;
  return { kind: 'fault', sink: rule.sink, target: rule.target, fault: { stage: 'route', code: 'ROW_WITHOUT_KEY', message } };
}

/** The rules are tried in order; the first that matches decides. */
export function createRouter(rules: readonly TableConfig[]): Router {
  const compiled = rules.map((rule) => ({ rule, pattern: globPattern(rule.source) }));
  const remembered = new Map<string, TableConfig | undefined>();
  const targets = new Map<string, TargetTable>();

  function ruleOf(source: SourceTable): TableConfig | undefined {
    const name = JSON.stringify([source.schema, source.table]);
    if (remembered.has(name)) return remembered.get(name);
    const rule = compiled.find(({ pattern }) => matches(pattern, source))?.rule;
    if (remembered.size < rememberedMax) remembered.set(name, rule);
    return rule;
  }

  /** One object per target, so that what hangs on it is found by identity. */
  function sharedTarget(sink: string, target: TargetTable): TargetTable {
    const name = JSON.stringify([sink, target.name, target.key]);
    const known = targets.get(name) ?? target;
    targets.set(name, known);
    return known;
  }

  return (event, record) => {
    const rule = ruleOf(event.source);
    if (rule === undefined) return { kind: 'filtered', sink: '' };
    if (!passes(event, rule.where)) return { kind: 'filtered', sink: rule.sink };
    if (event.kind === 'truncate')
      return rule.truncate === 'ignore'
        ? { kind: 'filtered', sink: rule.sink }
        : { kind: 'truncate', sink: rule.sink, target: sharedTarget(rule.sink, targetOf(rule, event.source, [])), event };
    const sourceKey = keyOf(event, rule.key);
    if (sourceKey === undefined) return keyless(event, rule, record);
    const key = renamed(sourceKey, rule.columns.rename);
    const mutation = mutationOf(event, key, record);
    if (mutation === undefined)
      return {
        kind: 'fault',
        sink: rule.sink,
        target: rule.target,
        fault: {
          stage: 'route',
          code: 'ROW_WITHOUT_IMAGE',
          message: `A ${event.kind} of table ${event.source.table} came without the row. It is kept as a dead letter. Have the source send new images.`,
        },
      };
    return { kind: 'write', sink: rule.sink, target: sharedTarget(rule.sink, targetOf(rule, event.source, key)), mutation, event };
  };
}
