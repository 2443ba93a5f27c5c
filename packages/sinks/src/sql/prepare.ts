// Makes sure that a target's tables are there and fit: creates what is missing where that is allowed, else says what to run.
import { type MissingTables, SinkError, type TargetTable } from '../types.ts';
import { adoption } from './adopt.ts';
import { floorsDdl, rowsDdl, tombstonesDdl } from './ddl.ts';
import type { FoundTable } from './dialect.ts';
import { type Engine, run } from './engine.ts';
import { floorsKey, misfits, problemsOf, unfilled, wantedOfFloors, wantedOfRows, wantedOfTombstones } from './fit.ts';
import { type TableName, tableText } from './names.ts';
import type { TableShape } from './shape.ts';

/** Another worker that creates the same table wins at most once a table and schema. */
const maxCreateTries = 5;

interface Needed {
  readonly table: TableName;
  readonly ddl: string;
}

async function missingOf({ dialect, connections }: Engine, needed: readonly Needed[], signal: AbortSignal): Promise<{ ddl: string[]; names: string[] }> {
  const ddl: string[] = [];
  const names: string[] = [];
  const schema = needed[0]?.table.schema;
  if (schema !== undefined && !(await dialect.schemaExists(connections, schema, signal))) ddl.push(dialect.createSchema(schema));
  for (const { table, ddl: create } of needed) {
    if ((await dialect.describeTable(connections, table, signal)) !== undefined) continue;
    ddl.push(create);
    names.push(tableText(table));
  }
  return { ddl, names };
}

/** Throws SINK_TABLE_MISSING, with the DDL to run and `problems`, where creating is not allowed. */
export async function ensure(
  engine: Engine,
  needed: readonly Needed[],
  createTables: boolean,
  signal: AbortSignal,
  problems: MissingTables['problems'] = [],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { ddl, names } = await missingOf(engine, needed, signal);
    if (ddl.length === 0) return;
    if (!createTables) {
      throw new SinkError(
        'SINK_TABLE_MISSING',
        `Tables are missing and createTables is false; nothing is written to them. Run this, or set createTables: true:\n${ddl.join(';\n')};`,
        { retryable: false, missing: { names, problems } },
      );
    }
    try {
      for (const text of ddl) await run(engine, { text }, signal);
      return;
    } catch (error) {
      if (!(error instanceof SinkError) || !engine.dialect.lostCreateRace(error) || attempt === maxCreateTries) throw error;
    }
  }
}

interface Checked {
  readonly table: TableName;
  readonly found: FoundTable;
  readonly key: TableShape['key'];
  readonly wanted: Parameters<typeof misfits>[2];
  readonly optional?: Parameters<typeof misfits>[3];
  readonly valuesAreColumns?: boolean;
  /** What it would be made with. */
  readonly ddl: string;
}

/** Throws SINK_TABLE_MISMATCH, with the statements to run. */
function check(engine: Engine, { time, deleted }: { readonly time: string; readonly deleted: string }, checked: Checked): void {
  const { table, found, key, wanted, optional = [], valuesAreColumns = false, ddl } = checked;
  const faults = misfits(found, key, wanted, optional, valuesAreColumns);
  if (faults.length === 0) return;
  const without = unfilled(found, wanted);
  const remedy =
    without.length === faults.length
      ? `Run this, which gives its rows a version older than all that comes:\n${adoption(engine, table, without, time, deleted).join(';\n')};`
      : `Change it, choose another target, or let it be created as:\n${ddl};`;
  throw new SinkError(
    'SINK_TABLE_MISMATCH',
    `The table ${tableText(table)} cannot hold these changes: ${faults.join('; ')}. Nothing is written to it until that is mended. ${remedy}`,
    { retryable: false },
  );
}

interface PreparedTable {
  readonly shape: TableShape;
  readonly found: FoundTable;
}

/** The shape as the table is: its key's own types, and whether it has room for patches and for marks of deletes. */
export function withFound(shape: TableShape, { columns }: FoundTable): TableShape {
  const declaredOf = (name: string) => {
    const column = columns.find((candidate) => candidate.name === name);
    return column === undefined ? {} : { declared: column.declared ?? column.type };
  };
  return {
    ...shape,
    key: shape.key.map((column) => ({ ...column, ...declaredOf(column.name) })),
    marks: columns.some(({ name }) => name === shape.names.deleted),
    patches: columns.some(({ name }) => name === shape.names.partial),
  };
}

async function described({ dialect, connections }: Engine, table: TableName, signal: AbortSignal): Promise<FoundTable> {
  const found = await dialect.describeTable(connections, table, signal);
  if (found !== undefined) return found;
  throw new SinkError('SINK_TABLE_MISSING', `The table ${tableText(table)} was there and is gone. It is looked for again.`, { retryable: true });
}

/** Rows first: tombstones are made with the key as it is there. Throws SINK_TABLE_MISSING or SINK_TABLE_MISMATCH, both with what a person can do. */
export async function prepareTable(engine: Engine, target: TableShape, createTables: boolean, signal: AbortSignal): Promise<PreparedTable> {
  const { dialect, builder, connections } = engine;
  const { types } = dialect;
  const rows = { table: target.rows, ddl: rowsDdl(builder, dialect, target) };
  const isValues = target.layout === 'columns';
  const optional = [[target.names.partial, types.json], ...(isValues ? [[target.names.extra, types.json] as const] : [])] as const;
  const checkRows = (found: FoundTable): void =>
    check(engine, target.names, { ...rows, found, key: target.key, wanted: wantedOfRows(target, types), optional, valuesAreColumns: isValues });
  const before = await dialect.describeTable(connections, target.rows, signal);
  if (before !== undefined) checkRows(before);
  const expected = before === undefined ? target : withFound(target, before);
  const beside = { table: target.tombstones, ddl: tombstonesDdl(builder, dialect, expected) };
  const floors = floorsOf(engine, target);
  await ensure(engine, [rows, beside, floors], createTables, signal, before === undefined ? [] : problemsOf(before, expected));

  const found = await described(engine, target.rows, signal);
  checkRows(found);
  const shape = withFound(target, found);
  const tombstones = { ...beside, ddl: tombstonesDdl(builder, dialect, shape), found: await described(engine, target.tombstones, signal) };
  check(engine, shape.names, { ...tombstones, key: shape.key, wanted: wantedOfTombstones(shape, types) });
  await checkFloors(engine, floors, signal);
  return { shape, found };
}

function floorsOf({ builder, dialect }: Engine, shape: TableShape): Needed {
  return { table: shape.floors, ddl: floorsDdl(builder, dialect, shape) };
}

async function checkFloors(engine: Engine, floors: Needed, signal: AbortSignal): Promise<void> {
  const found = await described(engine, floors.table, signal);
  check(engine, { time: 'cdc_time', deleted: '' }, { ...floors, found, key: floorsKey, wanted: wantedOfFloors(engine.dialect.types) });
}

/** Throws SINK_TABLE_MISSING or SINK_TABLE_MISMATCH. */
export async function prepareFloors(engine: Engine, shape: TableShape, createTables: TargetTable['createTables'], signal: AbortSignal): Promise<void> {
  const floors = floorsOf(engine, shape);
  await ensure(engine, [floors], createTables, signal);
  await checkFloors(engine, floors, signal);
}
