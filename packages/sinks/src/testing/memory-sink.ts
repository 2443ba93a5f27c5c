// The seam in memory: what a sink means, in the fewest words. For tests of whoever writes to sinks, and the model that the
// conformance suite is checked against. It stores the JSON text of the rows.
import { compareVersions, ExactNumber, type Key, type TextPolicy, type Value, type Version } from '@shardfold/changes';
import { addressOf } from '../keys.ts';
import type { Clock } from '../ports.ts';
import type { DeadLetter, Mutation, Sink, SinkRowError, Table, TargetTable, WriteReport } from '../types.ts';

export interface StoredRow {
  /** Key values as text, in key order: numbers as digits, binary as base64. */
  readonly key: readonly string[];
  /** The row as JSON text. */
  readonly data: string;
  readonly version: Version;
}

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

interface Tombstone {
  readonly version: Version;
  readonly deletedAtMs: number;
}

interface Store {
  readonly rows: Map<string, StoredRow>;
  readonly tombstones: Map<string, Tombstone>;
  floor: Version | undefined;
}

function refuseNul(json: string): SinkRowError | undefined {
  return json.includes('\\u0000') ? { code: 'NUL', message: 'A text holds NUL.' } : undefined;
}

function valueText(value: Value): string {
  if (value instanceof ExactNumber) return value.digits;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return String(value);
}

function keyTexts(key: Key): string[] {
  return key.map(([, value]) => valueText(value));
}

function atMost(left: Version, right: Version | undefined): boolean {
  return right !== undefined && compareVersions(left, right) <= 0;
}

/** At equal versions a delete wins over a put, and whatever came first over its replay. */
function outranked(store: Store, address: string, mutation: Mutation): boolean {
  if (atMost(mutation.version, store.floor) || atMost(mutation.version, store.tombstones.get(address)?.version)) return true;
  const row = store.rows.get(address);
  if (row === undefined) return false;
  const order = compareVersions(mutation.version, row.version);
  return mutation.kind === 'delete' ? order < 0 : order <= 0;
}

function writeOne(
  store: Store,
  mutation: Mutation,
  policy: TextPolicy,
  clock: Clock,
  refuse: (json: string) => SinkRowError | undefined,
): 'applied' | 'superseded' | SinkRowError {
  if (mutation.kind === 'patch') return { code: 'PATCH_UNSUPPORTED', message: 'The memory sink writes whole rows only.' };
  const address = addressOf(mutation);
  if (mutation.kind === 'delete') {
    if (outranked(store, address, mutation)) return 'superseded';
    store.rows.delete(address);
    store.tombstones.set(address, { version: mutation.version, deletedAtMs: clock.wallMs() });
    return 'applied';
  }
  const data = mutation.row.json(policy);
  const fault = refuse(data);
  if (fault !== undefined) return fault;
  if (outranked(store, address, mutation)) return 'superseded';
  store.rows.set(address, { key: mutation.kind === 'append' ? [mutation.position] : keyTexts(mutation.key), data, version: mutation.version });
  return 'applied';
}

function tableOver(store: Store, target: TargetTable, { clock, refuse = refuseNul }: MemorySinkOptions): Table {
  return {
    async write(group, signal) {
      signal.throwIfAborted();
      const rejected: WriteReport['rejected'][number][] = [];
      let applied = 0;
      for (const [index, mutation] of group.entries()) {
        const outcome = writeOne(store, mutation, { numbers: 'exact', ...target.columns }, clock, refuse);
        if (outcome === 'applied') applied += 1;
        else if (outcome !== 'superseded') rejected.push({ index, error: outcome });
      }
      return { applied, superseded: group.length - applied - rejected.length, unresolved: 0, rejected };
    },
    async truncate(before) {
      if (store.floor === undefined || compareVersions(store.floor, before) < 0) store.floor = before;
      for (const [address, { version }] of store.rows) if (atMost(version, before)) store.rows.delete(address);
    },
    async sweep() {
      let forgotten = 0;
      for (const [address, { deletedAtMs }] of store.tombstones) {
        if (deletedAtMs + target.tombstoneRetentionMs > clock.wallMs()) continue;
        store.tombstones.delete(address);
        forgotten += 1;
      }
      return { healed: 0, forgotten };
    },
  };
}

/** A sink whose tables are Maps. Tables of one name are one table, however often they are opened. */
export function memorySink(options: MemorySinkOptions): MemorySink {
  const stores = new Map<string, Store>();
  const letters = new Map<string, DeadLetter>();
  return {
    kind: 'memory',
    letters,
    rows: (table) => [...(stores.get(table)?.rows.values() ?? [])],
    async open() {},
    async table(target) {
      const store = stores.get(target.name) ?? { rows: new Map(), tombstones: new Map(), floor: undefined };
      stores.set(target.name, store);
      return tableOver(store, target, options);
    },
    deadLetters: () => ({
      async put(all) {
        for (const letter of all) if (!letters.has(letter.id)) letters.set(letter.id, letter);
      },
      count: async () => letters.size,
    }),
    describe: async () => ({ kind: 'memory', server: 'this process', tables: [...stores.keys()] }),
    async close() {},
  };
}
