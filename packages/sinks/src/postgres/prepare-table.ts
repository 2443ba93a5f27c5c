// Makes sure that a target's tables are there and fit: creates what is missing where that is allowed, else says what to run.
import { SinkError } from '../types.ts';
import type { Connections } from './connections.ts';
import { deadLettersDdl, floorsDdl, rowsDdl, schemaDdl, tombstonesDdl } from './ddl.ts';
import { lostCreateRace } from './errors.ts';
import { misfits } from './fit.ts';
import { describeTable, schemaExists, tableExists } from './introspect.ts';
import { quotedTable, type TableName } from './names.ts';
import type { TableShape } from './shape.ts';

/** Another worker that creates the same table wins at most once a table and schema. */
const maxCreateTries = 5;

interface Needed {
  readonly table: TableName;
  readonly ddl: string;
}

async function missingDdl(connections: Connections, needed: readonly Needed[], signal: AbortSignal): Promise<string[]> {
  const ddl: string[] = [];
  const schema = needed[0]?.table.schema;
  if (schema !== undefined && !(await schemaExists(connections, schema, signal))) ddl.push(schemaDdl(schema));
  for (const { table, ddl: create } of needed) if (!(await tableExists(connections, table, signal))) ddl.push(create);
  return ddl;
}

/** Throws SINK_TABLE_MISSING, with the DDL to run, where creating is not allowed. */
async function ensure(connections: Connections, needed: readonly Needed[], createTables: boolean, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const ddl = await missingDdl(connections, needed, signal);
    if (ddl.length === 0) return;
    if (!createTables) {
      throw new SinkError(
        'SINK_TABLE_MISSING',
        `Tables are missing and createTables is false; nothing is written to them. Run this, or set createTables: true:\n${ddl.join(';\n')};`,
        { retryable: false },
      );
    }
    try {
      for (const text of ddl) await connections.run({ text }, signal);
      return;
    } catch (error) {
      if (!lostCreateRace(error) || attempt === maxCreateTries) throw error;
    }
  }
}

/** Throws SINK_TABLE_MISSING or SINK_TABLE_MISMATCH, both with what a person can do. */
export async function prepareTable(connections: Connections, shape: TableShape, createTables: boolean, signal: AbortSignal): Promise<void> {
  const needed = [
    { table: shape.rows, ddl: rowsDdl(shape) },
    { table: shape.tombstones, ddl: tombstonesDdl(shape) },
    { table: shape.floors, ddl: floorsDdl(shape) },
  ];
  await ensure(connections, needed, createTables, signal);
  const parts = [
    { ...needed[0], table: shape.rows, extra: [['data', /^jsonb$/]] as const },
    { ...needed[1], table: shape.tombstones, extra: [['deleted_at', /^timestamp with time zone$/]] as const },
  ];
  for (const { table, ddl, extra } of parts) {
    const faults = misfits(await describeTable(connections, table, signal), shape.key, extra);
    if (faults.length > 0) {
      throw new SinkError(
        'SINK_TABLE_MISMATCH',
        `The table ${quotedTable(table)} cannot hold these changes: ${faults.join('; ')}. Nothing is written to it. Change it, choose another target, or let it be created as:\n${ddl};`,
        { retryable: false },
      );
    }
  }
}

export async function prepareDeadLetters(connections: Connections, table: TableName, createTables: boolean, signal: AbortSignal): Promise<void> {
  await ensure(connections, [{ table, ddl: deadLettersDdl(table) }], createTables, signal);
}
