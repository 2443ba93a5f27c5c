// Which target has a table that other targets' names mean too, where the server's names of tables ignore case: changes of one would
// overwrite those of the other. It asks no server, and knows no other process.
import { SinkError } from '../types.ts';
import type { SqlDialect } from './dialect.ts';
import { type TableName, tableIdentity } from './names.ts';

/** As many as a worker has writers; the one that was opened longest ago is forgotten first. */
const maxKept = 10_000;

export interface Spellings {
  /** Throws SINK_TABLE_MISMATCH where another target has the table. */
  check(target: string, rows: TableName): void;
  /** The target is open and has the table from now on. Throws the same. */
  claim(target: string, rows: TableName): void;
}

export function createSpellings({ product, names }: Pick<SqlDialect, 'product' | 'names'>): Spellings {
  const owners = new Map<string, string>();
  function check(target: string, rows: TableName): void {
    const owner = owners.get(tableIdentity(rows, names) ?? '') ?? target;
    if (owner === target) return;
    const [told, toldOwner] = [JSON.stringify(target), JSON.stringify(owner)];
    throw new SinkError(
      'SINK_TABLE_MISMATCH',
      `The target ${told} is the same table as ${toldOwner} to ${product}, which ignores case there, and ${toldOwner} has it; the changes of ${told} are not written. Set tables[].target to another table, or to ${toldOwner} where both are meant to be one.`,
      { retryable: false },
    );
  }
  return {
    check,
    claim(target, rows) {
      check(target, rows);
      const table = tableIdentity(rows, names);
      if (table === undefined) return;
      owners.delete(table);
      owners.set(table, target);
      const [oldest] = owners.keys();
      if (owners.size > maxKept && oldest !== undefined) owners.delete(oldest);
    },
  };
}
