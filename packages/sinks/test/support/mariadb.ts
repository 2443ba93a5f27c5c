// The MariaDB server of a test file: the one that SHARDFOLD_TEST_MARIADB_URL names, or one of its own.
import { startMariadb } from '../../../../test/servers/mariadb.ts';
import { type ServerForFile, serverForFile } from './mysql.ts';

export function mariadbForFile(): ServerForFile {
  return serverForFile('mariadb', startMariadb, process.env.SHARDFOLD_TEST_MARIADB_URL);
}
