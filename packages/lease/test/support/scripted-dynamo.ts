// A server that answers DynamoDB requests with what a test tells it: for what no emulator does, such as throttling, refusing,
// falling silent. It knows no table.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Silent: the request is taken and never answered. Cut short: the answer begins and never ends. */
export type Answer = { readonly status: number; readonly body: object } | 'silent' | 'cut short';

export interface Asked {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** By all stages of the SDK's client. */
  readonly isClients: boolean;
}

export interface ScriptedDynamo {
  readonly url: string;
  /** Taken from the front; where none is left `respond` counts. */
  answers: Answer[];
  /** For a request that finds no answer left. */
  respond: (request: Asked) => Answer;
  /** What was asked so far. */
  readonly requests: Asked[];
  /** Resolves when the next request arrives. */
  nextRequest(): Promise<void>;
  stop(): Promise<void>;
}

export const success = (body: object): Answer => ({ status: 200, body });
export const failure = (status: number, name: string, more: object = {}): Answer => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more },
});

const type = { 'content-type': 'application/x-amz-json-1.0' };

export async function scriptedDynamo(): Promise<ScriptedDynamo> {
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    let text = '';
    for await (const part of request) text += String(part);
    const isClients = request.headers['amz-sdk-invocation-id'] !== undefined;
    const asked: Asked = { operation, body: JSON.parse(text) as Asked['body'], isClients };
    dynamo.requests.push(asked);
    const answer = dynamo.answers.shift() ?? dynamo.respond(asked);
    if (answer === 'silent') return;
    if (answer === 'cut short') response.writeHead(200, type).write('{"Attributes"');
    else response.writeHead(answer.status, type).end(JSON.stringify(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dynamo: ScriptedDynamo = {
    url: `http://127.0.0.1:${port}`,
    answers: [],
    respond: () => 'silent',
    requests: [],
    nextRequest: () => once(server, 'request').then(() => undefined),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return dynamo;
}
