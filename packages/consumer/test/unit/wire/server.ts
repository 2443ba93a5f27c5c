// An HTTP server that answers with bytes from a script, one answer a request, and writes down what was asked; and a client for it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { createRequestHandler } from '../../../src/kinesis/http/handler.ts';
import { encode } from './encoder.ts';

export const cborType = 'application/x-amz-cbor-1.1';
export const jsonType = 'application/x-amz-json-1.1';

/** Writes one answer. */
export type Respond = (response: ServerResponse, request: IncomingMessage) => void;

const common = { 'x-amzn-requestid': 'request-1', 'x-amz-id-2': 'id-2' };

/** A whole answer. */
export function answer(status: number, contentType: string, body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}): Respond {
  const bytes = Buffer.from(body);
  return (response) =>
    void response.writeHead(status, { ...common, 'content-type': contentType, 'content-length': String(bytes.length), ...headers }).end(bytes);
}

export const inCbor = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Respond =>
  answer(status, cborType, encode(value), headers);

export const inJson = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Respond =>
  answer(status, jsonType, JSON.stringify(value), headers);

export interface Asked {
  readonly contentType: string | undefined;
  readonly target: string | undefined;
  readonly isSigned: boolean;
  /** By all stages of the SDK's client. */
  readonly isClients: boolean;
  /** `X-Amz-Date`: `20261121T120000Z`. */
  readonly signedAt: string | undefined;
  readonly body: Buffer;
}

export async function scriptedServer(script: readonly Respond[]) {
  const asked: Asked[] = [];
  const left = [...script];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { 'content-type': contentType, 'x-amz-target': target, 'x-amz-date': signedAt, authorization = '' } = request.headers;
    const isSigned = /SignedHeaders=[^,]*content-type/.test(authorization);
    const isClients = request.headers['amz-sdk-invocation-id'] !== undefined;
    asked.push({ contentType, target: target?.toString(), isSigned, isClients, signedAt: signedAt?.toString(), body: Buffer.concat(chunks) });
    const respond = left.shift() ?? inJson({ __type: 'AccessDeniedException', message: 'the script is over' }, 403);
    respond(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new KinesisClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: createRequestHandler({ connectMs: 10_000, quietMs: 1_000 }),
  });
  return {
    client,
    asked,
    /** Encodings of the requests that came, in order. */
    wires: () => asked.map(({ contentType }) => (contentType === cborType ? 'cbor' : contentType === jsonType ? 'json' : contentType)),
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type ScriptedServer = Awaited<ReturnType<typeof scriptedServer>>;
