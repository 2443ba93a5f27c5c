// A Kinesis of enhanced fan-out only, over HTTP/2 in clear text or HTTP/1.1 in chunks: it takes registrations, and hands each
// subscription to the test, which says what comes of it. For what no emulator does.
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { eventFrame, exceptionFrame, garbled, initialResponse, type ServedEvent } from './fan-out-server-frames.ts';

export type Transport = 'http/1.1' | 'http/2';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** One SubscribeToShard, in the hands of the test. */
export interface ServedSubscription {
  readonly input: Record<string, unknown>;
  /** Agrees, and sends the first frame. */
  accept(): ServedSubscription;
  refuse(type: string, status?: number): void;
  send(...events: readonly ServedEvent[]): ServedSubscription;
  /** The service's word for a failure in the midst. */
  exception(type: string): void;
  garble(event: ServedEvent): void;
  /** Part of a frame, and then the answer is over in good order. */
  cut(event: ServedEvent): void;
  raw(bytes: Uint8Array): void;
  end(): void;
  /** The connection is gone. */
  reset(): void;
  /** Resolves when the client gave it up, or when it is over. */
  readonly closed: Promise<void>;
  isClosed(): boolean;
}

/** Things that come one by one, for whoever waits for the next. */
function mailbox<T>() {
  const come: T[] = [];
  const waiting: ((thing: T) => void)[] = [];
  return {
    put(thing: T): void {
      const next = waiting.shift();
      if (next === undefined) come.push(thing);
      else next(thing);
    },
    next(): Promise<T> {
      const thing = come.shift();
      return thing === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(thing);
    },
    /** Come, and not asked for. */
    size: () => come.length,
  };
}

async function bodyOf(request: Request): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

function answer(response: Response, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  response.end(JSON.stringify(body));
}

function subscriptionOf(input: Record<string, unknown>, request: Request, response: Response): ServedSubscription {
  const closed = Promise.withResolvers<void>();
  let isClosed = false;
  response.once('close', () => {
    isClosed = true;
    closed.resolve();
  });
  const write = (bytes: Uint8Array): void => void (response as ServerResponse).write(bytes);
  const subscription: ServedSubscription = {
    input,
    accept() {
      response.statusCode = 200;
      response.setHeader('content-type', 'application/vnd.amazon.eventstream');
      write(initialResponse());
      return subscription;
    },
    refuse: (type, status = 400) => answer(response, status, { __type: type, message: `${type} it is` }),
    send(...events) {
      for (const event of events) write(eventFrame(event));
      return subscription;
    },
    exception(type) {
      write(exceptionFrame(type));
      response.end();
    },
    garble: (event) => write(garbled(eventFrame(event))),
    cut(event) {
      write(eventFrame(event).subarray(0, 40));
      response.end();
    },
    raw: write,
    end: () => void response.end(),
    reset: () => void ('stream' in request ? request.stream.session?.destroy() : request.socket.destroy()),
    closed: closed.promise,
    isClosed: () => isClosed,
  };
  return subscription;
}

export async function fanOutServer(transport: Transport) {
  const subscriptions = mailbox<ServedSubscription>();
  const sockets = new Set<Socket>();
  const consumers: string[] = [];

  async function serve(request: Request, response: Response): Promise<void> {
    const operation = String(request.headers['x-amz-target']).split('.')[1];
    const input = await bodyOf(request);
    const name = String(input.ConsumerName);
    const consumer = { ConsumerName: name, ConsumerARN: `${input.StreamARN}/consumer/${name}:1`, ConsumerStatus: 'ACTIVE', ConsumerCreationTimestamp: 1 };
    if (operation === 'SubscribeToShard') return subscriptions.put(subscriptionOf(input, request, response));
    if (operation === 'RegisterStreamConsumer') consumers.push(name);
    if (operation === 'RegisterStreamConsumer') return answer(response, 200, { Consumer: consumer });
    if (operation === 'DescribeStreamConsumer' && consumers.includes(name)) return answer(response, 200, { ConsumerDescription: consumer });
    return answer(response, 400, { __type: 'ResourceNotFoundException', message: 'nothing of that name' });
  }

  const handle = (request: Request, response: Response): void => void serve(request, response).catch(() => response.end());
  const server: Server = transport === 'http/2' ? createHttp2Server(handle) : createHttpServer(handle);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Names that were registered. */
    consumers,
    /** The next subscription that is asked for. */
    subscription: subscriptions.next,
    /** Subscriptions that the test did not take yet. */
    untaken: subscriptions.size,
    connections: () => sockets.size,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type FanOutServer = Awaited<ReturnType<typeof fanOutServer>>;
