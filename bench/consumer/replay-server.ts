// A Kinesis that answers as fast as it can, so that its client is what is measured: on a free port of 127.0.0.1, JSON and CBOR
// as the request has it, HTTP/1.1, or cleartext HTTP/2 with `--http2`. `--shards N`. Prints `ready URL`.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { parseArgs } from 'node:util';
import { createService } from './replay/service.ts';

const { values } = parseArgs({ options: { shards: { type: 'string', default: '1' }, http2: { type: 'boolean', default: false } } });
const service = createService(Number(values.shards));
/** Longer than any client pauses. */
const keepAliveTimeout = 600_000;

async function respond(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const type = String(request.headers['content-type']);
  const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
  const { status, parts, sent } = service.answer(operation, Buffer.concat(chunks), type.includes('cbor') ? 'cbor' : 'json');
  response.once('close', sent);
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader(
    'content-length',
    parts.reduce((length, part) => length + part.length, 0),
  );
  response.setHeader('x-amzn-requestid', 'replay');
  for (const part of parts) write(response, part);
  response.end();
}

/** The two kinds of response have overloads that do not go together. */
function write(response: ServerResponse | Http2ServerResponse, part: Buffer): void {
  if (part.length > 0) (response as ServerResponse).write(part);
}

/** A client that went away is no failure of the server. */
function onRequest(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
  respond(request, response).catch(() => response.destroy());
}

const server = values.http2 ? createHttp2Server(onRequest) : createServer({ keepAliveTimeout }, onRequest);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
process.stdout.write(`ready http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}\n`);
