// A TCP proxy that can be cut and joined again: how a test takes a server away from a worker without ending the server.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SwitchableProxy {
  readonly port: number;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Goes on, and passes nothing on any more: a server that hangs. */
  mute(): void;
  join(): void;
  close(): Promise<void>;
}

export async function switchableProxy(targetUrl: string): Promise<SwitchableProxy> {
  const target = new URL(targetUrl);
  const open = new Set<Socket>();
  let joined = true;
  let silent = false;
  const server = createServer((client) => {
    if (!joined) return void client.destroy();
    if (silent) {
      open.add(client.on('error', () => undefined));
      return void client.resume();
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    joined = false;
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mute() {
      silent = true;
      for (const socket of open) socket.unpipe().resume();
    },
    join() {
      joined = true;
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The same address through the proxy. */
export function through(url: string, proxy: SwitchableProxy): string {
  const changed = new URL(url);
  changed.port = String(proxy.port);
  return changed.href;
}
