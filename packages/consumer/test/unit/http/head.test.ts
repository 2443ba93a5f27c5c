// Heads of answers: what is read of one, what is no head, and where the body behind it ends.
import { describe, expect, test } from 'vitest';
import { framingOf, HttpError, parseHead } from '../../../src/kinesis/http/head.ts';

const headOf = (...lines: readonly string[]) => parseHead(['HTTP/1.1 200 OK', ...lines].join('\r\n'));

test('names are in small letters, values without the space around them, and joined where they come twice', () => {
  expect(headOf('Content-Type:application/json', 'X-Amz-Id: \t a b \t', 'Via: one', 'VIA: two', 'Empty:', 'x: é').headers).toEqual({
    'content-type': 'application/json',
    'x-amz-id': 'a b',
    via: 'one, two',
    empty: '',
    x: 'é',
  });
});

test.each<[string, ReturnType<typeof parseHead>]>([
  ['HTTP/1.1 200 OK', { statusCode: 200, reason: 'OK', headers: {}, keepsAlive: true }],
  ['HTTP/1.1 404 Not Found', { statusCode: 404, reason: 'Not Found', headers: {}, keepsAlive: true }],
  ['HTTP/1.1 503', { statusCode: 503, reason: '', headers: {}, keepsAlive: true }],
  ['HTTP/1.1 200 ', { statusCode: 200, reason: '', headers: {}, keepsAlive: true }],
  ['HTTP/1.0 200 OK', { statusCode: 200, reason: 'OK', headers: {}, keepsAlive: false }],
  ['HTTP/1.1 200 OK\r\nConnection: Close', { statusCode: 200, reason: 'OK', headers: { connection: 'Close' }, keepsAlive: false }],
  ['HTTP/1.1 200 OK\r\nconnection: x, close', { statusCode: 200, reason: 'OK', headers: { connection: 'x, close' }, keepsAlive: false }],
  ['HTTP/1.1 200 OK\r\nconnection: closed', { statusCode: 200, reason: 'OK', headers: { connection: 'closed' }, keepsAlive: true }],
  ['HTTP/1.1 200 OK\r\n__proto__: x', { statusCode: 200, reason: 'OK', headers: Object.fromEntries([['__proto__', 'x']]), keepsAlive: true }],
])('%j', (text, head) => {
  expect(parseHead(text)).toEqual(head);
});

test.each([
  '',
  'HTTP/2 200 OK',
  'HTTP/1.2 200 OK',
  'http/1.1 200 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 200 OK\n',
  'SSH-2.0-OpenSSH_9.6',
  'HTTP/1.1 200 OK\r\nno colon',
  'HTTP/1.1 200 OK\r\n: no name',
  'HTTP/1.1 200 OK\r\nspace : before the colon',
  'HTTP/1.1 200 OK\r\n folded: line',
  'HTTP/1.1 200 OK\r\nbare: line\nfeed: in it',
  'HTTP/1.1 200 OK\r\nbare: return\rin it',
  'HTTP/1.1 200 OK\r\nzero: \0',
  'HTTP/1.1 200 OK\r\n',
])('%j is no head', (text) => {
  expect(() => parseHead(text)).toThrow(HttpError);
});

describe('a body ends', () => {
  test.each<[string, string, ReturnType<typeof framingOf>]>([
    ['at its length', 'content-length: 12', { kind: 'length', bytes: 12 }],
    ['at its length that is said twice', 'content-length: 12\r\nContent-Length: 12', { kind: 'length', bytes: 12 }],
    ['with the last chunk', 'Transfer-Encoding: Chunked', { kind: 'chunked' }],
    ['with the connection', 'x: y', { kind: 'close' }],
  ])('%s', (_name, line, framing) => {
    expect(framingOf(headOf(line))).toEqual(framing);
  });

  test.each([204, 304])('before it begins, of a %i', (status) => {
    expect(framingOf(parseHead(`HTTP/1.1 ${status} None\r\ncontent-length: 5`))).toEqual({ kind: 'length', bytes: 0 });
  });

  test.each([
    'content-length: 12\r\ncontent-length: 13',
    'content-length: 12, 12',
    'content-length: -1',
    'content-length: +1',
    'content-length: 0x10',
    'content-length: 1e3',
    'content-length:',
    'content-length: 9999999999999999',
    'transfer-encoding: gzip, chunked',
    'transfer-encoding: identity',
    'transfer-encoding: chunked\r\ntransfer-encoding: chunked',
    'transfer-encoding: chunked\r\ncontent-length: 12',
  ])('nobody knows where: %j', (lines) => {
    expect(() => framingOf(headOf(...lines.split('\r\n')))).toThrow(HttpError);
  });
});
