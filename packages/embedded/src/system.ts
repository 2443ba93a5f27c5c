// The one place of this package, beside the child's own entry, that asks the machine for time, chance, ports and the
// environment. It holds no policy.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { EmbeddedError } from './errors.ts';

export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

export const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

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

/** A child's environment: ours, without what was meant for this Node process. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _ours, ...rest } = process.env;
  return rest;
}

/** For a program that reads its options from the environment and runs in this process. */
export function setEnvironment(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
}
