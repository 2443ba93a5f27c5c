// The seam in memory: what a sink means, in the fewest words. For tests of whoever writes to sinks, and the model that the
// conformance suite is checked against. It holds no rule of the fold.
import {
  compareVersions,
  type Image,
  type Key,
  type RowImage,
  storedNames,
  type TextPolicy,
  type Value,
  type Version,
  valuesToJsonText,
} from '@shardfold/changes';
import { addressOf } from '../keys.ts';
import { noVersion } from '../partial/fold.ts';
import type { Clock } from '../ports.ts';
import { type DeadLetter, type Mutation, type Sink, SinkError, type SinkRowError, type Table, type TargetTable, type WriteReport } from '../types.ts';
import { imageOf } from './material.ts';
import { type Fold, hasRow, isMarked, type KeyChange, type Known, nothingKnown, theFold } from './memory-key.ts';
import { memoryLetters } from './memory-letters.ts';
import { type StoredRow, textOfValue } from './stored-row.ts';

export interface MemorySink extends Sink {
  /** What a table holds, in no particular order; empty for a table nobody opened. */
  rows(table: string): readonly StoredRow[];
  readonly letters: ReadonlyMap<string, DeadLetter>;
}

export interface MemorySinkOptions {
  readonly clock: Clock;
  /** The row's fault, if this row shall be refused. By default, as in most databases, NUL in a text. */
  readonly refuse?: (json: string) => SinkRowError | undefined;
}

interface Place {
  /** Key values as text. */
  readonly key: readonly string[];
  known: Known;
}

interface Store {
  /** As it was first opened. */
  readonly target: TargetTable;
  readonly fold: Fold;
  readonly places: Map<string, Place>;
  floor: Version | undefined;
}

/** Not the six characters themselves, whose backslash JSON doubles. */
const nul = /(?<!\\)(?:\\\\)*\\u0000/;

function refuseNul(json: string): SinkRowError | undefined {
  return nul.test(json) ? { code: 'NUL', message: 'A text holds NUL.' } : undefined;
}

function keyTexts(key: Key): string[] {
  return key.map(([, value]) => textOfValue(value));
}

function policyOf({ columns }: TargetTable): TextPolicy {
  return { numbers: 'exact', ...columns };
}

/** The values by stored name. */
function storedFields(image: Image, policy: TextPolicy): (readonly [name: string, value: Value])[] {
  return storedNames(Object.keys(image), policy).map(([name, stored]) => [stored, image[name] ?? null]);
}

/** The row's own text, unless it has patches or is kept in columns, which have no other word for null than to be empty. */
function dataOf({ whole, patches }: Known, target: TargetTable): string {
  const policy = policyOf(target);
  if (target.layout === 'document' && whole !== undefined && patches.size === 0) return whole.row.json(policy);
  const fields = new Map(whole === undefined ? [] : storedFields(whole.row.values(), policy));
  for (const [name, { value }] of patches) fields.set(name, value);
  const kept = [...fields].filter(([, value]) => target.layout === 'document' || value !== null);
  return valuesToJsonText(imageOf(kept), { numbers: 'exact', drop: [], rename: {} });
}

function partialOf({ patches }: Known): string | null {
  const versions = imageOf([...patches].map(([name, { version }]) => [name, [version.time, version.seq]] as const));
  return patches.size === 0 ? null : JSON.stringify(versions);
}

function storedRow({ key, known }: Place, { target, floor }: Store): StoredRow {
  const deleted = target.deletes === 'soft' && isMarked(known, floor);
  return { key, data: dataOf(known, target), version: known.whole?.version ?? noVersion, deleted, partial: partialOf(known) };
}

function keyChange(mutation: Mutation, target: TargetTable, clock: Clock): KeyChange {
  const { version } = mutation;
  if (mutation.kind === 'delete') return { kind: 'delete', version, atMs: clock.wallMs() };
  if (mutation.kind === 'patch') return { kind: 'patch', version, columns: imageOf(storedFields(mutation.columns.values(), policyOf(target))) };
  return { kind: 'put', version, row: mutation.row };
}

function contentOf(mutation: Mutation): RowImage | undefined {
  if (mutation.kind === 'delete') return undefined;
  return mutation.kind === 'patch' ? mutation.columns : mutation.row;
}

function faultOf(mutation: Mutation, target: TargetTable, refuse: (json: string) => SinkRowError | undefined): SinkRowError | undefined {
  if (mutation.kind === 'patch' && !target.patches) {
    const column = target.bookkeeping.partial;
    return { code: 'PATCH_UNSUPPORTED', message: `The table has no column ${column}; a change that leaves columns out needs it. Add it.` };
  }
  const content = contentOf(mutation);
  return content === undefined ? undefined : refuse(content.json(policyOf(target)));
}

function writeOne(store: Store, mutation: Mutation, clock: Clock): 'applied' | 'superseded' {
  const { target, fold, places, floor } = store;
  const address = addressOf(mutation);
  const place = places.get(address) ?? { key: mutation.kind === 'append' ? [mutation.position] : keyTexts(mutation.key), known: nothingKnown };
  const known = fold.learned(place.known, keyChange(mutation, target, clock), floor, target.deletes);
  if (known === undefined) return 'superseded';
  places.set(address, { ...place, known });
  return 'applied';
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new SinkError('SINK_CLOSED', 'Memory: the write was broken off because the program stops.', { retryable: false });
}

function sweep(store: Store, retentionMs: number, nowMs: number): number {
  let forgotten = 0;
  for (const place of store.places.values()) {
    const { known } = place;
    if (known.deleted === undefined || known.deleted.atMs + retentionMs > nowMs) continue;
    // The mark of a row that is still there is not forgotten: an older put would bring the row back.
    if (store.target.deletes === 'soft' && hasRow(known)) continue;
    place.known = { ...known, deleted: undefined };
    forgotten += 1;
  }
  return forgotten;
}

function tableOver(store: Store, { clock, refuse = refuseNul }: MemorySinkOptions): Table {
  const { target, fold } = store;
  return {
    async write(group, signal) {
      throwIfAborted(signal);
      // As with a server, a write that was begun can still be broken off.
      await Promise.resolve();
      throwIfAborted(signal);
      const rejected: WriteReport['rejected'][number][] = [];
      let applied = 0;
      for (const [index, mutation] of group.entries()) {
        const error = faultOf(mutation, target, refuse);
        if (error !== undefined) rejected.push({ index, error });
        else if (writeOne(store, mutation, clock) === 'applied') applied += 1;
      }
      return { applied, superseded: group.length - applied - rejected.length, unresolved: 0, rejected };
    },
    async truncate(before, signal) {
      throwIfAborted(signal);
      if (store.floor !== undefined && compareVersions(before, store.floor) <= 0) return;
      store.floor = before;
      for (const place of store.places.values()) place.known = fold.settled(place.known, before, target.deletes);
    },
    async sweep(signal) {
      throwIfAborted(signal);
      return { healed: 0, forgotten: sweep(store, target.tombstoneRetentionMs, clock.wallMs()) };
    },
  };
}

/** A sink whose tables are Maps. Tables of one name are one table, however often they are opened. `fold`: for who tries the suite itself. */
export function memorySink(options: MemorySinkOptions, fold: Fold = theFold): MemorySink {
  const stores = new Map<string, Store>();
  const { letters, store: letterStore } = memoryLetters();
  const rowsOf = (store: Store): StoredRow[] => [...store.places.values()].filter(({ known }) => hasRow(known)).map((place) => storedRow(place, store));
  return {
    kind: 'memory',
    statementsPerTable: 1,
    letters,
    rows(table) {
      const store = stores.get(table);
      return store === undefined ? [] : rowsOf(store);
    },
    async open() {},
    async table(target) {
      const store = stores.get(target.name) ?? { target, fold, places: new Map(), floor: undefined };
      stores.set(target.name, store);
      return tableOver(store, options);
    },
    deadLetters: () => letterStore,
    describe: async () => ({
      kind: 'memory',
      server: 'this process',
      latencyMs: 0,
      tables: [...stores].map(([name, store]) => {
        const places = [...store.places.values()];
        return { name, rows: rowsOf(store).length, tombstones: places.filter(({ known }) => known.deleted !== undefined).length, problems: [] };
      }),
    }),
    async close() {},
  };
}
