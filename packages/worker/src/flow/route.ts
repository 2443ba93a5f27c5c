// Picks the target of an event, filters, renames. Pure: it holds the configured rules and remembers only what it already
// worked out. It knows no database.
import type { ChangeEvent, Image, Key, RowChange, RowImage, SourceTable, Value } from '@shardfold/changes';
import { ExactNumber, keyIdentity } from '@shardfold/changes';
import type { StreamRecord } from '@shardfold/consumer';
import { type KeyType, type Mutation, type SinkKind, type TargetTable, targetNameProblem } from '@shardfold/sinks';
import type { TableConfig } from '../config/config.ts';
import type { Fault } from './change.ts';
import { sieve } from './filter.ts';
import { createRecent } from './recent.ts';

export type Routed =
  | {
      readonly kind: 'write';
      readonly sink: string;
      readonly target: TargetTable;
      readonly mutation: Mutation;
      readonly event: RowChange;
      /** The row has another key now: what becomes of the one under its old key, in the same target. */
      readonly left?: { readonly mutation: Mutation; readonly event: RowChange };
    }
  | { readonly kind: 'truncate'; readonly sink: string; readonly target: TargetTable; readonly event: Extract<ChangeEvent, { kind: 'truncate' }> }
  | { readonly kind: 'filtered'; readonly sink: string }
  | { readonly kind: 'fault'; readonly sink: string | undefined; readonly target: string | undefined; readonly fault: Fault };

export type Router = (event: ChangeEvent, record: StreamRecord) => Routed;

/** Known source tables and targets are few; a hostile stream that names ever new ones only costs time. */
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

/** A column's value, from the row or, where the source sent no row, from its key. */
function columnOf(event: RowChange, row: Image | undefined, name: string): Value | undefined {
  return row?.[name] ?? event.key?.find(([each]) => each === name)?.[1];
}

function isKey(parts: readonly (readonly [string, Value | undefined])[]): parts is Key {
  return parts.every(([, value]) => value !== undefined && value !== null);
}

function keyOf(event: RowChange, names: readonly string[] | undefined): Key | undefined {
  if (names === undefined || names.length === 0) return event.key;
  const row = (event.after ?? event.before)?.values();
  const key = names.map((name) => [name, columnOf(event, row, name)] as const);
  return isKey(key) ? key : undefined;
}

/**
 * The removal of the row's old key, where a configured key shows in both images and differs. Formats that carry their key tell a
 * change of it as two events.
 */
function leftBehind(event: RowChange, names: readonly string[] | undefined, key: Key): RowChange | undefined {
  if (names === undefined || names.length === 0 || event.kind !== 'modify' || event.before === undefined) return undefined;
  const row = event.before.values();
  // Some formats send of the old row only what has changed.
  const old = names.map((name) => [name, row[name] ?? key.find(([each]) => each === name)?.[1]] as const);
  if (!isKey(old) || keyIdentity(old) === keyIdentity(key)) return undefined;
  return { kind: 'remove', source: event.source, key: old, before: event.before, version: event.version };
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

/**
 * Its place in the stream, which a replay keeps. What the source says of its order belongs to it, where a record holds several rows, and
 * is not enough: the rows of one COPY share their log position.
 */
function positionOf({ version }: RowChange, { sequence, subSequence }: StreamRecord): string {
  return `${sequence}.${subSequence}.${version.seq}`;
}

function appendOf(event: RowChange, row: RowImage, record: StreamRecord): Mutation {
  const origin = { stream: record.shard.stream, shard: record.shard.shardId, sequence: record.sequence, subSequence: record.subSequence };
  return { kind: 'append', position: positionOf(event, record), row, version: event.version, bytes: keyOverheadBytes + row.bytes, origin };
}

function targetName(rule: TableConfig, source: SourceTable): string {
  return rule.target.replaceAll('{table}', () => source.table);
}

function targetOf(rule: TableConfig, source: SourceTable, key: Key): TargetTable {
  return {
    source,
    name: targetName(rule, source),
    layout: rule.layout,
    key: key.map(([name, value]) => ({ name, type: keyType(value) })),
    deletes: rule.deletes,
    createTables: rule.createTables,
    tombstoneRetentionMs: rule.tombstoneRetentionMs,
    columns: rule.columns,
    // Whole items are all that DynamoDB sends.
    patches: source.system !== 'aws:dynamodb',
    bookkeeping: rule.bookkeeping,
  };
}

/** The row to append, where the table has no key at all; a row that lacks its configured key is no such row. */
function appendedRow(event: RowChange, rule: TableConfig): RowImage | undefined {
  const inserted = event.kind === 'insert' || event.kind === 'snapshot';
  return rule.keyless === 'append' && rule.key === undefined && event.key === undefined && inserted ? event.after : undefined;
}

function unroutable(event: ChangeEvent, rule: TableConfig, code: string, message: string): Routed {
  return { kind: 'fault', sink: rule.sink, target: targetName(rule, event.source), fault: { stage: 'route', code, message } };
}

function withoutKey(event: RowChange, rule: TableConfig): Routed {
  const message = `A ${event.kind} of table ${event.source.table} has no key, so no row can be addressed. It is kept as a dead letter. Name the key columns in tables[].key; where rows were appended to the target already, drop or rename that table and rewind, so that it is made anew with its key. Then replay this one.`;
  return unroutable(event, rule, 'ROW_WITHOUT_KEY', message);
}

function withoutImage(event: RowChange, rule: TableConfig): Routed {
  const message = `A ${event.kind} of table ${event.source.table} came without the row. It is kept as a dead letter. Have the source send new images.`;
  return unroutable(event, rule, 'ROW_WITHOUT_IMAGE', message);
}

/** A name may come from the record: waiting would not make it one that the server takes. */
function withoutPlace(event: ChangeEvent, rule: TableConfig, problem: string): Routed {
  const name = JSON.stringify(targetName(rule, event.source));
  const message = `The target ${name} ${problem}, so no table of sink ${rule.sink} can have that name. The change is kept as a dead letter. Give its source another name in tables[].target, then replay.`;
  return unroutable(event, rule, 'TARGET_NAME', message);
}

/**
 * One object per target, so that what hangs on it is found by identity. Of rules that share a target's name but treat its rows
 * differently, each has its own.
 */
function createTargets(rules: readonly TableConfig[]) {
  const known = createRecent<string, TargetTable>(rememberedMax);
  const treatments = new Map(
    rules.map((rule) => [
      rule,
      JSON.stringify([rule.sink, rule.layout, rule.deletes, rule.createTables, rule.tombstoneRetentionMs, rule.columns, rule.bookkeeping]),
    ]),
  );
  return (rule: TableConfig, source: SourceTable, key: Key): TargetTable => {
    const target = targetOf(rule, source, key);
    const name = JSON.stringify([treatments.get(rule), target.name, target.key]);
    const found = known.get(name);
    if (found !== undefined) return found;
    known.set(name, target);
    return target;
  };
}

/** The rules are tried in order; the first that matches decides. `sinks`: whose names of tables are checked, by the kind of each. */
export function createRouter(rules: readonly TableConfig[], sinks: Readonly<Record<string, { readonly kind: SinkKind }>> = {}): Router {
  const compiled = rules.map((rule) => ({ rule, pattern: globPattern(rule.source) }));
  const remembered = new Map<string, TableConfig | undefined>();
  const targetFor = createTargets(rules);

  function nameProblem(rule: TableConfig, source: SourceTable): string | undefined {
    const kind = sinks[rule.sink]?.kind;
    return kind && targetNameProblem(kind, targetName(rule, source));
  }

  function ruleOf(source: SourceTable): TableConfig | undefined {
    const name = JSON.stringify([source.schema, source.table]);
    if (remembered.has(name)) return remembered.get(name);
    const rule = compiled.find(({ pattern }) => matches(pattern, source))?.rule;
    if (remembered.size < rememberedMax) remembered.set(name, rule);
    return rule;
  }

  return (event, record) => {
    const rule = ruleOf(event.source);
    if (rule === undefined) return { kind: 'filtered', sink: '' };
    const sieved = sieve(event, rule.where);
    if (sieved === 'filtered') return { kind: 'filtered', sink: rule.sink };
    if (event.kind === 'truncate' && rule.truncate === 'ignore') return { kind: 'filtered', sink: rule.sink };
    const problem = nameProblem(rule, event.source);
    if (problem !== undefined) return withoutPlace(event, rule, problem);
    if (event.kind === 'truncate') return { kind: 'truncate', sink: rule.sink, target: targetFor(rule, event.source, []), event };
    const sourceKey = keyOf(event, rule.key);
    if (sourceKey === undefined) {
      if (sieved === 'left') return { kind: 'filtered', sink: rule.sink };
      const row = appendedRow(event, rule);
      if (row === undefined) return withoutKey(event, rule);
      return { kind: 'write', sink: rule.sink, target: targetFor(rule, event.source, []), mutation: appendOf(event, row, record), event };
    }
    const key = renamed(sourceKey, rule.columns.rename);
    const mutation = mutationOf(sieved === 'left' ? { ...event, kind: 'remove' } : event, key, record);
    if (mutation === undefined) return withoutImage(event, rule);
    const gone = leftBehind(event, rule.key, sourceKey);
    const removal = gone && mutationOf(gone, renamed(gone.key ?? [], rule.columns.rename), record);
    const left = gone && removal ? { left: { mutation: removal, event: gone } } : {};
    return { kind: 'write', sink: rule.sink, target: targetFor(rule, event.source, key), mutation, event, ...left };
  };
}
