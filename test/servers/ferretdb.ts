// FerretDB for tests: a server that speaks MongoDB's protocol.
import { type ServerFromScript, startFromScript } from './server-from-script.ts';

export function startFerretDb(): Promise<ServerFromScript> {
  return startFromScript('ferretdb.sh');
}
