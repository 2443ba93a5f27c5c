// The child's side of an embedded server: becomes the server it was ordered to be, says where it listens, and ends when the
// channel to its parent does. It knows no server's inside.

import { servePostgres } from '../postgres/serve.ts';
import { serveDynalite } from './dynalite.ts';
import { serveKinesalite } from './kinesalite.ts';
import { serveKinesisLocal } from './kinesis-local.ts';
import type { Served, ServerOrder, ServerReport } from './protocol.ts';

function serve(order: ServerOrder, stop: AbortSignal): Promise<Served> {
  switch (order.server) {
    case 'kinesalite':
      return serveKinesalite();
    case 'kinesis-local':
      return serveKinesisLocal();
    case 'dynalite':
      return serveDynalite();
    case 'postgres':
      return servePostgres({ durable: order.durable }, stop);
  }
}

function tell(report: ServerReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(report, () => resolve());
  });
}

// kinesis-local puts a function of its own in its place.
const exit = process.exit.bind(process);

const stop = new AbortController();
const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
process.on('disconnect', () => stop.abort());
if (!process.connected) stop.abort();

try {
  const served = await serve(JSON.parse(process.argv[2] ?? '') as ServerOrder, stop.signal);
  await tell({ kind: 'ready', url: served.url });
  await stopped;
  await served.close();
  exit(0);
} catch (error) {
  await tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  exit(1);
}
