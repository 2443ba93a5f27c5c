// The head of an HTTP/1.1 answer: its lines, and how the body behind it is framed. It reads no body and knows no connection.

/** What came is no HTTP answer that this client understands. Its connection is of no use any more. */
export class HttpError extends Error {
  readonly code = 'HTTP_MALFORMED';
  constructor(message: string) {
    super(message);
    this.name = 'HttpError';
  }
}

export interface Head {
  readonly statusCode: number;
  readonly reason: string;
  /** Names in small letters; of names that come more than once the values are joined. */
  readonly headers: Record<string, string>;
  /** The server may answer another request on this connection. */
  readonly keepsAlive: boolean;
}

/** Where a body ends; `close`: with its connection. */
export type Framing = { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' } | { readonly kind: 'close' };

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/;
/** Digits that are safe as a number. */
const lengthValue = /^\d{1,15}$/;

function addHeader(headers: Map<string, string>, line: string): void {
  const [, name, value = ''] = headerLine.exec(line) ?? [];
  if (name === undefined || value.includes('\0')) throw new HttpError(`A line of the head of the answer is no header: ${JSON.stringify(line.slice(0, 100))}.`);
  const key = name.toLowerCase();
  const before = headers.get(key);
  // Twice the same length is one length (RFC 9110, 8.6).
  if (before === undefined || (key === 'content-length' && before === value)) headers.set(key, value);
  else headers.set(key, `${before}, ${value}`);
}

const tokensOf = (value: string | undefined): readonly string[] => (value ?? '').toLowerCase().split(/[ \t]*,[ \t]*/);

/**
 * Throws `HttpError`.
 * @param text the bytes before the empty line, one letter a byte
 */
export function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, status, reason = ''] = statusLine.exec(first) ?? [];
  if (status === undefined) throw new HttpError(`The answer does not begin as one of HTTP/1.1 does: ${JSON.stringify(first.slice(0, 100))}.`);
  const headers = new Map<string, string>();
  for (const line of lines) addHeader(headers, line);
  return {
    statusCode: Number(status),
    reason,
    headers: Object.fromEntries(headers),
    keepsAlive: minor === '1' && !tokensOf(headers.get('connection')).includes('close'),
  };
}

/** Throws `HttpError` where two ways to frame it contradict each other: who mixes them up reads one answer as another. */
export function framingOf({ statusCode, headers }: Head): Framing {
  if (statusCode === 204 || statusCode === 304) return { kind: 'length', bytes: 0 };
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked' || length !== undefined)
      throw new HttpError(`The answer's body is framed as ${encoding}${length === undefined ? '' : ' and by its length'}, which this client does not read.`);
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'close' };
  if (!lengthValue.test(length)) throw new HttpError(`The answer's length is no number: ${JSON.stringify(length.slice(0, 100))}.`);
  return { kind: 'length', bytes: Number(length) };
}
