// The fast way to MySQL and MariaDB: a group's rows as one transaction of few statements. It knows no SQL.
import { compareVersions, type Version } from '@shardfold/changes';
import type { Rows, Send, Statement } from '../sql/connections.ts';
import { ColumnsChanged, type HotContext, type HotSent, type HotTable, markerTime } from '../sql/dialect.ts';
import { keyParts } from '../sql/key.ts';
import { newestFloor, versionOf } from '../sql/read-keys.ts';
import { fingerprintText } from './catalog.ts';
import { type EncodedRow, type Encoding, encodeMutation, storeParameters } from './encode.ts';
import type { Flavor } from './flavor.ts';
import { jsonRows, keyJson } from './json-rows.ts';
import { portions } from './portions.ts';
import { type Found, type Settlement, settle } from './settle.ts';
import { contentNames, type HotStatements, hotStatements, maxPlaceholders, plantFloorText } from './statements.ts';

/** What one transaction carries at most; measured: larger ones are no faster and hold their locks longer. */
const maxRowsPerTransaction = 2_000;
const maxUnitsPerTransaction = 4 * 1024 * 1024;

/** What the server counts for a row that was there and changed, the most for any: so a sum tells, whether or not a proxy asked it to count rows that it found. */
const countOfUpdate = 2;

type HotShape = HotContext['shape'];

/** Prepared once a connection; the text itself tells statements apart. */
function prepared(text: string, values: readonly unknown[]): Statement {
  return { name: 'hot', text, values };
}

function keysOf(rows: readonly EncodedRow[], { key }: HotShape): string {
  return jsonRows(rows.map((row) => keyJson(key, keyParts(row.mutation))));
}

function versionedKeysOf(rows: readonly EncodedRow[], { key }: HotShape): string {
  return jsonRows(rows.map(({ mutation }) => `${keyJson(key, keyParts(mutation))},"${mutation.version.time}","${mutation.version.seq}"`));
}

function storeStatements(rows: readonly EncodedRow[], statements: HotStatements, encoding: Encoding): Statement[] {
  let from = 0;
  return portions(rows.length, Math.max(1, Math.floor(maxPlaceholders / statements.storeValues))).map((count) => {
    const statement = prepared(statements.store(count), storeParameters(rows.slice(from, from + count), encoding));
    from += count;
    return statement;
  });
}

/** The floor, whose row is locked with others; made where there is none yet. */
async function lockFloor(shape: HotShape, { floor }: HotStatements, send: Send): Promise<Version | undefined> {
  for (;;) {
    const [answer] = await send([prepared(floor, [])]);
    const rows = answer?.rows ?? [];
    if (rows.some(({ is_own }) => Number(is_own) === 1)) return newestFloor(rows.filter(({ floor_time }) => String(floor_time) !== markerTime));
    await send([{ text: plantFloorText(shape) }]);
  }
}

function foundOf(rows: Rows): Found[] {
  const found: Found[] = [];
  for (const { place, row_time, row_seq, patched, dead_time, dead_seq } of rows) {
    const version = String(row_time) === markerTime ? undefined : versionOf(row_time, row_seq);
    found[Number(place) - 1] = { row: version ?? 'marker', patched: Number(patched) === 1, tombstone: versionOf(dead_time, dead_seq) };
  }
  return found;
}

interface Known {
  readonly floor: Version | undefined;
  /** All rows were changed by the store statements. */
  readonly allChanged: boolean;
  /** Puts may have tombstones. */
  readonly buried: boolean;
}

/** The rows that must be looked at: deletes, puts at or below the floor, those that have a tombstone or may have met patches. */
async function suspects(rows: readonly EncodedRow[], known: Known, shape: HotShape, { dead }: HotStatements, send: Send): Promise<readonly EncodedRow[]> {
  // A put that changed its row had no patches in its way; if all rows changed something, all puts did.
  if (shape.patches && !known.allChanged) return rows;
  const { floor } = known;
  const isCertain = ({ mutation }: EncodedRow): boolean => mutation.kind === 'delete' || (floor !== undefined && compareVersions(mutation.version, floor) <= 0);
  const puts = known.buried ? rows.filter((row) => !isCertain(row)) : [];
  if (puts.length === 0) return rows.filter(isCertain);
  const [answer] = await send([prepared(dead, [keysOf(puts, shape)])]);
  const concerned = new Set((answer?.rows ?? []).map(({ place }) => puts[Number(place) - 1]));
  return rows.filter((row) => isCertain(row) || concerned.has(row));
}

/** What carries a settlement out. */
function settlementStatements({ remove, flag, bury }: Settlement, statements: HotStatements, shape: HotShape): Statement[] {
  return [
    ...(remove.length > 0 ? [prepared(statements.remove, [keysOf(remove, shape)])] : []),
    ...(flag.length > 0 ? [prepared(statements.flag, [keysOf(flag, shape)])] : []),
    ...(bury.length > 0 ? [prepared(statements.bury, [versionedKeysOf(bury, shape)])] : []),
  ];
}

interface Writing {
  readonly shape: HotShape;
  readonly statements: HotStatements;
  readonly encoding: Encoding;
  /** Of the columns that the statements were made for; layout `columns` only. */
  readonly fingerprint: string | undefined;
}

/** The body of one transaction. Throws what the server threw, `RowFault`, and `ColumnsChanged`. */
async function writeRows(rows: readonly EncodedRow[], { shape, statements, encoding, fingerprint }: Writing, send: Send): Promise<HotSent> {
  const stores = storeStatements(rows, statements, encoding);
  const floor = await lockFloor(shape, statements, send);
  const stored = await send(stores);
  const changed = stored.reduce((sum, { affected }) => sum + affected, 0);
  // A row that was there stood above its tombstone, and stands higher now; unless deletes keep their rows, or did once. Without a key
  // there are no deletes.
  const onlyUpdates = stored.reduce((sum, { counted = 0 }) => sum + counted, 0) === countOfUpdate * rows.length;
  const mayBeBuried = !shape.keyless && (shape.marks || !onlyUpdates);
  const { graves } = statements;
  const told = graves !== undefined && (mayBeBuried || fingerprint !== undefined) ? (await send([prepared(graves, [])]))[0]?.rows[0] : undefined;
  // The store statement has the table: until the transaction ends nobody changes its columns.
  if (fingerprint !== undefined && told?.fingerprint !== fingerprint) throw new ColumnsChanged();
  const buried = mayBeBuried && Number(told?.buried ?? 1) === 1;
  const concerned = await suspects(rows, { floor, allChanged: changed === rows.length, buried }, shape, statements, send);
  if (concerned.length === 0) return { applied: changed, unresolved: 0, left: [] };
  const [look] = await send([prepared(statements.look, [keysOf(concerned, shape)])]);
  const settlement = settle(concerned, foundOf(look?.rows ?? []), floor, shape.soft);
  await send(settlementStatements(settlement, statements, shape));
  return { applied: changed + settlement.applied, unresolved: 0, left: settlement.left.map(({ index }) => index) };
}

export function hotTable(flavor: Flavor, { connections, shape, policy, columns }: HotContext): HotTable<EncodedRow> {
  const content = columns && { columns: columns.layout.columns.filter(({ writable }) => writable), hasExtra: columns.layout.hasExtra };
  const statements = hotStatements(
    shape,
    flavor,
    contentNames(shape, content?.columns ?? [], content?.hasExtra ?? false),
    columns && fingerprintText(shape.rows),
  );
  // One text for each size, not a new one for each chunk.
  const stores = new Map<number, string>();
  const store = (rows: number): string => {
    const text = stores.get(rows) ?? statements.store(rows);
    stores.set(rows, text);
    return text;
  };
  const encoding: Encoding = { key: shape.key, content, policy };
  const writing: Writing = { shape, statements: { ...statements, store }, encoding, fingerprint: columns?.fingerprint };
  return {
    limits: { maxItems: maxRowsPerTransaction, maxSize: maxUnitsPerTransaction },
    encode: (mutation, index, placed) => encodeMutation(encoding, mutation, index, placed),
    send: (rows, signal) => connections.session((send) => writeRows(rows, writing, send), signal),
  };
}
