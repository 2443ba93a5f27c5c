// A network between a sink and its server that does what networks do: breaks, falls silent, dribbles, and loses an answer to what was
// carried out. It knows no protocol.
import { once } from 'node:events';
import net from 'node:net';

export interface FaultyProxy {
  /** The same address through the proxy. */
  readonly url: string;
  /** Breaks every connection. */
  reset(): void;
  /** Connections that are open stay so, and nothing passes any more; new ones are as before. */
  mute(): void;
  /** From the next request with this text on, what the server answers on its connection is lost. Resolves when it is on its way. */
  loseAnswerTo(text: string): Promise<void>;
  /** Falls silent towards the server when a request has this text. Resolves then. */
  muteAt(text: string): Promise<void>;
  /** Everything passes in pieces of so many bytes. */
  dribble(bytes: number): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: net.Socket;
  readonly far: net.Socket;
  muted: boolean;
  deaf: boolean;
}

interface Watch {
  readonly text: string;
  readonly fault: 'muted' | 'deaf';
  readonly seen: () => void;
}

export async function startFaultyProxy(targetUrl: string): Promise<FaultyProxy> {
  const target = new URL(targetUrl);
  const pairs = new Set<Pair>();
  let watch: Watch | undefined;
  let pieceBytes = Number.POSITIVE_INFINITY;

  function pass(socket: net.Socket, chunk: Buffer): void {
    for (let from = 0; from < chunk.length; from += pieceBytes) socket.write(chunk.subarray(from, Math.min(chunk.length, from + pieceBytes)));
  }

  const server = net.createServer({ noDelay: true }, (near) => {
    const far = net.connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    const pair: Pair = { near, far, muted: false, deaf: false };
    pairs.add(pair);
    near.on('data', (chunk) => {
      const met = watch !== undefined && chunk.includes(watch.text) ? watch : undefined;
      if (met !== undefined) {
        pair[met.fault] = true;
        watch = undefined;
      }
      if (!pair.muted) pass(far, chunk);
      met?.seen();
    });
    far.on('data', (chunk) => {
      if (!pair.muted && !pair.deaf) pass(near, chunk);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' ? address?.port : 0);

  const watchFor = (text: string, fault: Watch['fault']): Promise<void> =>
    new Promise((resolve) => {
      watch = { text, fault, seen: resolve };
    });
  return {
    url: url.href,
    reset() {
      for (const { near } of pairs) near.resetAndDestroy();
    },
    mute() {
      for (const pair of pairs) pair.muted = true;
    },
    loseAnswerTo: (text) => watchFor(text, 'deaf'),
    muteAt: (text) => watchFor(text, 'muted'),
    dribble(bytes) {
      pieceBytes = bytes;
    },
    async close() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
}
