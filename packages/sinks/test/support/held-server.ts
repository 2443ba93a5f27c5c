// Stands between a sink and its CrateDB, and holds statements back while a test does something else. It knows no statement.
import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Hold {
  readonly matches: RegExp;
  readonly where: 'before' | 'after';
  readonly reached: () => void;
  readonly released: Promise<void>;
}

export interface HeldServer {
  readonly url: string;
  /** Holds the next statement that matches, before the server gets it or after it has answered. Awaited when it is reached. */
  hold(matches: RegExp, where: 'before' | 'after'): { readonly reached: Promise<void>; release(): void };
  stop(): Promise<void>;
}

export async function heldServer(target: string): Promise<HeldServer> {
  const { hostname, port, pathname } = new URL(target);
  let holds: Hold[] = [];

  async function pass(path: string, body: Buffer, response: ServerResponse): Promise<void> {
    const text = body.toString();
    const hold = holds.find(({ matches }) => matches.test(text));
    holds = holds.filter((other) => other !== hold);
    const pause = async (): Promise<void> => {
      hold?.reached();
      await hold?.released;
    };
    if (hold?.where === 'before') await pause();
    const onward = request({
      hostname,
      port,
      path,
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    });
    onward.end(body);
    const [answer] = await once(onward, 'response');
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part);
    if (hold?.where === 'after') await pause();
    response.writeHead(answer.statusCode).end(Buffer.concat(parts));
  }

  const server = createServer(async (incoming, response) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part);
    await pass(incoming.url ?? '/', Buffer.concat(parts), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    hold(matches, where) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.push({ matches, where, reached: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
