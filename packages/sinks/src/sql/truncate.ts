// Truncation: the floor rises, and what is at or below it goes. In one transaction that holds writers off: each of them reads the
// floor after it has the table, so none that began earlier can leave a row behind.
import { ExactNumber, type Key, type Value, type Version } from '@shardfold/changes';
import { sql } from 'kysely';
import { compareKeys } from '../keys.ts';
import { mergedContent } from '../partial/content.ts';
import { truncated } from '../partial/fold.ts';
import { membersOf, objectText } from '../partial/members.ts';
import { patchesOfText, patchesText } from '../partial/patches-text.ts';
import { type KeyType, SinkError } from '../types.ts';
import { column, type Fragment, list, tableId } from './builder.ts';
import { checkColumns } from './check-columns.ts';
import type { Rows, Send, Statement } from './connections.ts';
import { floorTargetColumn, raisedAtColumn } from './ddl.ts';
import type { Engine } from './engine.ts';
import { tableText } from './names.ts';
import { contentFragments, textOrNull, versionOf } from './read-keys.ts';
import { deleteRow, updateRow } from './rows.ts';
import { documentColumn, type TableShape } from './shape.ts';
import type { TableView } from './view.ts';

/** Rows with patches are folded one by one, so many at a time. */
const pageRows = 500;

function atMost({ dialect }: Engine, time: string, seq: string, before: Version): Fragment {
  return sql`(${column(time)}, ${column(seq)}) <= (${before.time}, ${dialect.bind.seq(before.seq)})`;
}

/** Another truncation may raise it at the same time: whoever comes second sees what the first has left, and never lowers it. */
async function raiseFloor(engine: Engine, shape: TableShape, before: Version, send: Send): Promise<void> {
  const { builder, dialect } = engine;
  const values: (readonly [string, Fragment])[] = [
    ['cdc_time', sql`${before.time}`],
    ['cdc_seq', dialect.bind.seq(before.seq)],
    [raisedAtColumn, dialect.bind.now()],
  ];
  const floors = tableId(shape.floors);
  const target = column(floorTargetColumn);
  const passOver = dialect.insertOnce === 'on conflict' ? sql`on conflict (${target}) do nothing` : sql`on duplicate key update ${target} = ${target}`;
  await send([
    builder.statement(
      sql`insert into ${floors} (${list([target, ...values.map(([name]) => column(name))])}) values (${list([sql`${shape.floorName}`, ...values.map(([, value]) => value)])}) ${passOver}`,
    ),
    builder.statement(
      sql`update ${floors} set ${list(values.map(([name, value]) => sql`${column(name)} = ${value}`))} where ${target} = ${shape.floorName} and (${column('cdc_time')}, ${column('cdc_seq')}) < (${before.time}, ${dialect.bind.seq(before.seq)})`,
    ),
  ]);
}

/** Rows without patches, and tombstones. */
function wholeRows(engine: Engine, shape: TableShape, before: Version): Statement[] {
  const { builder, dialect } = engine;
  const { names, soft, patches } = shape;
  const below = atMost(engine, names.time, names.seq, before);
  const condition = patches ? sql`${below} and ${column(names.partial)} is null` : below;
  const rows = tableId(shape.rows);
  return [
    builder.statement(
      soft
        ? sql`update ${rows} set ${column(names.deleted)} = ${dialect.bind.boolean(true)} where ${condition} and ${column(names.deleted)} = ${dialect.bind.boolean(false)}`
        : sql`delete from ${rows} where ${condition}`,
    ),
    builder.statement(sql`delete from ${tableId(shape.tombstones)} where ${below}`),
  ];
}

/** A key column's value as a driver gives it, as a value again. */
function keyValueOf(type: KeyType, read: unknown): Value {
  if (read instanceof Uint8Array) return read;
  if (type === 'boolean') return read === true || read === 1;
  return type === 'text' ? String(read) : new ExactNumber(String(read));
}

function keyAlias(index: number): string {
  return `key_${index}`;
}

function selectPatched(view: TableView, before: Version, after: readonly Value[] | undefined): Statement {
  const { engine, shape } = view;
  const { names, key } = shape;
  const { partial, content } = contentFragments(view, 'r');
  const keys = key.map(({ name }) => column(name, 'r'));
  const condition = sql`(${column(names.time, 'r')}, ${column(names.seq, 'r')}) <= (${before.time}, ${engine.dialect.bind.seq(before.seq)}) and ${column(names.partial, 'r')} is not null`;
  const onward = after && sql` and (${list(keys)}) > (${list(key.map((part, index) => engine.dialect.bind.key(part, after[index] ?? null)))})`;
  return engine.builder.statement(
    sql`select ${list(keys.map((part, index) => sql`${part} as ${sql.id(keyAlias(index))}`))}, ${column(names.time, 'r')} as row_time, ${column(names.seq, 'r')} as row_seq,
      ${partial} as partial, ${content} as content from ${tableId(shape.rows)} as r where ${condition}${onward ?? sql``} order by ${list(keys)} limit ${sql.lit(pageRows)}`,
  );
}

/** What becomes of a row with patches; undefined where it stays as it is. */
function foldRow(view: TableView, row: Rows[number], key: readonly Value[], before: Version): Statement | undefined {
  const { engine, shape, columns } = view;
  const { names } = shape;
  const { bind } = engine.dialect;
  const version = versionOf(row.row_time, row.row_seq);
  if (version === undefined) return undefined;
  const outcome = truncated({ version, patches: patchesOfText(textOrNull(row.partial)) }, before, shape.soft);
  if (outcome === 'leave') return undefined;
  if (outcome === 'remove') return deleteRow(engine, shape.rows, shape.key, key);
  const partial = patchesText(outcome.patches);
  const sets: (readonly [string, Fragment])[] = [
    [names.time, sql`${outcome.version.time}`],
    [names.seq, bind.seq(outcome.version.seq)],
    [names.partial, partial === null ? sql`null` : bind.json(partial)],
    ...(shape.soft ? [[names.deleted, bind.boolean(outcome.deleted)] as const] : []),
  ];
  if (outcome.kept !== 'all') {
    const content = mergedContent(membersOf(textOrNull(row.content) ?? ''), new Map<string, string>(), outcome);
    const kept = new Set(outcome.kept.map((name) => columns?.placer.columnOf(name)?.name));
    if (shape.layout === 'document') sets.push([documentColumn, bind.json(objectText(content))]);
    for (const { name, writable } of columns?.layout.columns ?? []) if (writable && !kept.has(name)) sets.push([name, sql`null`]);
    if (columns?.layout.hasExtra === true) sets.push([names.extra, content.size === 0 ? sql`null` : bind.json(objectText(content))]);
  }
  return updateRow(engine, shape.rows, shape.key, key, sets);
}

/** A key that does not come back as it is would make the same page come for ever. */
function checkProgress(shape: TableShape, last: Key | undefined, after: Key): void {
  if (last === undefined || compareKeys(last, after) !== 0) return;
  throw new SinkError(
    'SINK_UNEXPECTED',
    `The truncation of ${tableText(shape.rows)} finds the same rows again and again: their keys are not what the server says they are. The table is as it was. Report it with the types of its key.`,
    { retryable: false },
  );
}

async function foldPatched(view: TableView, before: Version, send: Send): Promise<void> {
  const { key } = view.shape;
  let last: Key | undefined;
  for (;;) {
    const [page] = await send([
      selectPatched(
        view,
        before,
        last?.map(([, value]) => value),
      ),
    ]);
    const rows = page?.rows ?? [];
    const writes: Statement[] = [];
    let after: Key = [];
    for (const row of rows) {
      after = key.map(({ name, type }, index) => [name, keyValueOf(type, row[keyAlias(index)])] as const);
      const write = foldRow(
        view,
        row,
        after.map(([, value]) => value),
        before,
      );
      if (write !== undefined) writes.push(write);
    }
    if (writes.length > 0) await send(writes);
    if (rows.length < pageRows) return;
    checkProgress(view.shape, last, after);
    last = after;
  }
}

/** `view` is absent where the table is not there yet: then only the floor rises. Throws what the server threw, or `ColumnsChanged`. */
export function truncateTable(engine: Engine, shape: TableShape, view: TableView | undefined, before: Version, signal: AbortSignal): Promise<void> {
  return engine.connections.session(
    async (send) => {
      const lock = view && engine.dialect.statements.lockTable?.(shape);
      if (lock !== undefined) await send([lock]);
      if (view !== undefined) await checkColumns(view, send);
      await raiseFloor(engine, shape, before, send);
      if (view === undefined) return;
      await send(wholeRows(engine, view.shape, before));
      if (view.shape.patches) await foldPatched(view, before, send);
    },
    signal,
    'long',
  );
}
