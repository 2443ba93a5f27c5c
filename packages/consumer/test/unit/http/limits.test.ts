// The handler over real sockets that are stopped, or too slow.
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { answer, patient, type RawServer, rawServer, thrownBy, warmed } from './raw-server.ts';

let server: RawServer | undefined;
afterEach(() => server?.stop());

async function started(...given: Parameters<typeof rawServer>): Promise<RawServer> {
  server = await rawServer(...given);
  return server;
}

describe('time', () => {
  test('without a byte of an answer is limited', async () => {
    const { ask, peer } = await started({ ...patient, quietMs: 50 });
    const asked = thrownBy(ask());
    const { closed } = await peer();
    expect(await asked).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT', message: expect.stringContaining('nothing for 50 ms') });
    await closed;
  });

  test('is what the request says, if it does', async () => {
    const { ask } = await started();
    expect(await thrownBy(ask('question', { requestTimeout: 50 }))).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('50 ms') });
  });

  test('within a body is limited, too', async () => {
    const { ask, peer } = await started({ ...patient, quietMs: 50 });
    const asked = thrownBy(ask());
    const { socket, request } = await peer();
    await request();
    socket.write(answer('hello').slice(0, -1));
    expect(await asked).toMatchObject({ name: 'BodyError', fault: 'cut', cause: { name: 'TimeoutError' } });
  });

  test('to connect is limited', async () => {
    // The handshake that it waits for never comes.
    const silent = createServer();
    const raw = await started({ ...patient, connectMs: 50 }, silent);
    const { port } = silent.address() as { readonly port: number };
    const request = { protocol: 'https:', hostname: '127.0.0.1', port, method: 'POST', path: '/', headers: {} };
    expect(await thrownBy(raw.handler.handle(request))).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('No connection') });
  });
});

describe('a stop', () => {
  const reason = new Error('stop');
  const expected = { name: 'AbortError', message: 'Request aborted', cause: reason };

  test('before a request sends nothing', async () => {
    const { ask, connections } = await started();
    expect(await thrownBy(ask('question', { abortSignal: AbortSignal.abort(reason) }))).toMatchObject(expected);
    expect(connections()).toBe(0);
  });

  test('while it connects ends it', async () => {
    const { ask } = await started();
    const stop = new AbortController();
    const asked = thrownBy(ask('question', { abortSignal: stop.signal }));
    stop.abort(reason);
    expect(await asked).toMatchObject(expected);
  });

  test.each([
    ['before an answer', ''],
    ['within its head', 'HTTP/1.1 200'],
    ['within its body', answer('hello').slice(0, -1)],
  ])('%s ends the connection, and nothing is repeated', async (_name, bytes) => {
    const raw = await started();
    const { socket, request, closed } = await warmed(raw);
    const stop = new AbortController();
    const asked = thrownBy(raw.ask('question', { abortSignal: stop.signal }));
    await request();
    if (bytes !== '') await new Promise((resolve) => socket.write(bytes, resolve));
    stop.abort(reason);
    expect(await asked).toMatchObject(expected);
    await closed;
    expect(raw.connections()).toBe(1);
  });

  test('after an answer does no harm', async () => {
    const raw = await started();
    const stop = new AbortController();
    const asked = raw.ask('question', { abortSignal: stop.signal });
    const { socket, request } = await raw.peer();
    await request();
    socket.write(answer('one'));
    await asked;
    stop.abort(reason);
    const again = raw.ask();
    await request();
    socket.write(answer('two'));
    expect(String((await again).response.body)).toBe('two');
  });
});
