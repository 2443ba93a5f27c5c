// One HTTP client to one CrateDB: sends statements, hands back what was answered. It knows no table and sorts no error.
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Timers } from '../ports.ts';
import { SinkError } from '../types.ts';
import { CrateFailure } from './errors.ts';

export interface HttpOptions {
  readonly url: string;
  readonly application: string;
  readonly poolMax: number;
  readonly timers: Timers;
}

/** An answer of `_sql`: `results` for bulk arguments, `rows` for questions. */
export interface Answer {
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number;
  readonly results: readonly RowResult[];
}

/** `failed`: not stored; the server tells the reason of some only. */
export type RowResult = { readonly kind: 'done'; readonly changed: boolean } | { readonly kind: 'failed'; readonly failure: CrateFailure | undefined };

export interface CrateHttp {
  /** Where a target is made that names no schema. */
  readonly schema: string;
  /** Posts a body made by `statementBody`. Rejects with `CrateFailure`, `SinkError` or what the network threw. */
  post(body: string, timeoutMs: number, signal: AbortSignal): Promise<Answer>;
  status(): { readonly open: number; readonly idle: number; readonly waiting: number; readonly max: number };
  close(): void;
}

/** `args` are JSON texts. */
export function statementBody(statement: string, args: readonly string[] = []): string {
  return `{"stmt":${JSON.stringify(statement)},"args":[${args.join(',')}]}`;
}

/** `rows` are JSON texts, each an array of arguments. */
export function bulkBody(statement: string, rows: readonly string[]): string {
  return `{"stmt":${JSON.stringify(statement)},"bulk_args":[${rows.join(',')}]}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failureOf(status: number, error: unknown): CrateFailure {
  if (!isObject(error)) return new CrateFailure(status, undefined, typeof error === 'string' ? error : '');
  return new CrateFailure(status, typeof error.code === 'number' ? error.code : undefined, String(error.message ?? ''));
}

function rowResult(result: unknown): RowResult {
  const { rowcount, error } = isObject(result) ? result : {};
  if (typeof rowcount === 'number' && rowcount >= 0) return { kind: 'done', changed: rowcount > 0 };
  return { kind: 'failed', failure: isObject(error) ? failureOf(200, error) : undefined };
}

function answerOf(status: number, text: string): Answer {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new CrateFailure(status, undefined, status === 413 ? '' : `The answer is not CrateDB's: ${text.slice(0, 200)}`);
  }
  if (!isObject(parsed) || status !== 200) throw failureOf(status, isObject(parsed) ? parsed.error : undefined);
  const { rows, rowcount, results } = parsed;
  return {
    rows: Array.isArray(rows) ? rows : [],
    rowCount: typeof rowcount === 'number' ? rowcount : 0,
    results: Array.isArray(results) ? results.map(rowResult) : [],
  };
}

function stopped(): SinkError {
  return new SinkError('SINK_CLOSED', 'CrateDB: the write was broken off because the program stops.', { retryable: false });
}

interface Place {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  readonly auth: string | undefined;
  readonly schema: string;
}

/** Undefined for a url that is none; throws `URIError` for a `%` in it that stands for nothing. */
function placeIn(url: string): Place | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') return undefined;
  const { protocol, hostname, port, username, password, pathname } = parsed;
  return {
    secure: protocol === 'https:',
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 4200 : Number(port),
    auth: username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
    schema: pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : 'doc',
  };
}

/** Throws SINK_DENIED without a word of the url, which may hold a password. */
export function placeOf(url: string): Place {
  try {
    const place = placeIn(url);
    if (place !== undefined) return place;
  } catch {
    // A `%` that stands for nothing makes the url as unreadable as any other fault of it.
  }
  throw new SinkError(
    'SINK_DENIED',
    'CrateDB: the url cannot be read. Nothing was written. Write it as https://user:password@host:4200/schema, a % in its parts as %25.',
    {
      retryable: false,
    },
  );
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Connects with the first statement. Throws SINK_DENIED for a url that is none. */
export function createHttp({ url, application, poolMax, timers }: HttpOptions): CrateHttp {
  const { secure, hostname, port, auth, schema } = placeOf(url);
  const agent = new (secure ? TlsAgent : PlainAgent)({ keepAlive: true, maxSockets: poolMax, maxFreeSockets: poolMax });
  const options = {
    agent,
    hostname,
    port,
    path: '/_sql',
    method: 'POST',
    ...(auth === undefined ? {} : { auth }),
  };
  const count = (lists: NodeJS.ReadOnlyDict<readonly unknown[]>): number => Object.values(lists).reduce((sum, list) => sum + (list?.length ?? 0), 0);

  /** What broke one connection may have broken those that wait: each would cost a write of its own. */
  function dropIdle(): void {
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  async function exchange(body: string, signal: AbortSignal): Promise<readonly [status: number, text: string]> {
    const bytes = Buffer.from(body, 'utf8');
    const headers = { 'content-type': 'application/json', 'content-length': bytes.length, 'user-agent': `shardfold ${application}` };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sending = (secure ? tlsRequest : plainRequest)({ ...options, headers, signal }, resolve);
    sending.on('error', reject);
    sending.end(bytes);
    try {
      const response = await promise;
      return [response.statusCode ?? 0, await textOf(response)];
    } catch (error) {
      dropIdle();
      throw error;
    }
  }

  return {
    schema,
    async post(body, timeoutMs, signal) {
      if (signal.aborted) throw stopped();
      const tooLate = new AbortController();
      const cancel = timers.after(timeoutMs, () => tooLate.abort());
      try {
        return answerOf(...(await exchange(body, AbortSignal.any([signal, tooLate.signal]))));
      } catch (error) {
        if (signal.aborted) throw stopped();
        if (!tooLate.signal.aborted) throw error;
        throw new SinkError('SINK_UNREACHABLE', `CrateDB did not answer within ${timeoutMs} ms. It is retried. Check the server and the network.`, {
          retryable: true,
          cause: error,
        });
      } finally {
        cancel();
      }
    },
    status() {
      const idle = count(agent.freeSockets);
      return { open: idle + count(agent.sockets), idle, waiting: count(agent.requests), max: poolMax };
    },
    close: () => agent.destroy(),
  };
}
