// MariaDB for tests.
import { type ServerFromScript, startFromScript } from './server-from-script.ts';

export function startMariadb(): Promise<ServerFromScript> {
  return startFromScript('mariadb.sh');
}
