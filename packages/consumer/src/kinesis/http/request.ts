// A request of the SDK as the bytes that go over the wire, head and body in one. It refuses what the Kinesis client never asks for:
// streams, and anything but POST, whose answers may have no body although they announce one.
import type { Origin } from './connection.ts';

/** As the SDK gives it. */
export interface RequestParts {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** One byte a letter, and no line of its own. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const target = /^\/[\x21-\x7e]*$/;

/** Throws `TypeError` for what is neither http nor https. */
export function originOf({ protocol, hostname, port }: RequestParts): Origin {
  const defaultPort = defaultPorts[protocol];
  if (defaultPort === undefined) throw new TypeError(`The endpoint's protocol is ${protocol}. It must be http: or https:.`);
  // An IPv6 address stands in brackets in an address, and without them in a socket's.
  return { secure: protocol === 'https:', host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port ?? defaultPort };
}

function bodyOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError('The body of a request is neither text nor bytes. It is not sent.');
}

function queryOf(query: RequestParts['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((each) => [name, each ?? ''].map(encodeURIComponent).join('=')));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Throws `TypeError` for a request that cannot be sent as it is. */
export function requestBytes(request: RequestParts): Buffer {
  const { method, path, query, hostname, port, headers } = request;
  const url = `${path}${queryOf(query)}`;
  if (method !== 'POST' || !target.test(url)) throw new TypeError(`${method} ${url} is no request that this client sends.`);
  const body = bodyOf(request.body);
  const all = { host: port === undefined ? hostname : `${hostname}:${port}`, 'content-length': String(body.length) };
  const lines = new Map(Object.entries(all));
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name) || !headerValue.test(value)) throw new TypeError(`The header ${JSON.stringify(name)} of a request cannot be sent.`);
    lines.set(name.toLowerCase(), value);
  }
  const head = [`POST ${url} HTTP/1.1`, ...[...lines].map(([name, value]) => `${name}: ${value}`), '\r\n'].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
