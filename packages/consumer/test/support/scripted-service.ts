// An HTTP server that answers Kinesis requests from a script, one answer each, and writes down what was asked. For faults that no
// emulator can be asked for. It speaks JSON only: what comes in CBOR is refused, and counts as not asked.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedAnswer {
  readonly operation: string;
  readonly status?: number;
  readonly body: object;
}

export const fault = (operation: string, type: string): ScriptedAnswer => ({ operation, status: 400, body: { __type: type, message: `${type} it is` } });

export async function scriptedService(script: readonly ScriptedAnswer[]) {
  const asked: { readonly operation: string; readonly input: Record<string, unknown> }[] = [];
  const left = [...script];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    if (request.headers['content-type']?.includes('cbor')) {
      response.writeHead(415).end();
      return;
    }
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    asked.push({ operation, input: JSON.parse(text) });
    const next = left.shift();
    const answer = next?.operation === operation ? next : fault(operation, 'AccessDeniedException');
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
