// MariaDB for tests.
import { type ServerFromScript, startFromScript } from './server-from-script.ts';

/** By default names of tables tell upper case from lower, as everywhere on Linux. */
export function startMariadb(tableCase: 'told apart' | 'ignored' = 'told apart'): Promise<ServerFromScript> {
  return startFromScript('mariadb.sh', { LOWER_CASE_TABLE_NAMES: tableCase === 'ignored' ? '1' : '0' });
}
