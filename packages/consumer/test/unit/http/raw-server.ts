// A TCP server whose connections a test answers by hand, byte by byte, and a handler for it. They know no HTTP.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { HttpLimits } from '../../../src/kinesis/http/connection.ts';
import { createRequestHandler, type HandlerOptions, type RequestHandler } from '../../../src/kinesis/http/handler.ts';
import type { RequestParts } from '../../../src/kinesis/http/request.ts';

/** A connection, from the server's side. */
export interface Peer {
  readonly socket: Socket;
  /** Resolves with the next request, whose end is the end of `body`. */
  request(body?: string): Promise<string>;
  /** Hands on what came and every further request, each of which has 8 bytes of body. */
  requests(onRequest: (text: string) => void): void;
  /** Resolves when this side sees the connection gone. */
  readonly closed: Promise<unknown>;
}

export interface RawServer {
  readonly handler: RequestHandler;
  readonly port: number;
  /** Connections that ever came. */
  connections(): number;
  /** The next connection. */
  peer(): Promise<Peer>;
  ask(body?: string, options?: HandlerOptions): ReturnType<RequestHandler['handle']>;
  stop(): Promise<void>;
}

/** Long enough for never. */
export const patient: HttpLimits = { connectMs: 60_000, quietMs: 60_000 };

function peerOf(socket: Socket): Peer {
  let text = '';
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  return {
    socket,
    closed,
    requests(onRequest) {
      const look = () => {
        for (let end = text.indexOf('\r\n\r\n') + 12; end >= 12 && end <= text.length; end = text.indexOf('\r\n\r\n') + 12) {
          onRequest(text.slice(0, end));
          text = text.slice(end);
        }
      };
      socket.on('data', look);
      look();
    },
    async request(body = 'question') {
      while (!text.endsWith(`\r\n\r\n${body}`)) await once(socket, 'data');
      const request = text;
      text = '';
      return request;
    },
  };
}

export async function rawServer(
  limits: HttpLimits = patient,
  server: Server = createServer(),
  at = { protocol: 'http:', hostname: '127.0.0.1' },
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const arrived: Peer[] = [];
  const wanted: ((peer: Peer) => void)[] = [];
  const event = at.protocol === 'http:' ? 'connection' : 'secureConnection';
  let connections = 0;
  server.on(event, (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    const peer = peerOf(socket);
    const next = wanted.shift();
    if (next === undefined) arrived.push(peer);
    else next(peer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const handler = createRequestHandler(limits);
  const request: RequestParts = { ...at, port, method: 'POST', path: '/', headers: { 'Content-Type': 'text/plain' } };
  return {
    handler,
    port,
    connections: () => connections,
    peer: async () => arrived.shift() ?? new Promise((resolve) => wanted.push(resolve)),
    ask: (body = 'question', options = {}) => handler.handle({ ...request, body }, options),
    async stop() {
      handler.destroy();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function answer(body: string, ...lines: readonly string[]): string {
  return [`HTTP/1.1 200 OK`, `content-length: ${body.length}`, ...lines, '', body].join('\r\n');
}

/** Asks once, and leaves the connection idle. */
export async function warmed(given: RawServer) {
  const asked = given.ask();
  const peer = await given.peer();
  await peer.request();
  peer.socket.write(answer('warm'));
  await asked;
  return peer;
}

export async function thrownBy(run: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const error = await run.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  return error as Error & Record<string, unknown>;
}
