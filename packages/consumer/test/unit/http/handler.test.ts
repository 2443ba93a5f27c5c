// The handler over real sockets: connections used again, broken, and too many.
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { socketsMax } from '../../../src/kinesis/http/pool.ts';
import { freshMemory } from '../../../src/kinesis/wire/answer-memory.ts';
import { answer, patient, type RawServer, rawServer, thrownBy, warmed } from './raw-server.ts';

let server: RawServer | undefined;
afterEach(() => server?.stop());

async function started(...given: Parameters<typeof rawServer>): Promise<RawServer> {
  server = await rawServer(...given);
  return server;
}

const bodyOf = async (asked: ReturnType<RawServer['ask']>): Promise<string> => String((await asked).response.body);

test('a request goes out as it is, and what comes is the SDK’s response', async () => {
  const { ask, peer } = await started();
  const asked = ask();
  const { request, socket } = await peer();
  expect(await request()).toMatch(/^POST \/ HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\ncontent-length: 8\r\ncontent-type: text\/plain\r\n\r\nquestion$/);
  socket.write(answer('hello', 'X-Id: 1'));
  const { response } = await asked;
  expect(response).toMatchObject({ statusCode: 200, reason: 'OK', headers: { 'content-length': '5', 'x-id': '1' } });
  expect(response.body).toBeInstanceOf(Uint8Array);
  expect(response.body.toString()).toBe('hello');
});

test('a body is read into the memory that is given, and an error is not', async () => {
  const { ask, peer } = await started();
  const taken: Buffer[] = [];
  const answerMemory = { ...freshMemory, take: (bytes: number) => taken[taken.push(freshMemory.take(bytes)) - 1] as Buffer };
  const body = 'x'.repeat(1_000_000);
  const asked = ask('question', { answerMemory });
  const { socket, request } = await peer();
  await request();
  socket.write(answer(body));
  const { response } = await asked;
  expect(response.body).toBe(taken[0]);
  expect(response.body.toString()).toBe(body);
  const refused = ask('question', { answerMemory });
  await request();
  socket.write('HTTP/1.1 400 Bad\r\ncontent-length: 2\r\n\r\nno');
  expect((await refused).response.statusCode).toBe(400);
  expect(taken).toHaveLength(1);
});

describe('a connection', () => {
  test('is used again, the last one first', async () => {
    const { ask, peer, connections } = await started();
    const both = [ask(), ask()];
    const peers = [await peer(), await peer()];
    for (const { socket, request } of peers) {
      await request();
      socket.write(answer('one'));
      await Promise.race(both);
    }
    await Promise.all(both);
    for (const body of ['two', 'three']) {
      const asked = ask();
      const [, last] = peers;
      await last?.request();
      last?.socket.write(answer(body));
      expect(await bodyOf(asked)).toBe(body);
    }
    expect(connections()).toBe(2);
  });

  test.each<[string, string]>([
    ['the server says so', answer('one', 'connection: close')],
    ['more came than an answer', `${answer('one')}HTTP/1.1`],
    ['the server is of another time', answer('one').replace('/1.1', '/1.0')],
  ])('is not when %s', async (_name, bytes) => {
    const { ask, peer, connections } = await started();
    for (const count of [1, 2]) {
      const asked = ask();
      const { socket, request, closed } = await peer();
      await request();
      socket.write(bytes);
      expect(await bodyOf(asked)).toBe('one');
      await closed;
      expect(connections()).toBe(count);
    }
  });

  test('is not when the server talks without being asked', async () => {
    const { ask, peer, connections } = await started();
    const asked = ask();
    const first = await peer();
    await first.request();
    first.socket.write(answer('one'));
    await asked;
    first.socket.write(answer('nobody asked'));
    await first.closed;
    const again = ask();
    const second = await peer();
    await second.request();
    second.socket.write(answer('two'));
    expect(await bodyOf(again)).toBe('two');
    expect(connections()).toBe(2);
  });

  test('that ends is an answer’s end, where it tells no other', async () => {
    const { ask, peer } = await started();
    const asked = ask();
    const { socket, request } = await peer();
    await request();
    socket.end('HTTP/1.1 200 OK\r\n\r\nhello');
    expect(await bodyOf(asked)).toBe('hello');
  });
});

describe('a request', () => {
  test('goes out once more when a connection that was used before breaks without a word', async () => {
    const raw = await started();
    const first = await warmed(raw);
    const asked = raw.ask();
    await first.request();
    first.socket.resetAndDestroy();
    const second = await raw.peer();
    await second.request();
    second.socket.write(answer('again'));
    expect(await bodyOf(asked)).toBe('again');
  });

  test('goes out no third time', async () => {
    const raw = await started();
    const first = await warmed(raw);
    const asked = thrownBy(raw.ask());
    await first.request();
    first.socket.destroy();
    const second = await raw.peer();
    await second.request();
    second.socket.destroy();
    expect(await asked).toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
    expect(raw.connections()).toBe(2);
  });

  test('is not repeated once a byte of its answer came', async () => {
    const raw = await started();
    const first = await warmed(raw);
    const asked = thrownBy(raw.ask());
    await first.request();
    first.socket.end('H');
    expect(await asked).toMatchObject({ name: 'HttpError' });
    expect(raw.connections()).toBe(1);
  });

  test('is not repeated because its answer is late', async () => {
    const raw = await started({ ...patient, quietMs: 50 });
    const first = await warmed(raw);
    expect(await thrownBy(raw.ask())).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
    await first.closed;
    expect(raw.connections()).toBe(1);
  });

  test('to nobody fails with what the socket says', async () => {
    const raw = await started();
    const { socket } = await warmed(raw);
    const gone = once(socket, 'close');
    socket.destroy();
    await gone;
    await raw.stop();
    expect(await thrownBy(raw.ask())).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('an answer that breaks', () => {
  test.each<[string, string, object]>([
    ['before it begins', '', { name: 'TimeoutError', code: 'ECONNRESET' }],
    ['within its head', 'HTTP/1.1 200 OK\r\ncont', { name: 'HttpError' }],
    ['within its body', answer('hello').slice(0, -2), { name: 'BodyError', fault: 'cut', message: 'broke off after 3 bytes' }],
    ['within its chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel', { name: 'BodyError', fault: 'cut' }],
    ['by being none', 'garbage\r\n\r\n', { name: 'HttpError' }],
  ])('%s', async (_name, bytes, expected) => {
    const { ask, peer } = await started();
    const asked = thrownBy(ask());
    const { socket, request, closed } = await peer();
    await request();
    socket.end(bytes);
    expect(await asked).toMatchObject(expected);
    await closed;
  });

  test('by a reset within its body tells both, and is not asked for again', async () => {
    const raw = await started();
    const { socket, request } = await warmed(raw);
    const answerMemory = {
      ...freshMemory,
      take(bytes: number) {
        socket.resetAndDestroy();
        return freshMemory.take(bytes);
      },
    };
    const asked = thrownBy(raw.ask('question', { answerMemory }));
    await request();
    socket.write(answer('hello').slice(0, -2));
    expect(await asked).toMatchObject({ name: 'BodyError', fault: 'cut', cause: { code: 'ECONNRESET' } });
    expect(raw.connections()).toBe(1);
  });
});

test('more requests than connections wait their turn, and all are answered', async () => {
  const raw = await started();
  const stop = new AbortController();
  const bodies = Array.from({ length: socketsMax + 50 }, (_, index) => String(index).padStart(8, '0'));
  const asked = bodies.map((body) => bodyOf(raw.ask(body)));
  const stopped = thrownBy(raw.ask('waits', { abortSignal: stop.signal }));
  // All connections that there may be are open and busy before any of them is answered.
  const peers = await Promise.all(Array.from({ length: socketsMax }, () => raw.peer()));
  stop.abort(new Error('stop'));
  expect(await stopped).toMatchObject({ name: 'AbortError' });
  for (const { socket, requests } of peers) requests((text) => socket.write(answer(text.slice(-8))));
  expect(await Promise.all(asked)).toEqual(bodies);
  expect(raw.connections()).toBe(socketsMax);
});

describe('closing', () => {
  test('ends all that is under way and all that waits', async () => {
    const raw = await started();
    const idle = await warmed(raw);
    const asked = Array.from({ length: socketsMax + 10 }, () => thrownBy(raw.ask()));
    const peer = await raw.peer();
    raw.handler.destroy();
    for (const error of await Promise.all(asked)) expect(error.message).toMatch(/^The client was closed/);
    await Promise.all([idle.closed, peer.closed]);
  });
});
