// Puts a server of node:http on a free loopback port. It knows no server in particular.
import type { Server } from 'node:http';
import { EmbeddedError } from '../errors.ts';

/** Resolves with the address as a URL. */
export function listenOnLoopback(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(`http://127.0.0.1:${address.port}`);
      else reject(new EmbeddedError('the system named no port for a loopback listener; check that 127.0.0.1 is up.'));
    });
  });
}
