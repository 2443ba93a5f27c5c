// Kinesis for volume: kinesalite in memory. Fast, without fan-out, UpdateShardCount and ChildShards.
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { listenOnLoopback } from './listen.ts';
import type { Served } from './protocol.ts';

interface KinesaliteOptions {
  readonly createStreamMs: number;
  readonly deleteStreamMs: number;
  readonly updateStreamMs: number;
  readonly shardLimit: number;
}

const shardLimit = 10_000;

export async function serveKinesalite(): Promise<Served> {
  const kinesalite = createRequire(import.meta.url)('kinesalite') as (options: KinesaliteOptions) => Server;
  const server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0, shardLimit });
  return { url: await listenOnLoopback(server), close: async () => server.closeAllConnections() };
}
