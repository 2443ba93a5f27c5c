// One endpoint for a Kinesis that speaks HTTP/1.1 and a fan-out server that speaks HTTP/2, as AWS has one for both: whoever connects
// is led on by the first bytes that it sends. It reads nothing else and knows no test.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How every HTTP/2 connection begins. */
const preface = 'PRI';

export async function oneEndpoint(urls: { readonly http1: string; readonly http2: string }) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // The other end of it is closed with it, and says why.
    socket.on('error', () => undefined);
  };
  const server = createServer((from) => {
    keep(from);
    from.once('data', (first) => {
      const { hostname, port } = new URL(first.subarray(0, preface.length).toString('latin1') === preface ? urls.http2 : urls.http1);
      const to = connect(Number(port), hostname);
      keep(to);
      to.write(first);
      from.pipe(to).pipe(from);
      from.once('close', () => to.destroy());
      to.once('close', () => from.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
