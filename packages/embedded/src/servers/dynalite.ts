// DynamoDB for a lease table: dynalite in memory. No transactions, streams or item on a failed condition.
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { listenOnLoopback } from './listen.ts';
import type { Served } from './protocol.ts';

interface DynaliteOptions {
  readonly createTableMs: number;
  readonly deleteTableMs: number;
  readonly updateTableMs: number;
}

export async function serveDynalite(): Promise<Served> {
  const dynalite = createRequire(import.meta.url)('dynalite') as (options: DynaliteOptions) => Server;
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return { url: await listenOnLoopback(server), close: async () => server.closeAllConnections() };
}
