// Makes sure that the table of dead letters is there, and gives one of an older version the column that it lacks. Where that cannot
// be, letters are kept without it: nothing is worth less than a letter that is kept nowhere. It knows no letter.
import { lacksPartitionKey as lacks, partitionKeyColumn, partitionKeyProblem } from '../dead-letters/partition-key.ts';
import { deadLettersName } from '../own-names.ts';
import { SinkError } from '../types.ts';
import { deadLettersDdl } from './ddl.ts';
import { type Engine, guarded, sendAlter } from './engine.ts';
import type { TableName } from './names.ts';
import { ensure } from './prepare.ts';

export const deadLettersTable: TableName = { schema: undefined, table: deadLettersName };

/** Throws `SinkError`. */
export async function lacksPartitionKey(engine: Engine, signal: AbortSignal): Promise<boolean> {
  const found = await guarded(engine, () => engine.dialect.describeTable(engine.connections, deadLettersTable, signal));
  return lacks(found?.columns);
}

function additionOf({ dialect }: Engine) {
  return dialect.statements.alter(deadLettersTable, [{ kind: 'add', name: partitionKeyColumn, type: dialect.types.text }]);
}

/** Another worker may add it at the same time, and the user may be one who may only write. */
async function addPartitionKey(engine: Engine, signal: AbortSignal): Promise<void> {
  try {
    await sendAlter(engine, additionOf(engine), signal);
  } catch (error) {
    if (!(error instanceof SinkError) || error.retryable) throw error;
  }
}

/** Throws SINK_TABLE_MISSING, with the DDL to run, where the table is missing and may not be made. */
export async function prepareDeadLetters(engine: Engine, createTables: boolean, signal: AbortSignal): Promise<void> {
  await ensure(engine, [{ table: deadLettersTable, ddl: deadLettersDdl(engine.builder, engine.dialect, deadLettersTable) }], createTables, signal);
  if (createTables && (await lacksPartitionKey(engine, signal))) await addPartitionKey(engine, signal);
}

/** What a person should know of the table: sentences. */
export async function lettersProblems(engine: Engine, signal: AbortSignal): Promise<string[]> {
  if (!(await lacksPartitionKey(engine, signal))) return [];
  return [
    partitionKeyProblem(
      additionOf(engine)
        .map(({ text }) => text)
        .join(';\n'),
    ),
  ];
}
