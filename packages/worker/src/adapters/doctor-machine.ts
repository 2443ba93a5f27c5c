// Tries what a worker will need of this machine, and lets go of it at once: a port, a file. It judges nothing and writes nothing.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { FileFacts, PortFacts } from '../doctor/judge-machine.ts';

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}

export async function probePort({ host, port }: { readonly host: string; readonly port: number }): Promise<PortFacts> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once('error', (error) => resolve(codeOf(error)));
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  return { host, port, errorCode: await promise };
}

async function refusedCode(path: string, mode: number): Promise<string | undefined> {
  return access(path, mode).then(() => undefined, codeOf);
}

/** A file that is not there yet needs a folder that may be written. `keepsBeside`: so does one that makes others beside it, as SQLite's. */
export async function probeFile(about: string, path: string, keepsBeside = false): Promise<FileFacts & { readonly exists: boolean }> {
  const itself = await refusedCode(path, constants.R_OK | constants.W_OK);
  const exists = itself !== 'ENOENT';
  if (exists && (itself !== undefined || !keepsBeside)) return { about, path, errorCode: itself, exists };
  return { about, path, errorCode: await refusedCode(dirname(path), constants.W_OK | constants.X_OK), exists };
}
