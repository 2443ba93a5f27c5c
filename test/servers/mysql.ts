// MySQL for tests.
import { type ServerFromScript, startFromScript } from './server-from-script.ts';

export function startMysql(): Promise<ServerFromScript> {
  return startFromScript('mysql.sh');
}
