// What MariaDB and MySQL say differently. It knows no table.

export interface Flavor {
  readonly product: 'MariaDB' | 'MySQL';
  /** Byte-wise, and a space at the end counts. */
  readonly collation: string;
  /** Between VALUES and ON DUPLICATE KEY UPDATE. */
  readonly alias: string;
  /** The value that came for a column, in ON DUPLICATE KEY UPDATE; the column is quoted. */
  incoming(column: string): string;
  /** Ends a SELECT that locks what it finds in these tables. */
  lock(aliases: readonly string[]): string;
  /**
   * Whether what a transaction wrote is in others' snapshots before the last of its locks is gone. In MariaDB the locks of rows that it
   * made go first (`trx_t::commit_in_memory`: the state, then the list of the active).
   */
  readonly snapshots: 'before locks go' | 'a moment later';
  /** MariaDB keeps JSON as the text it was; MySQL makes doubles of decimals. */
  readonly numbers: 'exact' | 'double-or-text';
}

const mariadb: Flavor = {
  product: 'MariaDB',
  collation: 'utf8mb4_nopad_bin',
  alias: '',
  incoming: (column) => `VALUES(${column})`,
  lock: () => ' FOR UPDATE',
  snapshots: 'a moment later',
  numbers: 'exact',
};

const mysql: Flavor = {
  product: 'MySQL',
  collation: 'utf8mb4_0900_bin',
  alias: ' AS n',
  incoming: (column) => `n.${column}`,
  lock: (aliases) => ` FOR UPDATE OF ${aliases.join(', ')}`,
  snapshots: 'before locks go',
  numbers: 'double-or-text',
};

/** The first with JSON_TABLE, and with the collation. */
const oldestMariadb = [10, 6];
const oldestMysql = [8, 0, 20];

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [index, part] of than.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

/** By what `VERSION()` says; undefined where the server is too old. */
export function flavorOf(serverVersion: string): Flavor | undefined {
  // Old MariaDB puts 5.5.5- in front, for replicas that would not take another number.
  const numbers = (serverVersion.replace(/^5\.5\.5-/, '').match(/\d+/g) ?? []).map(Number);
  const isMariadb = /mariadb/i.test(serverVersion);
  if (isOlder(numbers, isMariadb ? oldestMariadb : oldestMysql)) return undefined;
  return isMariadb ? mariadb : mysql;
}
