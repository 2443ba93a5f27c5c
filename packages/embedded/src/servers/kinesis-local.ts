// Kinesis for semantics: kinesis-local (resharding, fan-out, ChildShards), which is a program and not a library. It listens on
// every interface and has no option for another, so its `listen` is led to free ports of the loopback.
import { createRequire } from 'node:module';
import { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { setEnvironment } from '../system.ts';
import type { Served } from './protocol.ts';

/** Told apart by the ports they ask for; neither is ever listened on. */
const plain = 1;
const tls = 2;

const environment = {
  KINESIS_MOCK_PLAIN_PORT: String(plain),
  KINESIS_MOCK_TLS_PORT: String(tls),
  SHARD_LIMIT: '10000',
  ON_DEMAND_STREAM_COUNT_LIMIT: '10000',
  LOG_LEVEL: 'ERROR',
  CREATE_STREAM_DURATION: '0ms',
  DELETE_STREAM_DURATION: '0ms',
  REGISTER_STREAM_CONSUMER_DURATION: '0ms',
  DEREGISTER_STREAM_CONSUMER_DURATION: '0ms',
  START_STREAM_ENCRYPTION_DURATION: '0ms',
  STOP_STREAM_ENCRYPTION_DURATION: '0ms',
  MERGE_SHARDS_DURATION: '0ms',
  SPLIT_SHARD_DURATION: '0ms',
  UPDATE_SHARD_COUNT_DURATION: '0ms',
  UPDATE_STREAM_MODE_DURATION: '0ms',
};

/** Ends with the process. */
export async function serveKinesisLocal(): Promise<Served> {
  const require = createRequire(import.meta.url);
  const program = require.resolve('kinesis-local');
  setEnvironment({ ...environment, KINESIS_MOCK_CERT_PATH: join(dirname(program), 'server.json') });
  const port = plainPort();
  require(program);
  return { url: `http://127.0.0.1:${await port}`, close: async () => {} };
}

/** The port that the plain server of this process will have got. Every server of this process is led to the loopback. */
function plainPort(): Promise<number> {
  return new Promise((resolve) => {
    const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server;
    Server.prototype.listen = function (this: Server, asked?: unknown, ...rest: unknown[]): Server {
      if (requestedPort(asked) === plain) {
        this.once('listening', () => {
          const address = this.address();
          if (address !== null && typeof address === 'object') resolve(address.port);
        });
      }
      const callback = rest.find((argument) => typeof argument === 'function');
      const options = { port: 0, host: '127.0.0.1' };
      return callback === undefined ? listen.call(this, options) : listen.call(this, options, callback);
    };
  });
}

function requestedPort(asked: unknown): number {
  return Number(typeof asked === 'object' && asked !== null && 'port' in asked ? asked.port : asked);
}
