// Rules that no single option can check, and defaults that come from other options. They look at trees that may be broken
// elsewhere, so that every fault is told at once.
import { targetNameProblem } from '@shardfold/sinks';
import type { Fault } from './faults.ts';
import { valueAt } from './issues.ts';
import { nearest } from './near.ts';
import { type Document, documentSchema } from './schema.ts';
import { pathText } from './shape.ts';
import { parseDurationMs } from './units.ts';

function sinkNames(tree: unknown): readonly string[] {
  const sinks = valueAt(tree, ['sinks']);
  return typeof sinks === 'object' && sinks !== null ? Object.keys(sinks) : [];
}

function sinkFault(path: string, name: unknown, sinks: readonly string[]): Fault | undefined {
  if (name === undefined) return sinks.length > 1 ? { path, rule: 'required: there are several sinks', suggestion: `one of ${sinks.join(', ')}` } : undefined;
  if (typeof name !== 'string' || sinks.includes(name) || sinks.length === 0) return undefined;
  const meant = nearest(name, sinks);
  return { path, rule: `there is no sink "${name}"`, suggestion: meant === undefined ? `one of ${sinks.join(', ')}` : `did you mean "${meant}"?` };
}

/** Where one stands that stood before; nothing at all does not count. */
function repeated(list: readonly unknown[]): readonly number[] {
  return list.flatMap((each, index) => (each !== undefined && list.indexOf(each) < index ? [index] : []));
}

export function crossFaults(tree: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  const sinks = sinkNames(tree);
  const tables = valueAt(tree, ['tables']);
  if (valueAt(tree, ['sinks']) !== undefined && sinks.length === 0)
    faults.push({ path: 'sinks', rule: 'must name at least one sink', suggestion: `for example {"main":{"kind":"postgres","url":"\${DATABASE_URL}"}}` });
  const list = Array.isArray(tables) ? tables : [];
  if (list.length === 0 && sinks.length > 1)
    faults.push({ path: 'tables', rule: 'required: several sinks need it to choose', suggestion: `for example [{"source":"*","sink":"${sinks[0]}"}]` });
  list.forEach((table, index) => {
    const fault = sinkFault(pathText(['tables', index, 'sink']), valueAt(table, ['sink']), sinks);
    if (fault !== undefined) faults.push(fault);
  });
  faults.push(
    ...list.flatMap((table, index) => [...clashes(table, index), ...mergedColumns(table, index)]),
    ...list.flatMap((table, index) => [...layoutFaults(tree, table, index), ...targetFaults(tree, table, index)]),
    ...letterFaults(tree),
    ...graceFaults(tree),
  );
  for (const index of repeated(list.map((table) => valueAt(table, ['source']))))
    faults.push({ path: pathText(['tables', index, 'source']), rule: `stands in an earlier entry already, which decides`, suggestion: 'merge the two' });
  return faults;
}

const letterNeeds = { file: ['path'], s3: ['bucket'], sqs: ['queueUrl'] } as const;
const letterTakes = { file: ['path'], s3: ['bucket', 'prefix', 'region', 'endpoint'], sqs: ['queueUrl', 'region', 'endpoint'], sink: [], stop: [] } as const;

/** What a place for dead letters needs, and what belongs to another. */
function letterFaults(tree: unknown): readonly Fault[] {
  const parsed = documentSchema.shape.deadLetters.safeParse(valueAt(tree, ['deadLetters']));
  if (!parsed.success) return [];
  const { kind, ...given } = parsed.data;
  const needs: readonly string[] = kind === 'sink' || kind === 'stop' ? [] : letterNeeds[kind];
  const takes: readonly string[] = letterTakes[kind];
  const path = (name: string) => pathText(['deadLetters', name]);
  return [
    ...needs
      .filter((name) => !Object.hasOwn(given, name))
      .map((name) => ({ path: path(name), rule: `required: deadLetters.kind is ${kind}`, suggestion: 'say which' })),
    ...Object.keys(given)
      .filter((name) => !takes.includes(name))
      .map((name) => ({ path: path(name), rule: `is nothing that deadLetters.kind ${kind} has`, suggestion: `leave it out` })),
  ];
}

/** Beside the drain: 5 s to give back leases and close connections, and 5 s to spare. */
const beyondDrainMs = 10_000;

/** A worker that is killed while it drains leaves its shards to the lease's expiry. */
function graceFaults(tree: unknown): readonly Fault[] {
  const parsed = documentSchema.shape.shutdown.safeParse(valueAt(tree, ['shutdown']));
  if (!parsed.success) return [];
  const { drain, grace } = parsed.data;
  const [drainMs, graceMs] = [parseDurationMs(drain), grace === undefined ? undefined : parseDurationMs(grace)];
  if (drainMs === undefined || graceMs === undefined || drainMs + beyondDrainMs <= graceMs) return [];
  const least = `${Math.ceil((drainMs + beyondDrainMs) / 1_000)}s`;
  const rule = `must be at least shutdown.drain (${drain}) and ${beyondDrainMs / 1_000}s, to give back leases and close connections, not ${grace}`;
  const most = Math.floor((graceMs - beyondDrainMs) / 1_000);
  return [{ path: 'shutdown.grace', rule, suggestion: `use ${least}, or ${most}s for shutdown.drain` }];
}

/** The sink of an entry of `tables`, as far as it can be told. */
function sinkOf(tree: unknown, table: unknown): unknown {
  const sinks = sinkNames(tree);
  return valueAt(table, ['sink']) ?? (sinks.length === 1 ? sinks[0] : undefined);
}

/** A name that no table of the sink can have, whatever the source's is. */
function targetFaults(tree: unknown, table: unknown, index: number): readonly Fault[] {
  const [name, target] = [sinkOf(tree, table), valueAt(table, ['target'])];
  const kind = documentSchema.shape.sinks.valueType.shape.kind.safeParse(typeof name === 'string' ? valueAt(tree, ['sinks', name, 'kind']) : undefined);
  if (!kind.success || typeof target !== 'string' || target === '') return [];
  const problem = targetNameProblem(kind.data, target.replaceAll('{table}', 'orders'));
  return problem === undefined ? [] : [{ path: pathText(['tables', index, 'target']), rule: problem, suggestion: 'use another name, for example {table}' }];
}

/** A document database has no columns. */
function layoutFaults(tree: unknown, table: unknown, index: number): readonly Fault[] {
  const name = sinkOf(tree, table);
  if (valueAt(table, ['layout']) !== 'columns' || typeof name !== 'string' || valueAt(tree, ['sinks', name, 'kind']) !== 'mongodb') return [];
  return [{ path: pathText(['tables', index, 'layout']), rule: `documents of sink "${name}" have no columns`, suggestion: 'use document' }];
}

/** What the columns of a row are called in its target: those of a configured key, and those that are renamed. */
function storedNames(table: unknown): {
  readonly key: readonly (readonly [name: string, stored: string])[];
  readonly rename: Readonly<Record<string, string>>;
} {
  const { shape } = documentSchema.shape.tables.unwrap().element;
  const rename = shape.columns.safeParse(valueAt(table, ['columns'])).data?.rename ?? {};
  const key = shape.key.safeParse(valueAt(table, ['key'])).data ?? [];
  return { key: key.map((name) => [name, (Object.hasOwn(rename, name) ? rename[name] : undefined) ?? name]), rename };
}

/** Columns of a target that two things would share. */
function clashes(table: unknown, index: number): readonly Fault[] {
  const { shape } = documentSchema.shape.tables.unwrap().element;
  const kept = Object.entries(shape.bookkeeping.safeParse(valueAt(table, ['bookkeeping'])).data ?? {});
  const { key, rename } = storedNames(table);
  const taken = new Set([...key.map(([, stored]) => stored), ...Object.values(rename)]);
  return kept.flatMap(([what, name], place) => {
    const path = pathText(['tables', index, 'bookkeeping', what]);
    if (kept.slice(0, place).some(([, other]) => other === name))
      return [{ path, rule: `"${name}" is the name of another bookkeeping column`, suggestion: `use another name than ${name}` }];
    return taken.has(name) ? [{ path, rule: `"${name}" is a column of the row too`, suggestion: `for example {"${what}":"shardfold_${what}"}` }] : [];
  });
}

/** Columns of a row that renaming would make one. */
function mergedColumns(table: unknown, index: number): readonly Fault[] {
  const { key, rename } = storedNames(table);
  const renamed = Object.entries(rename);
  return renamed.flatMap(([name, stored], place) => {
    const isTwice = renamed.slice(0, place).some(([, other]) => other === stored);
    const isKey = key.some(([part, other]) => part !== name && other === stored);
    if (!isTwice && !isKey) return [];
    const whose = isTwice ? 'another column that is renamed' : 'a column of the key';
    return [{ path: pathText(['tables', index, 'columns', 'rename', name]), rule: `"${stored}" is the name of ${whose}`, suggestion: 'use a name of its own' }];
  });
}

/** Fills in what comes from other options; the document has passed every check. */
export function complete(document: Document): Document {
  const [only] = sinkNames(document);
  const tables = document.tables.length > 0 ? document.tables : [documentSchema.shape.tables.unwrap().element.parse({ source: '*' })];
  return {
    ...document,
    lease: { ...document.lease, table: document.lease.table ?? document.application },
    tables: tables.map((table) => ({ ...table, sink: table.sink ?? only })),
  };
}
