// Makes sure that a target's table and view are there and fit: creates what is missing where that is allowed, else says what to
// run.
import { floorsName } from '../own-names.ts';
import { type MissingTables, SinkError } from '../types.ts';
import { describeRelation, type FoundTable, readView } from './catalog.ts';
import type { Connection } from './connection.ts';
import { createFloors, createRows, createView, viewColumns } from './ddl.ts';
import { lostRace } from './errors.ts';
import { attributeColumns, misfits, problemsOf, withFound } from './fit.ts';
import type { CrateShape } from './shape.ts';

/** Writers that add columns at once replace each other's views; the last one sees all of them. */
const maxViewTries = 20;

export interface PreparedTable {
  readonly shape: CrateShape;
  readonly found: FoundTable;
}

function mismatch(relation: string, problem: string, remedy: string): SinkError {
  return new SinkError('SINK_TABLE_MISMATCH', `The table ${relation} cannot hold these changes: ${problem}. Nothing is written to it. ${remedy}`, {
    retryable: false,
  });
}

/** Runs what makes missing relations, or says it: throws SINK_TABLE_MISSING with the DDL. */
export async function create(
  connection: Connection,
  relations: readonly { readonly name: string; readonly ddl: string }[],
  createTables: boolean,
  signal: AbortSignal,
  problems: MissingTables['problems'] = [],
): Promise<void> {
  const ddl = relations.map((relation) => relation.ddl);
  if (ddl.length === 0) return;
  if (!createTables) {
    throw new SinkError(
      'SINK_TABLE_MISSING',
      `Tables or views are missing and createTables is false; nothing is written to them. Run this, or set createTables: true:\n${ddl.join(';\n')};`,
      { retryable: false, missing: { names: relations.map(({ name }) => name), problems } },
    );
  }
  for (const statement of ddl) {
    try {
      await connection.ask(statement, signal, [], 'long');
    } catch (error) {
      if (!lostRace(error)) throw error;
    }
  }
}

function attributesOf(found: FoundTable, shape: CrateShape): string[] {
  return shape.layout === 'columns' ? attributeColumns(found, shape).map(({ name }) => name) : [];
}

function rowsOf({ schema, rowsName }: CrateShape) {
  return { schema, name: rowsName };
}

async function described(connection: Connection, shape: CrateShape, signal: AbortSignal): Promise<FoundTable> {
  const found = await describeRelation(connection, rowsOf(shape), signal);
  if (found !== undefined) return found;
  throw new SinkError('SINK_TABLE_MISSING', `The table ${shape.rows} is gone. Writing to it waits until it is opened again: create it again.`, {
    retryable: false,
  });
}

/** The columns as they are, and the view as it must be for them. */
export async function readTable(connection: Connection, shape: CrateShape, signal: AbortSignal): Promise<PreparedTable> {
  const found = await described(connection, shape, signal);
  return { shape: withFound(shape, found), found };
}

/** A view keeps the columns of the moment in which it was made: it is made anew until it has all that the table has. */
export async function renewView(connection: Connection, shape: CrateShape, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < maxViewTries; attempt += 1) {
    const { found } = await readTable(connection, shape, signal);
    const attributes = attributesOf(found, shape);
    const shown = await readView(connection, { schema: shape.schema, name: shape.viewName }, signal);
    if (shown !== undefined && viewColumns(shape, attributes).every((name) => shown.includes(name))) return;
    await connection.ask(createView(shape, attributes), signal, [], 'long');
  }
}

async function checkView(connection: Connection, shape: CrateShape, signal: AbortSignal): Promise<boolean> {
  const view = await describeRelation(connection, { schema: shape.schema, name: shape.viewName }, signal);
  if (view?.isTable === true) {
    throw mismatch(
      shape.view,
      'the name is that of a table, and the target is a view',
      `Choose another target, or rename the table to ${shape.rows} if it is made like one that the sink makes.`,
    );
  }
  return view !== undefined;
}

/** Throws SINK_TABLE_MISSING or SINK_TABLE_MISMATCH, both with what a person can do. */
export async function prepareTable(connection: Connection, target: CrateShape, createTables: boolean, signal: AbortSignal): Promise<PreparedTable> {
  const hasView = await checkView(connection, target, signal);
  const before = await describeRelation(connection, rowsOf(target), signal);
  const floors = await describeRelation(connection, { schema: target.schema, name: floorsName }, signal);
  const expected = before === undefined ? target : withFound(target, before);
  const missing = [
    ...(before === undefined ? [{ name: target.rows, ddl: createRows(target) }] : []),
    ...(floors === undefined ? [{ name: target.floors, ddl: createFloors(target) }] : []),
    ...(hasView ? [] : [{ name: target.view, ddl: createView(expected, before === undefined ? [] : attributesOf(before, expected)) }]),
  ];
  const check = (found: FoundTable): void => {
    const faults = misfits(found, target);
    if (faults.length > 0) throw mismatch(target.rows, faults.join('; '), `Change it, choose another target, or let it be created as:\n${createRows(target)};`);
  };
  if (before !== undefined) check(before);
  await create(connection, missing, createTables, signal, before === undefined ? [] : problemsOf(before, expected));
  const prepared = await readTable(connection, target, signal);
  check(prepared.found);
  if (createTables) await renewView(connection, prepared.shape, signal);
  return prepared;
}

export async function prepareFloors(
  connection: Connection,
  shape: Pick<CrateShape, 'schema' | 'floors'>,
  createTables: boolean,
  signal: AbortSignal,
): Promise<void> {
  const found = await describeRelation(connection, { schema: shape.schema, name: floorsName }, signal);
  if (found === undefined) await create(connection, [{ name: shape.floors, ddl: createFloors(shape) }], createTables, signal);
}
