// Probes, metrics, status and the page on one port. It answers from what the worker already knows: no request waits for AWS or
// a database. It knows nothing of how the answers come about.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { listenError } from './errors.ts';
import type { StatusView } from './page/browser/wire.ts';
import { createPage } from './page/page.ts';
import { carriesToken } from './token.ts';

export interface Probes {
  /** Names the loops that make no progress. */
  livez(): { readonly ok: boolean; readonly stalled: readonly string[] };
  readyz(): boolean;
  status(): StatusView;
  metrics(openMetrics: boolean): Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface HttpOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Protects all but the probes. */
  readonly token?: string;
  readonly probes: Probes;
}

export interface HttpServer {
  /** Throws `HttpError`. */
  listen(): Promise<{ readonly url: string }>;
  close(): Promise<void>;
}

const requestTimeoutMs = 10_000;
const bodyBytesMax = 1_024;
const anyAddress = new Set(['0.0.0.0', '::']);

function text(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${body}\n`);
}

function addProbes(server: FastifyInstance, probes: Probes): void {
  for (const path of ['/livez', '/healthz']) {
    server.get(path, (request, reply) => {
      const { ok, stalled } = probes.livez();
      const verbose = Object.hasOwn(request.query as object, 'verbose');
      if (verbose)
        return text(
          reply,
          ok ? 200 : 503,
          [...stalled.map((name) => `[-]${name} stalled`), ok ? '[+]every loop makes progress' : 'livez check failed'].join('\n'),
        );
      return text(reply, ok ? 200 : 503, ok ? 'ok' : `stalled: ${stalled.join(', ')}`);
    });
  }
  server.get('/readyz', (_request, reply) => {
    const ready = probes.readyz();
    return text(reply, ready ? 200 : 503, ready ? 'ok' : 'not ready');
  });
}

/** A browser that goes there by itself is asked for the token by its own means; the page asks in its own words. */
function challenge({ url, headers }: FastifyRequest): string {
  const isVisit = (headers.accept ?? '').includes('text/html') && url.split('?', 1)[0] !== '/';
  return isVisit ? 'Basic realm="shardfold", charset="UTF-8"' : 'Bearer realm="shardfold"';
}

function addGuarded(server: FastifyInstance, probes: Probes, token: string | undefined): void {
  const { html, policy } = createPage();
  const mayPass = (request: FastifyRequest) => token === undefined || carriesToken(request.headers.authorization, token);
  server.addHook('onRequest', async (request, reply) => {
    if (mayPass(request)) return;
    reply.code(401).header('www-authenticate', challenge(request));
    // The page holds nothing but the way to ask for the token.
    if (request.routeOptions.url === '/') await sendPage(reply);
    else await text(reply, 401, 'This needs the token of http.token, as a bearer token or as the password.');
  });
  server.get('/metrics', async (request, reply) => {
    const { contentType, body } = await probes.metrics((request.headers.accept ?? '').includes('application/openmetrics-text'));
    return reply.header('content-type', contentType).send(body);
  });
  server.get('/status', (_request, reply) => reply.send(probes.status()));
  server.get('/', (_request, reply) => sendPage(reply));

  function sendPage(reply: FastifyReply): FastifyReply {
    return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(html);
  }
}

function shownUrl(host: string, port: number): string {
  if (anyAddress.has(host)) return `http://localhost:${port}`;
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

export function createHttpServer(options: HttpOptions): HttpServer {
  const { host, port, token, probes } = options;
  const server = Fastify({ logger: false, forceCloseConnections: true, requestTimeout: requestTimeoutMs, bodyLimit: bodyBytesMax });
  server.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });
  server.setNotFoundHandler((_request, reply) => text(reply, 404, 'There is nothing here. Try /, /status, /metrics, /livez or /readyz.'));
  server.setErrorHandler((_error, _request, reply) => text(reply, 500, 'This could not be answered; the worker goes on.'));
  addProbes(server, probes);
  server.register(async (guarded) => addGuarded(guarded, probes, token));
  return {
    async listen() {
      try {
        await server.listen({ host, port });
      } catch (error) {
        throw listenError(error, host, port);
      }
      const address = server.server.address();
      return { url: shownUrl(host, typeof address === 'object' && address !== null ? address.port : port) };
    },
    async close() {
      await server.close();
    },
  };
}
