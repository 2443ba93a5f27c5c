// The one place of this package, beside the child's own entry, that asks the machine for time, chance and ports. It holds no policy.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { EmbeddedError } from './errors.ts';

export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

export const sleep = (delayMs: number): Promise<void> => after(delayMs);

/** Calls `run` after `delayMs`; the answer cancels. */
export function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

/** A port of the loopback that was free a moment ago: whoever takes it must be ready to find it gone. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new EmbeddedError('The system named no port for a loopback listener. Nothing was started; check that 127.0.0.1 is up.'));
      });
    });
  });
}
