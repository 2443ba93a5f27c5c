// Requests as bytes: what the SDK gives goes out as it is, and nothing that would be read as something else.
import { describe, expect, test } from 'vitest';
import { originOf, type RequestParts, requestBytes } from '../../../src/kinesis/http/request.ts';

const request: RequestParts = { protocol: 'https:', hostname: 'kinesis.example', method: 'POST', path: '/', headers: {} };
const sent = (parts: Partial<RequestParts>) => requestBytes({ ...request, ...parts }).toString('latin1');

test('head and body are one', () => {
  expect(sent({ headers: { Host: 'h', 'Content-Length': '2', Authorization: 'AWS4-HMAC-SHA256 x' }, body: '{}' })).toBe(
    'POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nauthorization: AWS4-HMAC-SHA256 x\r\n\r\n{}',
  );
});

test.each<[string, Partial<RequestParts>, string]>([
  ['a host that nobody named', {}, 'host: kinesis.example\r\n'],
  ['a host with its port', { port: 4567 }, 'host: kinesis.example:4567\r\n'],
  ['the length of a text in bytes', { body: 'é' }, 'content-length: 2\r\n'],
  ['the length of bytes', { body: new Uint8Array(3) }, 'content-length: 3\r\n'],
  ['no body', { body: undefined }, 'content-length: 0\r\n'],
  ['a query', { query: { a: 'b c', d: ['1', '2'], e: null } }, 'POST /?a=b%20c&d=1&d=2&e= HTTP/1.1\r\n'],
])('%s is said', (_name, parts, text) => {
  expect(sent(parts)).toContain(text);
});

test('a part of other bytes is sent, and no more', () => {
  expect(sent({ body: Buffer.from('a question').subarray(2, 5) })).toMatch(/content-length: 3\r\n\r\nque$/);
});

describe('it refuses', () => {
  test.each<[string, Partial<RequestParts>]>([
    ['a line in a header', { headers: { x: 'a\r\nb: c' } }],
    ['a line in a name', { headers: { 'a\r\nb': 'c' } }],
    ['letters of more than a byte', { headers: { x: '☃' } }],
    ['a line in a path', { path: '/ HTTP/1.1\r\nx: y' }],
    ['a path that is none', { path: '' }],
    ['another method', { method: 'HEAD' }],
    ['a stream', { body: new ReadableStream() }],
  ])('%s', (_name, parts) => {
    expect(() => sent(parts)).toThrow(TypeError);
  });
});

test.each<[Partial<RequestParts>, ReturnType<typeof originOf>]>([
  [{}, { secure: true, host: 'kinesis.example', port: 443 }],
  [{ protocol: 'http:' }, { secure: false, host: 'kinesis.example', port: 80 }],
  [
    { protocol: 'http:', hostname: '[::1]', port: 4567 },
    { secure: false, host: '::1', port: 4567 },
  ],
])('%j goes to %j', (parts, origin) => {
  expect(originOf({ ...request, ...parts })).toEqual(origin);
});

test('another protocol has nowhere to go', () => {
  expect(() => originOf({ ...request, protocol: 'ftp:' })).toThrow(TypeError);
});
