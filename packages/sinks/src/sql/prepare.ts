// Makes sure that a target's tables are there and fit: creates what is missing where that is allowed, else says what to run.
import { SinkError, type TargetTable } from '../types.ts';
import { deadLettersDdl, floorsDdl, rowsDdl, tombstonesDdl } from './ddl.ts';
import type { FoundTable } from './dialect.ts';
import { type Engine, run } from './engine.ts';
import { misfits, wantedOfRows, wantedOfTombstones } from './fit.ts';
import { type TableName, tableText } from './names.ts';
import type { TableShape } from './shape.ts';

/** Another worker that creates the same table wins at most once a table and schema. */
const maxCreateTries = 5;

interface Needed {
  readonly table: TableName;
  readonly ddl: string;
}

async function missingDdl({ dialect, connections }: Engine, needed: readonly Needed[], signal: AbortSignal): Promise<string[]> {
  const ddl: string[] = [];
  const schema = needed[0]?.table.schema;
  if (schema !== undefined && !(await dialect.schemaExists(connections, schema, signal))) ddl.push(dialect.createSchema(schema));
  for (const { table, ddl: create } of needed) if ((await dialect.describeTable(connections, table, signal)) === undefined) ddl.push(create);
  return ddl;
}

/** Throws SINK_TABLE_MISSING, with the DDL to run, where creating is not allowed. */
async function ensure(engine: Engine, needed: readonly Needed[], createTables: boolean, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const ddl = await missingDdl(engine, needed, signal);
    if (ddl.length === 0) return;
    if (!createTables) {
      throw new SinkError(
        'SINK_TABLE_MISSING',
        `Tables are missing and createTables is false; nothing is written to them. Run this, or set createTables: true:\n${ddl.join(';\n')};`,
        { retryable: false },
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

function mismatch(table: TableName, faults: readonly string[], ddl: string): SinkError {
  return new SinkError(
    'SINK_TABLE_MISMATCH',
    `The table ${tableText(table)} cannot hold these changes: ${faults.join('; ')}. Nothing is written to it. Change it, choose another target, or let it be created as:\n${ddl};`,
    { retryable: false },
  );
}

interface PreparedTable {
  readonly shape: TableShape;
  readonly found: FoundTable;
}

/** The shape as the table is: its key's own types, and whether it has room for patches. */
export function withFound(shape: TableShape, { columns }: FoundTable): TableShape {
  const declaredOf = (name: string) => {
    const column = columns.find((candidate) => candidate.name === name);
    return column === undefined ? {} : { declared: column.declared ?? column.type };
  };
  return {
    ...shape,
    key: shape.key.map((column) => ({ ...column, ...declaredOf(column.name) })),
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
  const check = (found: FoundTable): void => {
    const optional = [[target.names.partial, types.json], ...(isValues ? [[target.names.extra, types.json] as const] : [])] as const;
    const faults = misfits(found, target.key, wantedOfRows(target, types), optional, isValues);
    if (faults.length > 0) throw mismatch(target.rows, faults, rows.ddl);
  };
  const before = await dialect.describeTable(connections, target.rows, signal);
  if (before !== undefined) check(before);
  const expected = before === undefined ? target : withFound(target, before);
  const beside = { table: target.tombstones, ddl: tombstonesDdl(builder, dialect, expected) };
  await ensure(engine, [rows, beside, { table: target.floors, ddl: floorsDdl(builder, dialect, target) }], createTables, signal);

  const found = await described(engine, target.rows, signal);
  check(found);
  const shape = withFound(target, found);
  const faults = misfits(await described(engine, target.tombstones, signal), shape.key, wantedOfTombstones(shape, types), [], false);
  if (faults.length > 0) throw mismatch(target.tombstones, faults, tombstonesDdl(builder, dialect, shape));
  return { shape, found };
}

export async function prepareFloors(engine: Engine, shape: TableShape, createTables: TargetTable['createTables'], signal: AbortSignal): Promise<void> {
  await ensure(engine, [{ table: shape.floors, ddl: floorsDdl(engine.builder, engine.dialect, shape) }], createTables, signal);
}

export async function prepareDeadLetters(engine: Engine, table: TableName, createTables: boolean, signal: AbortSignal): Promise<void> {
  await ensure(engine, [{ table, ddl: deadLettersDdl(engine.builder, engine.dialect, table) }], createTables, signal);
}
