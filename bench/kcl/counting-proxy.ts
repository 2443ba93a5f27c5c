// Stands before a DynamoDB endpoint and counts the requests by operation. It reads no body and changes nothing.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { pipeline } from 'node:stream';

export interface CountingProxy {
  readonly url: string;
  /** By operation, since the start. */
  counts(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const socketsMax = 256;
/** Longer than any client pauses: a connection closed under a client's request would look like a failure of the table. */
const keepAliveMs = 600_000;

export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: socketsMax });
  const { hostname, port } = new URL(target);
  const counts = new Map<string, number>();
  const server = createServer({ keepAliveTimeout: keepAliveMs }, (asked, answer) => {
    const operation = String(asked.headers['x-amz-target'] ?? 'unknown').replace(/^.*\./, '');
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const forwarded = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers, agent }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      pipeline(answered, answer, () => undefined);
    });
    // A worker that is killed leaves requests behind; a server that fails is seen by the worker.
    pipeline(asked, forwarded, (error) => {
      if (error) answer.destroy();
    });
    forwarded.on('error', () => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('The system named no port for the counting proxy. Nothing was measured; try again.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts: () => new Map(counts),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}
