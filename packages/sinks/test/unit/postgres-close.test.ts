// Closing the connections to a PostgreSQL that takes connections and says nothing: it ends, and leaves no socket.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createPostgresSink } from '../../src/index.ts';
import { never } from '../support/machine.ts';

test('a server that never answers is left after two seconds, by the clock that it was given', async () => {
  const taken: Socket[] = [];
  const server = createServer((socket) => {
    taken.push(socket.on('error', () => undefined).resume());
    heard.resolve(socket);
  });
  const heard = Promise.withResolvers<Socket>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of taken) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  const due: { readonly delayMs: number; readonly run: () => void }[] = [];
  const timers = {
    after(delayMs: number, run: () => void) {
      const entry = { delayMs, run };
      due.push(entry);
      return () => void due.splice(due.indexOf(entry), 1);
    },
  };
  const url = `postgres://u@127.0.0.1:${(server.address() as AddressInfo).port}/d`;
  const sink = createPostgresSink({ url, application: 'test', machine: { clock: { wallMs: () => 0 }, timers }, createTables: true });
  const opening = sink.open(never).catch((error: unknown) => error);
  const socket = await heard.promise;
  const gone = once(socket, 'close');

  const closing = sink.close();
  expect(due.map(({ delayMs }) => delayMs)).toEqual([2_000]);
  due[0]?.run();
  await closing;
  await gone;
  expect(await opening).toMatchObject({ code: 'SINK_UNREACHABLE' });
  expect(due).toEqual([]);
});
