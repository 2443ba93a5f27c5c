// Makes sure that the table of dead letters is there, and gives one of an older version the column that it lacks. Where that cannot
// be, letters are kept without it: nothing is worth less than a letter that is kept nowhere. It knows no letter.
import { lacksPartitionKey as lacks, partitionKeyProblem } from '../dead-letters/partition-key.ts';
import { deadLettersName } from '../own-names.ts';
import { SinkError } from '../types.ts';
import { describeRelation } from './catalog.ts';
import type { Connection } from './connection.ts';
import { addPartitionKey, createLetters } from './ddl.ts';
import { lostRace } from './errors.ts';
import { quotedTable } from './names.ts';
import { create } from './prepare.ts';

export function lettersTable({ schema }: Pick<Connection, 'schema'>): string {
  return quotedTable({ schema: undefined, table: deadLettersName }, schema);
}

function describeLetters(connection: Connection, signal: AbortSignal) {
  return describeRelation(connection, { schema: connection.schema, name: deadLettersName }, signal);
}

/** False where there is no table. Throws `SinkError`. */
export async function lacksPartitionKey(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const found = await describeLetters(connection, signal);
  return lacks(found?.columns);
}

/** Another worker may add it at the same time, and the user may be one who may only write. */
async function addMissing(connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    await connection.ask(addPartitionKey(lettersTable(connection)), signal, [], 'long');
  } catch (error) {
    if (!lostRace(error) && (!(error instanceof SinkError) || error.retryable)) throw error;
  }
}

/** Throws SINK_TABLE_MISSING, with the DDL to run, where the table is missing and may not be made. */
export async function prepareDeadLetters(connection: Connection, createTables: boolean, signal: AbortSignal): Promise<void> {
  if ((await describeLetters(connection, signal)) === undefined) {
    await create(connection, [{ name: lettersTable(connection), ddl: createLetters(lettersTable(connection)) }], createTables, signal);
  } else if (createTables && (await lacksPartitionKey(connection, signal))) await addMissing(connection, signal);
}

/** What a person should know of the table: sentences. */
export async function lettersProblems(connection: Connection, signal: AbortSignal): Promise<string[]> {
  if (!(await lacksPartitionKey(connection, signal))) return [];
  return [partitionKeyProblem(addPartitionKey(lettersTable(connection)))];
}
