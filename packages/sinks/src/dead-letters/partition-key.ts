// The partition key in dead letters: its column, which tables of an older version lack, and what a place keeps of one that it cannot hold
// as it is: nothing. A replay takes the row's key from it, and another key is another row. It knows no place.
import { deadLettersName } from '../own-names.ts';

export const partitionKeyColumn = 'partition_key';

/** @param columns of the table that is there; undefined where none is */
export function lacksPartitionKey(columns: readonly { readonly name: string }[] | undefined): boolean {
  return columns?.every(({ name }) => name !== partitionKeyColumn) ?? false;
}

/** What a person should know of a table without it; `ddl` adds it. */
export function partitionKeyProblem(ddl: string): string {
  return `The table ${deadLettersName} has no column ${partitionKeyColumn}: dead letters are kept without it, and a change whose key is only there cannot be replayed. Run this:\n${ddl};`;
}

/** Half a surrogate pair has no UTF-8: it would come back as U+FFFD. */
export function unicodeOrNone(partitionKey: string | undefined): string | undefined {
  return partitionKey?.isWellFormed() === true ? partitionKey : undefined;
}

/** For texts that hold no NUL either. */
export function textOrNone(partitionKey: string | undefined): string | undefined {
  return partitionKey?.includes('\u0000') === true ? undefined : unicodeOrNone(partitionKey);
}
