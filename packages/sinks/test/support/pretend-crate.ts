// A server that answers `_sql` as a test says. It knows no SQL.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly statement: string;
  readonly rows: readonly (readonly unknown[])[] | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Undefined: never answers. A text is sent as it is. */
export type Reply = { readonly status?: number; readonly body: unknown } | undefined;

export interface PretendCrate {
  readonly url: string;
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
}

export async function pretendCrate(answer: (asked: Asked) => Reply): Promise<PretendCrate> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part);
    } catch {
      return;
    }
    const { stmt, bulk_args: rows } = JSON.parse(Buffer.concat(parts).toString()) as { stmt: string; bulk_args?: unknown[][] };
    const one = { statement: stmt, rows, headers: request.headers };
    asked.push(one);
    const reply = answer(one);
    if (reply === undefined) return;
    response.writeHead(reply.status ?? 200).end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://user:pass%20word@127.0.0.1:${port}/shop`,
    asked,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
