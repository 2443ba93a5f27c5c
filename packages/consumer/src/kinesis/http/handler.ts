// The request handler of the Kinesis client for all that is polled: HTTP/1.1 over sockets of our own, because Node's client makes
// garbage of every piece that it reads, and these answers have ten megabytes. It signs nothing, follows nothing, and repeats a request only on a
// connection that was dead before it.
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { type AnswerMemory, freshMemory } from '../wire/answer-memory.ts';
import type { HttpLimits } from './connection.ts';
import { createPool, type Pool } from './pool.ts';
import { originOf, type RequestParts, requestBytes } from './request.ts';

type HttpResponse = Awaited<ReturnType<NodeHttpHandler['handle']>>['response'];

export interface HandlerOptions {
  readonly abortSignal?: unknown;
  /** Milliseconds without a byte of the answer, instead of what the handler was made with. */
  readonly requestTimeout?: number;
  /** Where the body of an answer is put that is no error. */
  readonly answerMemory?: AnswerMemory;
}

/** The body of a response is a `Buffer`: all that came. */
export interface RequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: RequestParts, options?: HandlerOptions): Promise<{ response: HttpResponse }>;
  destroy(): void;
  /** The SDK tells its handlers its logger and times of its own; this one has neither. */
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** A client speaks to one endpoint, or to one for each account whose streams it reads. */
const originsMax = 64;

/** Throws the SDK's names: AbortError, TimeoutError; other errors of sockets keep their codes. `BodyError` for a body that is cut. */
export function createRequestHandler(limits: HttpLimits): RequestHandler {
  const pools = new Map<string, Pool>();

  function poolFor(request: RequestParts): Pool {
    const origin = originOf(request);
    const key = JSON.stringify(origin);
    const pool = pools.get(key) ?? createPool(origin, limits);
    pools.delete(key);
    pools.set(key, pool);
    for (const [oldest, old] of pools) {
      if (pools.size <= originsMax) break;
      old.destroy();
      pools.delete(oldest);
    }
    return pool;
  }

  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, { abortSignal, requestTimeout, answerMemory } = {}) {
      const question = { bytes: requestBytes(request), memory: answerMemory ?? freshMemory, quietMs: requestTimeout ?? limits.quietMs };
      const { statusCode, reason, headers, body } = await poolFor(request).ask(question, abortSignal instanceof AbortSignal ? abortSignal : undefined);
      return { response: { statusCode, reason, headers, body } };
    },
    destroy() {
      for (const pool of pools.values()) pool.destroy();
      pools.clear();
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}
